"""Headers of mails that anybody may have written: nothing here raises, whatever they hold. Pure.

The standard library's own ways to read a header raise for some (RFC 5322 is older than most programs that write mail);
so the raw lines are taken and decoded here (RFC 2047).
"""

from __future__ import annotations

import re
from binascii import Error as BadBase64
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from xrm_platform.providers import Address
from xrm_platform.providers.errors import storable

MAX_TEXT = 1000
MAX_ADDRESSES = 200
MAX_IDS = 100
MAX_ID = 500

NO_CHARSETS = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"})
"""Codecs of Python's that no mail is written in; the first two are slow beyond measure for long texts."""

UNREADABLE = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    MessageError,
    BadBase64,
)
"""What the standard library raises for mails that it cannot read."""


_FOLD = re.compile(r"[\r\n]+[ \t]*|[\x00-\x08\x0b-\x1f\x7f]")
_ID = re.compile(rf"<([^<>\s]{{1,{MAX_ID}}})>")


def text_of(message: Message, name: str) -> str:
    """A header as people read it, on one line; empty without one."""
    return decoded(next(_raw(message, name), ""))[:MAX_TEXT].strip()


def word_of(message: Message, name: str) -> str:
    """A header that holds a word for machines, in lower case."""
    return text_of(message, name).lower()


def ids_of(message: Message, name: str) -> tuple[str, ...]:
    """The message ids in a header, with their angle brackets, each once, the last ones if there are too many."""
    found = dict.fromkeys(f"<{one}>" for raw in _raw(message, name) for one in _ID.findall(_FOLD.sub(" ", raw)))
    return tuple(storable(one) for one in list(found)[-MAX_IDS:])


def addresses_of(message: Message, name: str) -> tuple[Address, ...]:
    """The mailboxes of a header. Names are decoded after the list is taken apart: a comma in one parts nothing."""
    try:
        pairs = getaddresses([_FOLD.sub(" ", raw) for raw in _raw(message, name)])
    except UNREADABLE:
        return ()
    return tuple(
        Address(storable(email)[:254], decoded(shown)[:200])
        for shown, email in pairs[:MAX_ADDRESSES]
        if "@" in email and not re.search(r"\s", email)
    )


def date_of(message: Message) -> datetime | None:
    """When the mail says that it was written; None when it does not, or what it says is no date."""
    try:
        said = parsedate_to_datetime(next(_raw(message, "Date"), ""))
        said = said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (*UNREADABLE, OverflowError):
        return None
    return said if said.year >= 1980 else None


def has(message: Message, *names: str) -> bool:
    """Whether there is any of these headers."""
    return any(True for name in names for _ in _raw(message, name))


def decoded(raw: str) -> str:
    """Encoded words (RFC 2047) and bare octets as text."""
    line = _FOLD.sub(" ", raw)
    try:
        pieces = decode_header(line)
    except UNREADABLE:
        return storable(_octets_as_text(_octets(line), ""))
    return storable(
        "".join(
            _octets_as_text(_octets(piece) if isinstance(piece, str) else piece, charset or "")
            for piece, charset in pieces
        )
    )


def octets_as_text(octets: bytes, charset: str) -> str:
    """Text in the charset that is named, else in the one that it most likely is."""
    return storable(_octets_as_text(octets, charset))


def _octets_as_text(octets: bytes, charset: str) -> str:
    for guess in (charset, "utf-8"):
        try:
            if guess.lower().replace("-", "_") not in NO_CHARSETS:
                return octets.decode(guess)
        except (LookupError, ValueError, TypeError):
            continue
    return octets.decode("cp1252", "replace")


def _octets(piece: str) -> bytes:
    """The octets that the parser put into a string."""
    try:
        return piece.encode("ascii", "surrogateescape")
    except UnicodeEncodeError:
        return piece.encode("utf-8", "replace")


def _raw(message: Message, name: str) -> Iterator[str]:
    wanted = name.lower()
    return (str(value) for header, value in message.raw_items() if header.lower() == wanted)
