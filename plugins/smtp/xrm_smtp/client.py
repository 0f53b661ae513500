"""One connection to the server of an account. Replies are read here, and judged by `mapping`."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from xrm_platform.providers import AccountError, AuthError, ProviderError, Unsupported

from . import mapping
from .compose import ComposedMail
from .mapping import Reply
from .parts import Chunks
from .tokens import TokenSource
from .xoauth2 import sign_in_by_smtp

CONNECT_SECONDS = 20.0
COMMAND_SECONDS = 60.0
"""How long one reply may take. RFC 5321 §4.5.3.2 would wait for minutes; a call of the platform does not."""

FLUSH_SECONDS = 0.005
LARGE_CHUNK = 64 * 1024
IDLE_SECONDS = 30.0
MESSAGES_A_CONNECTION = 100

SIGN_IN_METHODS = ("plain", "login", "cram-md5")
"""In this order, and one only: each refused attempt counts with providers that lock an account after a few."""


class StaleConnectionError(Exception):
    """The server left, or had left, before it heard of the message: another connection can take over. `error` is what
    to make of it when that was a new one."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(error.code)
        self.error = error


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message: an error for each recipient, by the platform's address, that does not get it, and the
    server's name for it."""

    errors: Mapping[str, ProviderError]
    reference: str | None = None


class Connection:
    """A session with the server. `step` is the step of a check that is being taken or was taken last."""

    def __init__(
        self, settings: Mapping[str, Any], tls: ssl.SSLContext | None, tokens: TokenSource | None = None
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._host, self._port = str(settings["host"]), int(settings["port"])
        self._smtp = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=settings["security"] == "tls",
            start_tls=False,
            tls_context=tls,
            local_hostname="localhost",  # said by nobody: `_hello` names the socket's own address
            timeout=COMMAND_SECONDS,
        )
        self.step = "reached"
        self.used_at = 0.0
        self._messages = 0
        self._verdict_due = False

    async def open(self) -> None:
        """Connect, secure, sign in. Raises `ProviderError`, and is closed then."""
        try:
            await self._reach()
            if self._settings["security"] == "starttls":
                await self._start_tls()
            if self._settings["username"]:
                await self._sign_in()
        except BaseException:
            self.abort()
            raise

    @property
    def usable(self) -> bool:
        """Whether it can take another message."""
        idle = asyncio.get_running_loop().time() - self.used_at
        return self._smtp.is_connected and self._messages < MESSAGES_A_CONNECTION and idle < IDLE_SECONDS

    async def mail(self, mail: ComposedMail) -> None:
        """MAIL. Raises `ProviderError`, or `StaleConnectionError` when the connection turns out to be dead."""
        self._check_abilities(mail)
        options = [f"SIZE={mail.size}"] if self._offers("size") else []
        if mail.needs_utf8:
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        if self._offers("dsn"):
            options += ["RET=HDRS", f"ENVID={_xtext(mail.id)}"]
        try:
            reply = await self._command("MAIL", f"FROM:<{mail.sender}>", *options)
        except (ConnectionError, TimeoutError) as error:
            raise StaleConnectionError(mapping.lost(after_the_message=False)) from error
        if reply.code == 421:
            raise StaleConnectionError(mapping.sender_error(reply, mail.size))
        if not reply.good:
            raise mapping.sender_error(reply, mail.size)

    async def transfer(self, mail: ComposedMail, deadline: float) -> Delivery:
        """RCPT, DATA and the message, after `mail`, until `deadline` of the loop's clock.

        Raises no `ProviderError`: the errors are those of the recipients.
        """
        refused: dict[str, ProviderError] = {}
        try:
            async with asyncio.timeout_at(deadline):
                await self._name_recipients(mail, refused)
                if len(refused) == len(mail.recipients):
                    await self._reset()
                    return Delivery(refused)
                return Delivery(refused, await self._data(mail))
        except ProviderError as error:
            failed = error
        except (ConnectionError, TimeoutError):
            failed = mapping.lost(after_the_message=self._verdict_due)
            self.abort()
        return Delivery(dict.fromkeys(mail.recipients, failed) | refused)

    async def may_send(self, sender: str) -> None:
        """Ask whether `sender` may send, and take it back. Raises `ProviderError`."""
        try:
            reply = await self._command("MAIL", f"FROM:<{sender}>")
            if not reply.good:
                raise mapping.sender_error(reply, 0)
            await self._reset()
        except (ConnectionError, TimeoutError) as error:
            raise mapping.lost(after_the_message=False) from error

    def leave(self) -> None:
        """Say goodbye without waiting for an answer, and close."""
        if self._smtp.is_connected and self._smtp.protocol is not None:
            self._smtp.protocol.write(b"QUIT\r\n")
        self.abort()

    def abort(self) -> None:
        """Close without a word."""
        transport = self._smtp.transport
        self._smtp.close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()

    # The steps of `open`

    async def _reach(self) -> None:
        with self._mapped_connection():
            try:
                await self._smtp.connect(timeout=CONNECT_SECONDS)
            except aiosmtplib.SMTPConnectResponseError as error:
                raise mapping.greeting_error(self._reply(error.code, error.message)) from None
            await self._hello()

    async def _start_tls(self) -> None:
        self.step = "secured"
        if not self._offers("starttls"):
            raise AccountError("no_starttls", host=self._host, port=self._port)
        with self._mapped_connection():
            try:
                await self._smtp.starttls(timeout=CONNECT_SECONDS)
            except aiosmtplib.SMTPResponseException as error:
                raise mapping.greeting_error(self._reply(error.code, error.message)) from None
            await self._hello()

    async def _sign_in(self) -> None:
        self.step = "signed_in"
        if self._tokens is not None:
            with self._mapped_connection():
                await sign_in_by_smtp(self._smtp, self._host, self._port, self._settings["username"], self._tokens)
            return
        offered = [method for method in SIGN_IN_METHODS if method in self._smtp.server_auth_methods]
        if not offered:
            raise AuthError("no_sign_in_offered", host=self._host, port=self._port)
        ways: dict[str, Callable[..., Any]] = {
            "plain": self._smtp.auth_plain,
            "login": self._smtp.auth_login,
            "cram-md5": self._smtp.auth_crammd5,
        }
        with self._mapped_connection():
            try:
                await ways[offered[0]](self._settings["username"], self._settings["password"])
            except aiosmtplib.SMTPAuthenticationError as error:
                raise mapping.sign_in_error(self._reply(error.code, error.message)) from None

    async def _hello(self) -> None:
        """EHLO with the address of our side of the connection: a name of this machine is rarely one that the world
        knows, and finding it would ask the DNS (RFC 5321 §4.1.3, as mail programs do)."""
        address = str(self._smtp.get_transport_info("sockname")[0]).partition("%")[0]
        try:
            await self._smtp.ehlo(hostname=f"[IPv6:{address}]" if ":" in address else f"[{address}]")
        except aiosmtplib.SMTPHeloError as error:
            raise mapping.greeting_error(self._reply(error.code, error.message)) from None

    @contextmanager
    def _mapped_connection(self) -> Iterator[None]:
        try:
            yield
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            failed = mapping.connection_error(error, self._host, self._port)
            if failed.code in mapping.TLS_CODES:
                self.step = "secured"
            raise failed from error

    # The message

    def _check_abilities(self, mail: ComposedMail) -> None:
        limit = self._smtp.esmtp_extensions.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < mail.size:
            raise mapping.too_large(mail.size, int(limit))
        if mail.needs_utf8 and not self._offers("smtputf8"):
            raise Unsupported("needs_smtputf8", host=self._host)

    async def _name_recipients(self, mail: ComposedMail, refused: dict[str, ProviderError]) -> None:
        for address, spoken in mail.recipients.items():
            reply = await self._command("RCPT", f"TO:<{spoken}>")
            if not reply.good:
                refused[address] = mapping.recipient_error(reply, mail.size)

    async def _data(self, mail: ComposedMail) -> str | None:
        """DATA, the message and the final dot; gives the server's name for it. From the dot on, only a reply tells."""
        reply = await self._command("DATA")
        if reply.code != 354:
            await self._reset()
            raise mapping.content_error(reply, mail.size)
        protocol = self._living_protocol()
        for piece in _pieces(mail.chunks):
            protocol.write(piece)
        while self._unsent():
            await asyncio.sleep(FLUSH_SECONDS)  # aiosmtplib has no drain
            protocol = self._living_protocol()
        self._verdict_due = True
        protocol.write(b".\r\n")
        try:
            answer = await protocol.read_response(timeout=COMMAND_SECONDS)
        except aiosmtplib.SMTPResponseException as error:
            raise aiosmtplib.SMTPServerDisconnected("unreadable answer") from error
        self._verdict_due = False
        self._messages += 1
        reply = self._reply(answer.code, answer.message)
        if not reply.good:
            raise mapping.content_error(reply, mail.size)
        return reply.queue_id

    async def _reset(self) -> None:
        if self._smtp.is_connected and not (await self._command("RSET")).good:
            self.abort()

    def _living_protocol(self) -> SMTPProtocol:
        protocol = self._smtp.protocol
        if protocol is None or not protocol.is_connected:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        return protocol

    def _unsent(self) -> int:
        transport = self._smtp.transport
        return transport.get_write_buffer_size() if isinstance(transport, asyncio.WriteTransport) else 0

    def _offers(self, extension: str) -> bool:
        return self._smtp.supports_extension(extension)

    async def _command(self, *words: str) -> Reply:
        try:
            answer = await self._smtp.execute_command(*(word.encode() for word in words))
        except aiosmtplib.SMTPResponseException as error:  # an answer that cannot be read
            self.abort()
            raise aiosmtplib.SMTPServerDisconnected(error.message) from error
        return self._reply(answer.code, answer.message)

    def _reply(self, code: int, text: str) -> Reply:
        """The reply, without the password should a server repeat it."""
        password = self._settings["password"]
        return Reply(code, text.replace(password, "…") if password else text)


def _pieces(chunks: Chunks) -> Iterator[bytes]:
    """`chunks`, the small ones joined: each piece costs a call of the system, joining large ones a copy."""
    small: list[bytes] = []
    for chunk in chunks:
        if len(chunk) < LARGE_CHUNK:
            small.append(chunk)
        else:
            yield b"".join(small)
            yield chunk
            small.clear()
    yield b"".join(small)


def _xtext(text: str) -> str:
    """RFC 3461 §4."""
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}" for octet in text.encode()
    )
