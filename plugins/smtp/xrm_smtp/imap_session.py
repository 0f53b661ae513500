"""One session of IMAP (RFC 9051, RFC 3501), by the standard library, with errors of the contract."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from xrm_platform.providers import AccountError, AuthError, ProviderError, TransientError, Unsupported

from .access import SOCKET_SECONDS, Access, mapped
from .pool import tls_context

LITERAL = 64 * 1024 * 1024
"""Octets that a server may announce at once."""

_CODE = re.compile(r"\[([A-Z-]+)")
_TEMPORARY = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"})

if TYPE_CHECKING:
    _Plain = imaplib.IMAP4
else:
    _Plain = object


class _Bounded(_Plain):
    """A hostile length is not believed, for it would be allocated."""

    def read(self, size: int) -> bytes:
        if size > LITERAL:
            raise imaplib.IMAP4.abort(f"a literal of {size} octets")
        return super().read(size)


class _Imap(_Bounded, imaplib.IMAP4):
    pass


class _Imaps(_Bounded, imaplib.IMAP4_SSL):
    pass


@contextmanager
def imap_session(access: Access) -> Iterator[imaplib.IMAP4]:
    """Signed in, no folder open. What the server refuses, and a lost connection, become errors of the contract."""
    with mapped(access):
        tls = None if access.security == "none" else tls_context(access.ca_file)
        session = _connected(access, tls)
        try:
            with _answers():
                if tls is not None and access.security == "starttls":
                    _start_tls(session, access, tls)
                _sign_in(session, access)
                yield session
                session.logout()
        finally:
            _close(session)


def told(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    """What a command answered. Raises `Unsupported` with the server's words for NO."""
    state, data = answer
    if state != "OK":
        raise Unsupported("mailbox_refuses", detail=_words(data))
    return data


def _connected(access: Access, tls: ssl.SSLContext | None) -> imaplib.IMAP4:
    try:
        if tls is not None and access.security == "tls":
            return _Imaps(access.host, access.port, ssl_context=tls, timeout=SOCKET_SECONDS)
        return _Imap(access.host, access.port, timeout=SOCKET_SECONDS)
    except imaplib.IMAP4.error as error:
        raise TransientError("mailbox_not_open", detail=str(error)) from error


def _start_tls(session: imaplib.IMAP4, access: Access, tls: ssl.SSLContext) -> None:
    if "STARTTLS" not in session.capabilities:
        raise AccountError("mailbox_no_starttls", host=access.host, port=access.port)
    session.starttls(tls)


def _sign_in(session: imaplib.IMAP4, access: Access) -> None:
    """PLAIN in UTF-8 (RFC 4616), because LOGIN takes ASCII only."""
    try:
        if "AUTH=PLAIN" in session.capabilities or not (access.username + access.password).isascii():
            session.authenticate("PLAIN", lambda _: f"\0{access.username}\0{access.password}".encode())
        else:
            session.login(access.username, access.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise _sign_in_error(str(error).replace(access.password, "…")) from error


def _sign_in_error(words: str) -> ProviderError:
    """Response codes of RFC 5530 tell a server that is ill from one that refuses."""
    found = _CODE.search(words)
    if found and found[1] in _TEMPORARY:
        return TransientError("mailbox_not_open", detail=words)
    return AuthError("mailbox_sign_in_refused", detail=words)


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except imaplib.IMAP4.abort as error:
        raise TransientError("mailbox_connection_lost", detail=str(error)) from error
    except imaplib.IMAP4.error as error:
        raise Unsupported("mailbox_refuses", detail=str(error)) from error


def _close(session: imaplib.IMAP4) -> None:
    with suppress(OSError):  # it was closed already
        session.shutdown()


def _words(data: Sequence[object]) -> str:
    return b" ".join(piece for piece in data if isinstance(piece, bytes)).decode("utf-8", "replace")
