"""One connection to the stand-in SMTP server, on aiosmtpd. Nothing else imports aiosmtpd."""
# aiosmtpd finds commands and hooks by names such as smtp_MAIL and handle_MAIL.
# ruff: noqa: N802

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Session

from .smtp_faults import SmtpStage

if TYPE_CHECKING:
    from .smtp_server import SmtpServer

_DSN_PARAMETER = re.compile(r"\s+(?:RET|ENVID|NOTIFY|ORCPT)=(\S+)", re.IGNORECASE)
_ENVELOPE_ID = re.compile(r"\sENVID=(\S+)", re.IGNORECASE)
_BEARER = re.compile("user=(?P<user>[^\x01]*)\x01auth=Bearer (?P<token>[^\x01]*)\x01\x01")


class _Session(Session):
    login_data: Any = None  # aiosmtpd warns at each sign-in about its own property of this name


class SmtpSession(SMTP):
    """aiosmtpd's protocol with the server's faults, DSN (RFC 3461) and an orderly end."""

    def __init__(self, server: SmtpServer) -> None:
        super().__init__(
            Hooks(server),
            hostname="stand-in.example",
            ident="stand-in",
            data_size_limit=server.max_bytes,
            enable_SMTPUTF8=server.offers_smtputf8,
            tls_context=server.starttls_context,
            auth_require_tls=False,
            auth_exclude_mechanism=["XOAUTH2"] if server.bearer is None else [],
            authenticator=self._judge,
            loop=asyncio.get_running_loop(),
        )
        self._server = server
        self.envelope_id: str | None = None

    @property
    def secured(self) -> bool:
        """Whether the connection is encrypted."""
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is not None

    def _create_session(self) -> _Session:
        return _Session(self.loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._server.sessions.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.sessions.discard(self)
        super().connection_lost(error)

    def eof_received(self) -> bool:
        super().eof_received()
        return False

    async def cut(self) -> None:
        """End the connection as a crash would, without a word, and wait for that."""
        self._abort()
        await asyncio.Event().wait()

    async def closed(self) -> None:
        """End the connection; back when nothing of it runs any more."""
        self._abort()
        if self._handler_coroutine is not None:
            await asyncio.wait([self._handler_coroutine])

    def _abort(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def push(self, status: Any) -> None:
        await super().push(status)
        if str(status).startswith("421") and self.transport is not None:
            self.transport.close()

    async def struck(self, stage: SmtpStage, address: str | None = None) -> str | None:
        """Suffer the fault that is due at `stage`; gives the reply it asks for."""
        fault = self._server.faults.next(stage, address)
        if fault is None:
            return None
        await asyncio.sleep(fault.delay)
        if fault.drop:
            await self.cut()
        return fault.reply

    async def smtp_MAIL(self, arg: str | None) -> None:
        if self._server.offers_dsn and arg:
            found = _ENVELOPE_ID.search(arg)
            self.envelope_id = found[1] if found else None
            arg = _DSN_PARAMETER.sub("", arg)
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        await super().smtp_RCPT(_DSN_PARAMETER.sub("", arg) if self._server.offers_dsn and arg else arg)

    async def smtp_DATA(self, arg: str | None) -> None:
        reply = await self.struck(SmtpStage.DATA)
        if reply is not None:
            await self.push(reply)
            return
        body_fault = self._server.faults.next(SmtpStage.BODY)
        if body_fault is not None:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self._reader.read(100)
            await asyncio.sleep(body_fault.delay)
            await self.cut()
        await super().smtp_DATA(arg)

    async def auth_XOAUTH2(self, _: Any, args: list[str]) -> AuthResult:
        """As Google does it: whoever is refused hears why in a challenge, and says nothing to it."""
        told = base64.b64decode(args[1]).decode() if len(args) == 2 else ""
        found = _BEARER.fullmatch(told)
        if found and self._server.bearer is not None and self._server.bearer(found["token"]) == found["user"]:
            return AuthResult(success=True, auth_data=found["user"])
        await self.challenge_auth('{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
        return AuthResult(success=False, handled=False)

    def _judge(self, _: Any, __: Any, ___: Any, ____: str, data: Any) -> AuthResult:
        good = self._server.accepts(data.login.decode(), data.password.decode())
        return AuthResult(success=good, handled=False, auth_data=data.login.decode() if good else None)


class Hooks:
    """What the server says to each command, by the names that aiosmtpd looks for."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_EHLO(self, _: Any, session: Any, __: Any, host: str, replies: list[str]) -> list[str]:
        session.host_name = host
        if not self._server.offers_auth:
            replies = [reply for reply in replies if not reply.startswith("250-AUTH")]
        if self._server.offers_dsn:
            replies.insert(1, "250-DSN")
        return replies

    async def handle_AUTH(self, session: SmtpSession, *_: Any) -> Any:
        return await session.struck(SmtpStage.AUTH) or MISSING

    async def handle_MAIL(
        self, session: SmtpSession, state: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        reply = await session.struck(SmtpStage.MAIL)
        if reply is None and self._server.wants_sign_in and not state.authenticated:
            reply = "530 5.7.0 Authentication required"
        if reply is not None:
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, session: SmtpSession, _: Any, envelope: Any, address: str, __: list[str]) -> str:
        reply = await session.struck(SmtpStage.RCPT, address)
        if reply is None and not self._server.may_send_as(envelope.mail_from):
            reply = f"553 5.7.1 <{envelope.mail_from}>: Sender address rejected: not owned by user"
        if reply is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, session: SmtpSession, state: Any, envelope: Any) -> str:
        return await self._server.take(session, state, envelope)

    async def handle_exception(self, error: Exception) -> str:
        return f"451 4.3.0 {type(error).__name__}"
