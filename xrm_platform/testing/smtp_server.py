"""A real SMTP server that runs in the caller's event loop, keeps what it is sent, and fails as it is told.

async with SmtpServer(security=SmtpSecurity.STARTTLS, users={"com@example.com": "secret"}) as server:
    ...  # host, port and ca_file are what a client needs
    server.faults.add(SmtpFault(SmtpStage.RCPT, "550 5.1.1 No such user", address="gone@example.com", times=None))
    server.received[0].message["Subject"]
"""

from __future__ import annotations

import asyncio
import email
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default as modern
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from .certificates import CertificateFlaw, make_certificate
from .smtp_faults import FaultScript, SmtpFault, SmtpStage
from .smtp_session import SmtpSession


class SmtpSecurity(StrEnum):
    """How a server protects a connection."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True)
class ReceivedMail:
    """A message as the server took it. `options` are the parameters of MAIL, `envelope_id` that of DSN (RFC 3461);
    `username` is who was signed in, `secured` whether the connection was encrypted."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...] = ()
    envelope_id: str | None = None
    username: str | None = None
    secured: bool = False

    @cached_property
    def message(self) -> EmailMessage:
        """`content`, parsed."""
        return email.message_from_bytes(self.content, policy=modern)


class SmtpServer:
    """Serves on 127.0.0.1 between `__aenter__` and `__aexit__`.

    What it offers can be changed between two connections: `users`, `senders`, `max_bytes`, `offers_…`, and `bearer`,
    which tells whose an access token is: with it, people sign in by XOAUTH2 too.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        security: SmtpSecurity = SmtpSecurity.NONE,
        users: Mapping[str, str] | None = None,
        senders: Collection[str] | None = None,
        max_bytes: int = 10_000_000,
        flaw: CertificateFlaw = CertificateFlaw.NONE,
    ) -> None:
        """`users` are names and passwords, none: nobody signs in. `senders` are the only addresses that may send, None:
        all may. `max_bytes` is the SIZE of a message (RFC 1870), `flaw` what is wrong with the certificate."""
        self.security = security
        self.users = dict(users or {})
        self.senders = senders
        self.max_bytes = max_bytes
        self.flaw = flaw
        self.offers_starttls = True
        self.offers_auth = True
        self.offers_smtputf8 = True
        self.offers_dsn = True
        self.bearer: Callable[[str], str | None] | None = None
        self.faults = FaultScript()
        self.received: list[ReceivedMail] = []
        self.sessions: set[SmtpSession] = set()
        self.connections = 0
        self.port = 0
        self.ca_file: Path | None = None
        self._tls_context: ssl.SSLContext | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        if self.security is not SmtpSecurity.NONE:
            self._folder = TemporaryDirectory(prefix="smtp-server-")
            self.ca_file, self._tls_context = await asyncio.to_thread(
                make_certificate, Path(self._folder.name), self.flaw
            )
        await self.come_up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_down()
        if self._folder is not None:
            await asyncio.to_thread(self._folder.cleanup)

    async def come_up(self) -> None:
        """Listen; after `go_down` on the same port as before."""
        context = self._tls_context if self.security is SmtpSecurity.TLS else None
        self._server = await asyncio.get_running_loop().create_server(
            self._session, self.host, self.port, ssl=context, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def go_down(self) -> None:
        """Listen no more and cut the open connections."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        await self.cut_connections()
        await server.wait_closed()

    async def cut_connections(self) -> None:
        """End all open connections without a word, as a restart would."""
        await asyncio.gather(*(session.closed() for session in list(self.sessions)))

    @property
    def starttls_context(self) -> ssl.SSLContext | None:
        """What STARTTLS needs, None when it is not offered."""
        return self._tls_context if self.security is SmtpSecurity.STARTTLS and self.offers_starttls else None

    def accepts(self, username: str, password: str) -> bool:
        """Whether these are the credentials of a user."""
        return username in self.users and self.users[username] == password

    @property
    def wants_sign_in(self) -> bool:
        """Whether mail is taken only of those whom it knows."""
        return bool(self.users) or self.bearer is not None

    def may_send_as(self, sender: str) -> bool:
        """Whether `sender` may be the sender of an envelope."""
        return self.senders is None or sender in self.senders

    async def take(self, session: SmtpSession, state: Any, envelope: Any) -> str:
        """Store a message that was received whole; gives the reply to its final dot."""
        fault = self.faults.next(SmtpStage.END)
        if fault is not None and fault.reply is not None and not fault.drop:
            await asyncio.sleep(fault.delay)
            return fault.reply
        self.received.append(
            ReceivedMail(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.original_content,
                options=tuple(envelope.mail_options),
                envelope_id=session.envelope_id,
                username=state.auth_data,
                secured=session.secured,
            )
        )
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.drop:
                await session.cut()
        return f"250 2.0.0 Ok: queued as {len(self.received):08X}"

    def _session(self) -> SmtpSession:
        self.connections += 1
        return SmtpSession(self)


__all__ = ["CertificateFlaw", "ReceivedMail", "SmtpFault", "SmtpSecurity", "SmtpServer", "SmtpStage"]
