"""One session of IMAP (RFC 9051, RFC 3501), by the standard library, with errors of the contract."""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from xrm_platform.providers import AccountError, TransientError, Unsupported

from .access import SOCKET_SECONDS, Access, mapped
from .imap_sign_in import sign_in
from .pool import tls_context

LITERAL = 64 * 1024 * 1024
"""Octets that a server may announce at once."""

LINE = 1024 * 1024
"""Octets of a line; a listing of all UIDs of a large mailbox is one."""

CHUNK = 64 * 1024

if TYPE_CHECKING:
    _Plain = imaplib.IMAP4
else:
    _Plain = object


class _Reading(_Plain):
    """Reads the socket itself, so that what was read ahead can be seen (`ahead`), a hostile length is not believed, and
    nothing that came before the TLS of a connection counts as said within."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self.ahead = bytearray()
        self._ahead_of: socket.socket | None = None
        super().__init__(*args, **named)

    def read(self, size: int) -> bytes:
        if size > LITERAL:
            raise imaplib.IMAP4.abort(f"a literal of {size} octets")
        self._forget_what_was_in_clear()
        while len(self.ahead) < size:
            self._receive()
        return self._taken(size)

    def readline(self) -> bytes:
        self._forget_what_was_in_clear()
        start = 0
        while (end := self.ahead.find(b"\n", start)) < 0:
            start = len(self.ahead)
            if start > LINE:
                raise imaplib.IMAP4.abort("a line without end")
            self._receive()
        return self._taken(end + 1)

    def _forget_what_was_in_clear(self) -> None:
        if self.sock is not self._ahead_of:
            self.ahead.clear()
            self._ahead_of = self.sock

    def _receive(self) -> None:
        came = self.sock.recv(CHUNK)
        if not came:
            raise imaplib.IMAP4.abort("closed by the server")
        self.ahead += came

    def _taken(self, size: int) -> bytes:
        octets = bytes(self.ahead[:size])
        del self.ahead[:size]
        return octets


class Imap(_Reading, imaplib.IMAP4):
    """A session; over TLS from the first byte it is an `Imaps`."""


class Imaps(_Reading, imaplib.IMAP4_SSL):
    pass


Session = Imap | Imaps


@contextmanager
def imap_session(access: Access) -> Iterator[Session]:
    """Signed in, no folder open. What the server refuses, and a lost connection, become errors of the contract."""
    with mapped(access):
        session = opened(access)
        try:
            with answers():
                yield session
                session.logout()
        finally:
            close(session)


def opened(access: Access) -> Session:
    """A session that its caller closes. Raises `ProviderError`, and `OSError` for `mapped`."""
    tls = None if access.security == "none" else tls_context(access.ca_file)
    session = _connected(access, tls)
    try:
        with answers():
            if tls is not None and access.security == "starttls":
                _start_tls(session, access, tls)
            sign_in(session, access)
            _ask_capabilities(session)
    except BaseException:
        close(session)
        raise
    return session


def close(session: Session) -> None:
    """Leave without a word."""
    with suppress(OSError):  # it was closed already
        session.shutdown()


def told(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    """What a command answered. Raises `Unsupported` with the server's words for NO."""
    state, data = answer
    if state != "OK":
        raise Unsupported("mailbox_refuses", detail=_words(data))
    return data


@contextmanager
def answers() -> Iterator[None]:
    """What `imaplib` raises, as errors of the contract."""
    try:
        yield
    except imaplib.IMAP4.abort as error:
        raise TransientError("mailbox_connection_lost", detail=str(error)) from error
    except imaplib.IMAP4.error as error:
        raise Unsupported("mailbox_refuses", detail=str(error)) from error


def _connected(access: Access, tls: ssl.SSLContext | None) -> Session:
    try:
        if tls is not None and access.security == "tls":
            return Imaps(access.host, access.port, ssl_context=tls, timeout=SOCKET_SECONDS)
        return Imap(access.host, access.port, timeout=SOCKET_SECONDS)
    except imaplib.IMAP4.error as error:
        raise TransientError("mailbox_not_open", detail=str(error)) from error


def _start_tls(session: Session, access: Access, tls: ssl.SSLContext) -> None:
    if "STARTTLS" not in session.capabilities:
        raise AccountError("mailbox_no_starttls", host=access.host, port=access.port)
    session.starttls(tls)


def _ask_capabilities(session: Session) -> None:
    """A server may offer more to those whom it knows (RFC 3501 §6.2.3): IDLE and SPECIAL-USE often only then."""
    state, data = session.capability()
    if state == "OK" and data and isinstance(data[-1], bytes):
        session.capabilities = tuple(data[-1].decode("ascii", "replace").upper().split())


def _words(data: Sequence[object]) -> str:
    return b" ".join(piece for piece in data if isinstance(piece, bytes)).decode("utf-8", "replace")
