"""What a mail consists of: its text, its HTML, its files. Pure; nothing of what strangers send makes it raise anything
but `TooMuchError`."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from xrm_platform.providers.errors import storable

from .bounces import STATUS_TYPES
from .headers import UNREADABLE, decoded, ids_of, octets_as_text, text_of
from .parsing import TooMuchError

MAX_PARTS = 500
MAX_DEPTH = 50
MAX_BODY = 1_000_000
"""Characters of all text, and of all HTML; what is longer is cut, and kept whole as a file."""

MAX_FILENAME = 150
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """`filename` has no folder in it; `cid` is set where the HTML may show it in place."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    cid: str | None = None


@dataclass(slots=True)
class Bodies:
    """`calendar` is the first calendar object in it (RFC 5546), `method` what is asked for with it."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[ReceivedFile] = field(default_factory=list)
    calendar: str | None = None
    method: str = ""


def bodies_of(message: Message) -> Bodies:
    """Take a mail apart. Raises `TooMuchError`."""
    bodies = Bodies()
    for part in _leaves(message):
        kind = part.get_content_type()
        if kind in STATUS_TYPES or kind == "text/rfc822-headers":
            continue
        content = _content(part)
        if kind == "text/calendar" and bodies.calendar is None:
            bodies.calendar = octets_as_text(content, _charset(part))
            bodies.method = _parameter(part, "method").upper()
        shown = part.get_content_disposition() != "attachment" and not (_filename(part) and kind != "text/html")
        if shown and kind in {"text/plain", "text/html"}:
            _add_text(bodies, kind, octets_as_text(content, _charset(part)))
        else:
            bodies.files.append(_file(part, kind, content, len(bodies.files) + 1))
    return bodies


def _add_text(bodies: Bodies, kind: str, text: str) -> None:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    texts = bodies.texts if kind == "text/plain" else bodies.htmls
    room = MAX_BODY - sum(len(one) + 1 for one in texts)
    if len(text) > room:
        name = "message.txt" if kind == "text/plain" else "message.html"
        bodies.files.append(ReceivedFile(name, kind, text.encode()))
    if room > 0:
        texts.append(text[:room])


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in their order; a mail within the mail is one."""
    waiting: list[tuple[Message, int]] = [(message, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            raise TooMuchError
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting += [(one, depth + 1) for one in reversed(payload) if isinstance(one, Message)]
        else:
            yield part


def _content(part: Message) -> bytes:
    """Raises what the standard library does for what it cannot read: better all of a mail in one file than a file with
    nothing in it."""
    if part.is_multipart():
        inner = _inner(part)
        return inner.as_bytes() if inner is not None else b""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _inner(part: Message) -> Message | None:
    """The mail within a part."""
    payload = part.get_payload()
    return next((one for one in payload if isinstance(one, Message)), None) if isinstance(payload, list) else None


def _file(part: Message, kind: str, content: bytes, number: int) -> ReceivedFile:
    kind = kind if _TYPE.fullmatch(kind) else "application/octet-stream"
    name = _filename(part)
    if not name and kind == "message/rfc822":
        name = safe_filename(text_of(_inner(part) or part, "Subject") or f"message-{number}") + ".eml"
    if not name:
        name = f"file-{number}{mimetypes.guess_extension(kind) or ''}"
    cid = next(iter(ids_of(part, "Content-ID")), "").strip("<>")
    return ReceivedFile(name, kind, content, cid or None)


def safe_filename(name: str) -> str:
    """`name` without folders and without characters that file systems or people stumble over."""
    cleaned = _UNSAFE.sub("_", name).strip(". ")
    stem, dot, ending = cleaned.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: MAX_FILENAME - len(ending) - 1]}.{ending}"
    return cleaned[:MAX_FILENAME]


def _filename(part: Message) -> str:
    try:
        return safe_filename(storable(decoded(part.get_filename() or "")))
    except UNREADABLE:
        return ""


def _charset(part: Message) -> str:
    return _parameter(part, "charset")


def _parameter(part: Message, name: str) -> str:
    try:
        value = part.get_param(name)
    except UNREADABLE:
        return ""
    return storable(value[2] if isinstance(value, tuple) else value or "").strip("'\" ")[:100]
