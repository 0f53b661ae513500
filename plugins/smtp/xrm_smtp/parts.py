"""MIME parts (RFC 2045, 2046): bodies and attachments, each encoded to the octets that go on the wire.

No line of a part begins with a dot, so that a message needs no transparency (RFC 5321 §4.5.2) on its way, and no
encoded body contains `=_`, with which every boundary begins.
"""

from __future__ import annotations

import binascii
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence

from xrm_platform.providers import Attachment, CalendarPart, PermanentError

from .headers import parameter

CACHE_BYTES = 64 * 1024 * 1024
"""What the encoded attachments that are kept for the next messages of a mailing may take."""

_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(?:;[ -~]*)?")
_METHOD = re.compile(r"[A-Z][A-Z-]{0,30}")
_CID = re.compile(r"[!#-;=?-Z^-~]{1,200}")
_BASE64_LINE = 57
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_LINE_BREAKS = re.compile(r"\r\n|\r|\n")

Chunks = tuple[bytes, ...]
"""Octets in pieces, so that a large part is shared by the messages that hold it instead of copied."""


def text_part(subtype: str, text: str) -> Chunks:
    """A body in UTF-8, quoted-printable (RFC 2045 §6.7)."""
    try:
        octets = _LINE_BREAKS.sub("\n", text).encode()
    except UnicodeEncodeError as error:
        raise PermanentError("control_character", field="text") from error
    encoded = binascii.b2a_qp(octets, istext=True).replace(b"\n", b"\r\n")
    encoded = _LEADING_DOT.sub(b"=2E", encoded)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return (head.encode(), encoded)


def calendar_part(calendar: CalendarPart) -> Chunks:
    """A scheduling message (RFC 6047 §2.4). In base64: no server on the way touches its folded lines.

    Raises `PermanentError` for a method that could not be written.
    """
    if not _METHOD.fullmatch(calendar.method):
        raise PermanentError("bad_content_type", filename="invite.ics")
    head = (
        f'Content-Type: text/calendar; charset="utf-8"; method={calendar.method}\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return (head.encode(), base64_lines(calendar.text.encode()))


def multipart(subtype: str, parts: Sequence[Chunks], options: str = "") -> Chunks:
    """A container of `parts`."""
    boundary = f"=_{secrets.token_hex(16)}"
    head = f'Content-Type: multipart/{subtype}{options};\r\n boundary="{boundary}"\r\n\r\n'
    chunks = [head.encode()]
    for part in parts:
        chunks += [f"\r\n--{boundary}\r\n".encode(), *part]
    return (*chunks, f"\r\n--{boundary}--\r\n".encode())


class AttachmentEncoder:
    """Encodes attachments and keeps the last ones, found again by their content: a mailing encodes its own once."""

    def __init__(self, capacity: int = CACHE_BYTES) -> None:
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[tuple[Attachment, bool], Chunks] = OrderedDict()
        self._lock = threading.Lock()

    def part(self, attachment: Attachment, *, inline: bool) -> Chunks:
        """The part of `attachment`; `inline`: shown in the HTML by its `cid`. Called from several threads.

        Raises `PermanentError` for a file name, type or cid that could not be written.
        """
        key = (attachment, inline)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        chunks = attachment_part(attachment, inline=inline)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = chunks
                self._size += _weight(attachment, chunks)
            while self._size > self._capacity:
                (dropped, _), octets = self._kept.popitem(last=False)
                self._size -= _weight(dropped, octets)
        return chunks


def attachment_part(attachment: Attachment, *, inline: bool) -> Chunks:
    """A file in base64. A message within the message is not allowed that (RFC 2046 §5.2.1) and goes as a file."""
    filename, content_type = attachment.filename, attachment.content_type
    if not _TYPE.fullmatch(content_type):
        raise PermanentError("bad_content_type", filename=filename)
    if content_type.lower().startswith(("message/", "multipart/")):
        content_type = "application/octet-stream"
    disposition = "inline" if inline else "attachment"
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n"
    if attachment.cid is not None:
        if not _CID.fullmatch(attachment.cid):
            raise PermanentError("bad_content_id", filename=filename)
        head += f"Content-ID: <{attachment.cid}>\r\n"
    head += f"Content-Disposition: {disposition}{parameter('filename', filename)}\r\n\r\n"
    return (head.encode(), base64_lines(attachment.content))


def base64_lines(content: bytes) -> bytes:
    """`content` in base64, in lines of 76 characters ending in CRLF."""
    lines = (content[start : start + _BASE64_LINE] for start in range(0, len(content), _BASE64_LINE))
    return b"\r\n".join([*(binascii.b2a_base64(line, newline=False) for line in lines), b""])


def _weight(attachment: Attachment, chunks: Chunks) -> int:
    return len(attachment.content) + sum(map(len, chunks))
