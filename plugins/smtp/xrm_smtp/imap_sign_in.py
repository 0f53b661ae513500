"""Signing in by IMAP, apart from what the session is for."""

from __future__ import annotations

import imaplib
import re

from xrm_platform.providers import AuthError, ProviderError, TransientError

from .access import Access
from .oauth_services import PASSWORDS_ARE_OFF
from .xoauth2 import sign_in_to_mailbox

_CODE = re.compile(r"\[([A-Z-]+)")
_TEMPORARY = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN"})


def sign_in(session: imaplib.IMAP4, access: Access) -> None:
    """PLAIN in UTF-8 (RFC 4616), because LOGIN takes ASCII only. Raises `ProviderError`, never with the password."""
    if access.tokens is not None:
        if "AUTH=XOAUTH2" not in session.capabilities:
            raise AuthError("no_consent_offered", host=access.host, port=access.port)
        sign_in_to_mailbox(access.username, access.tokens, lambda first: _show(session, first))
        return
    try:
        if "AUTH=PLAIN" in session.capabilities or not (access.username + access.password).isascii():
            session.authenticate("PLAIN", lambda _: f"\0{access.username}\0{access.password}".encode())
        else:
            session.login(access.username, access.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise sign_in_error(str(error).replace(access.password, "…"), access.host) from error


def _show(session: imaplib.IMAP4, first: bytes) -> str | None:
    """AUTHENTICATE XOAUTH2; the words of a refusal. Whatever else the server asks is answered with nothing."""
    said = iter([first])
    try:
        session.authenticate("XOAUTH2", lambda _: next(said, b""))
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        failed = sign_in_error(str(error))
        if isinstance(failed, TransientError):
            raise failed from error
        return str(error)
    return None


def sign_in_error(words: str, host: str = "") -> ProviderError:
    """Response codes of RFC 5530 tell a server that is ill from one that refuses, as `host` does a password."""
    found = _CODE.search(words)
    if found and found[1] in _TEMPORARY:
        return TransientError("mailbox_not_open", detail=words)
    return AuthError("basic_auth_off" if host.lower() in PASSWORDS_ARE_OFF else "mailbox_sign_in_refused", detail=words)
