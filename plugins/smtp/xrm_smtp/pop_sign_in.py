"""Signing in by POP3, apart from what the session is for."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from xrm_platform.providers import AuthError, ProviderError, RateLimited, TransientError

from .access import Access
from .oauth_services import PASSWORDS_ARE_OFF
from .xoauth2 import sign_in_to_mailbox

if TYPE_CHECKING:
    from .pop_session import PopSession

_CODE = re.compile(r"\[([A-Z/-]+)\]")


def sign_in(session: PopSession, access: Access) -> None:
    """PLAIN (RFC 5034) where it is offered, else USER and PASS. Raises what the session raises; the words of a refusal
    are to be given to `sign_in_error`."""
    mechanisms = session.capabilities.get("SASL", "").upper().split()
    if access.tokens is not None:
        if "XOAUTH2" not in mechanisms:
            raise AuthError("no_consent_offered", host=access.host, port=access.port)
        sign_in_to_mailbox(access.username, access.tokens, lambda first: _show(session, first))
        return
    if "PLAIN" in mechanisms:
        told = base64.b64encode(f"\0{access.username}\0{access.password}".encode())
        session.challenged("AUTH PLAIN")
        session.command(told.decode())
        return
    if not (access.username + access.password).isprintable():
        raise AuthError("mailbox_sign_in_refused")
    session.command(f"USER {access.username}")
    session.command(f"PASS {access.password}")


def _show(session: PopSession, first: bytes) -> str | None:
    """AUTH XOAUTH2; the words of a refusal."""
    session.challenged("AUTH XOAUTH2")
    words = session.concluded(base64.b64encode(first).decode())
    if words is not None and not isinstance(failed := sign_in_error(words), AuthError):
        raise failed
    return words


def sign_in_error(words: str, host: str = "") -> ProviderError:
    """What a refused sign-in means (response codes of RFC 2449 §8 and RFC 3206); `host` refused a password."""
    found = _CODE.search(words)
    code = found[1] if found else ""
    if code == "IN-USE":
        return TransientError("mailbox_in_use", detail=words)
    if code == "LOGIN-DELAY":
        return RateLimited(detail=words)
    if code == "SYS/TEMP":
        return TransientError("mailbox_not_open", detail=words)
    return AuthError("basic_auth_off" if host.lower() in PASSWORDS_ARE_OFF else "mailbox_sign_in_refused", detail=words)
