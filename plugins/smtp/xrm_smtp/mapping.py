"""What a server's reply, or its silence, means to the platform. Pure functions, one for each stage of a session.

Most replies carry an enhanced status code (RFC 3463), whose second number says what the three digits do not: 1 the
address, 2 the mailbox, 3 the system, 4 the network, 5 the protocol, 7 policy.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from datetime import timedelta

from xrm_platform.providers import (
    AccountError,
    AuthError,
    InvalidRecipient,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    TransientError,
)

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_QUEUE_ID = re.compile(r"(?:queued as|\bid=)\s*<?([\w.@-]{4,64})", re.IGNORECASE)
_TOO_FAST = re.compile(
    r"\brate\b|throttl|too many (?:messages|mails|emails|connections)|try again later.*limit", re.IGNORECASE
)

_CUT_IN_TLS = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)

RATE_PAUSE = timedelta(minutes=5)
"""How long to wait when a server says "too fast", for none says how long."""

SIGN_IN_CODES = {
    # Microsoft: basic authentication is off (MC786329).
    (7, 30): "basic_auth_off",
    (7, 139): "microsoft_refuses",
    # Google: the account's own password is not enough.
    (7, 9): "app_password_needed",
}
"""Enhanced codes that say why a sign-in was refused, from the help pages of Microsoft and Google."""

MICROSOFT_WORDS = {
    "basic authentication is disabled": "basic_auth_off",
    "smtpclientauthentication is disabled for the tenant": "smtp_auth_off_in_tenant",
    "smtpclientauthentication is disabled": "smtp_auth_off",
    "security defaults": "security_defaults",
}
"""What 5.7.139 is about is in the words only."""


CERTIFICATE_CODES = {
    10: "certificate_expired",
    62: "certificate_of_another",
    64: "certificate_of_another",
}
"""Errors of OpenSSL's verification (x509_vfy.h): has expired, host name mismatch, IP address mismatch."""

TLS_CODES = frozenset({"certificate_refused", "wrong_security", *CERTIFICATE_CODES.values()})
"""Codes of `connection_error` that are about TLS: the server was reached."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the server: three digits and its words, which hold no secret."""

    code: int
    text: str

    @property
    def enhanced(self) -> tuple[int, int] | None:
        """Subject and detail of the enhanced status code, if the words begin with one."""
        found = _ENHANCED.match(self.text)
        return (int(found[2]), int(found[3])) if found else None

    @property
    def detail(self) -> str:
        """What administrators read."""
        return f"{self.code} {self.text}"

    @property
    def good(self) -> bool:
        """Whether the server agreed."""
        return 200 <= self.code < 300

    @property
    def queue_id(self) -> str | None:
        """Under which name the server queued the message, if it says."""
        found = _QUEUE_ID.search(self.text)
        return found[1] if found else None


def greeting_error(reply: Reply) -> ProviderError:
    """The server does not want to talk: the greeting or EHLO was bad. It can be tried again."""
    return _temporary(reply) or TransientError("connection_refused", detail=reply.detail)


def sign_in_error(reply: Reply) -> ProviderError:
    """AUTH was answered badly (RFC 4954 §6: 454 is temporary)."""
    code = SIGN_IN_CODES.get(reply.enhanced or (0, 0))
    if code == "microsoft_refuses":
        words = " ".join(reply.text.lower().split())
        code = next((named for said, named in MICROSOFT_WORDS.items() if said in words), code)
    if code is None and _is_temporary(reply):
        return TransientError("sign_in_unavailable", detail=reply.detail)
    return AuthError(code, detail=reply.detail)


def sender_error(reply: Reply, size: int) -> ProviderError:
    """MAIL was answered badly."""
    return _common(reply, size) or PermanentError("sender_refused", detail=reply.detail)


def recipient_error(reply: Reply, size: int) -> ProviderError:
    """RCPT was answered badly. Policy (x.7.x) is about who sends: the address of the recipient may well be good."""
    common = _common(reply, size)
    if common is not None:
        return common
    subject, detail = reply.enhanced or (0, 0)
    if (subject, detail) == (2, 2):
        return PermanentError("mailbox_full", detail=reply.detail)
    if subject == 7:
        relaying = "relay" in reply.text.lower()  # the words of Postfix, Exim and Exchange
        return PermanentError("relay_refused" if relaying else "sender_refused", detail=reply.detail)
    if subject == 1 and detail in {7, 8}:  # RFC 3463 §3.2: the address of the sender
        return PermanentError("sender_refused", detail=reply.detail)
    if subject == 1 or (subject == 0 and reply.code in {550, 551, 553}):
        return InvalidRecipient(detail=reply.detail)
    return PermanentError("recipient_refused", detail=reply.detail)


def content_error(reply: Reply, size: int) -> ProviderError:
    """DATA, or the message itself, was answered badly."""
    common = _common(reply, size)
    if common is not None:
        return common
    if reply.enhanced == (2, 2):
        return PermanentError("mailbox_full", detail=reply.detail)
    return PermanentError("content_refused", detail=reply.detail)


def too_large(size: int, limit: int | None = None, detail: str = "") -> TooLarge:
    """A message of `size` octets where `limit` are allowed, told in kilobytes."""
    if limit is None:
        return TooLarge("message_refused_as_too_large", size=_kilobytes(size), detail=detail)
    return TooLarge("message_too_large", size=_kilobytes(size), limit=limit // 1000, detail=detail)


def connection_error(error: BaseException, host: str, port: int) -> ProviderError:
    """No connection came about: unknown name, closed port, silence, or TLS that does not fit."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            code = CERTIFICATE_CODES.get(cause.verify_code, "certificate_refused")
            return AccountError(code, host=host, detail=cause.verify_message)
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _CUT_IN_TLS):
            return AccountError("wrong_security", host=host, port=port, detail=str(cause))
    if isinstance(error, TimeoutError):
        return TransientError("no_answer", host=host, port=port)
    return TransientError("unreachable", host=host, port=port, detail=type(error).__name__)


def lost(*, after_the_message: bool) -> ProviderError:
    """The connection ended, or nothing came in time: before the final dot the message cannot have been taken."""
    return OutcomeUnknown("answer_lost") if after_the_message else TransientError("connection_lost")


def out_of_time() -> ProviderError:
    """The time of the call was up before the message's turn came."""
    return TransientError("out_of_time")


def _common(reply: Reply, size: int) -> ProviderError | None:
    """What means the same at every command of a message."""
    enhanced = reply.enhanced
    if reply.code == 530 and enhanced != (7, 30):
        return _not_admitted(reply)
    if enhanced == (7, 30) or reply.code in {535, 538}:
        return sign_in_error(reply)
    if enhanced == (3, 4) or (reply.code == 552 and enhanced is None):
        return too_large(size, detail=reply.detail)
    if reply.code >= 500 and enhanced == (4, 5):  # Google: daily sending limit
        return QuotaExhausted("daily_limit", detail=reply.detail)
    return _temporary(reply)


def _not_admitted(reply: Reply) -> AccountError:
    """What a server says who wants TLS first (RFC 3207 §4), or a sign-in (RFC 4954 §6)."""
    if "starttls" in reply.text.lower():
        return AccountError("starttls_needed", detail=reply.detail)
    return AuthError("sign_in_needed", detail=reply.detail)


def _temporary(reply: Reply) -> ProviderError | None:
    if not _is_temporary(reply):
        return None
    if _TOO_FAST.search(reply.text):
        return RateLimited(RATE_PAUSE, detail=reply.detail)
    return TransientError("try_later", detail=reply.detail)


def _is_temporary(reply: Reply) -> bool:
    return 400 <= reply.code < 500


def _kilobytes(octets: int) -> int:
    return -(-octets // 1000)


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
