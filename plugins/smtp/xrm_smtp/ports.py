"""Ports that say by themselves what is spoken there, so that settings which contradict them are refused at once. Pure.

RFC 5321 (25), RFC 6409 (587), RFC 8314 (465, 993, 995), RFC 9051 (143), RFC 1939 (110).
"""

from __future__ import annotations

from dataclasses import dataclass

SENDING = {"none": 25, "starttls": 587, "tls": 465}
RECEIVING = {
    "imap": {"none": 143, "starttls": 143, "tls": 993},
    "pop": {"none": 110, "starttls": 110, "tls": 995},
}
"""Which port is meant where none is given."""


@dataclass(frozen=True, slots=True)
class _Port:
    protocol: str
    securities: frozenset[str]
    needed: str


_TLS, _STARTTLS, _IN_CLEAR = frozenset({"tls"}), frozenset({"starttls"}), frozenset({"starttls", "none"})

_PORTS = {
    25: _Port("smtp", _IN_CLEAR, "starttls"),
    465: _Port("smtp", _TLS, "tls"),
    587: _Port("smtp", _STARTTLS, "starttls"),
    143: _Port("imap", _IN_CLEAR, "starttls"),
    993: _Port("imap", _TLS, "tls"),
    110: _Port("pop", _IN_CLEAR, "starttls"),
    995: _Port("pop", _TLS, "tls"),
}


def wrong_protocol(port: int | None, protocol: str) -> str | None:
    """The code of what is wrong where `protocol` (smtp, imap, pop) is to be spoken at the port of another."""
    known = _PORTS.get(port) if port else None
    return None if known is None or known.protocol == protocol else f"port_{port}_is_{known.protocol}"


def wrong_security(port: int | None, security: str | None) -> str | None:
    """The code of what is wrong where the security does not fit the port."""
    known = _PORTS.get(port) if port else None
    return None if known is None or security in known.securities else f"port_{port}_needs_{known.needed}"
