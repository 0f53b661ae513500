"""Folders of a mailbox: which one is for what, and how names are written (RFC 3501 §5.1.3, RFC 6154)."""

from __future__ import annotations

import base64
import binascii
import imaplib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .imap_session import told

_LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?P<separator>\\?.)"|NIL) (?P<name>.*)', re.DOTALL)
_SHIFTED = re.compile("&([^-]*)-")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a folder is for: its flag (RFC 6154), in lower case; what it is called where no server says which it is, the
    part after the last separator; and what it becomes where there is none."""

    flag: str
    names: tuple[str, ...]
    new: str


SENT = Purpose(
    "\\sent",
    (
        "sent",
        "sent items",
        "sent messages",
        "sent mail",
        "envoyés",
        "éléments envoyés",
        "messages envoyés",
        "courrier envoyé",
        "outbox",
    ),
    "Sent",
)
DRAFTS = Purpose("\\drafts", ("drafts", "draft", "brouillons", "brouillon", "draftbox"), "Drafts")


def folder_for(purpose: Purpose, session: imaplib.IMAP4) -> tuple[str, bool]:
    """The name on the wire of the folder for `purpose`, and whether it exists."""
    options = " RETURN (SPECIAL-USE)" if "SPECIAL-USE" in session.capabilities else ""
    listed = [folder for folder in map(_folder, _joined(told(session.list('""', f'"*"{options}')))) if folder]
    for flags, name, _ in listed:
        if purpose.flag in flags and "\\noselect" not in flags:
            return name, True
    for wanted in purpose.names:
        for flags, name, separator in listed:
            shown = shown_name(name)
            last = shown.rpartition(separator)[2] if separator else shown
            if last.casefold() == wanted and not flags & {"\\noselect", "\\nonexistent"}:
                return name, True
    return purpose.new, False


def quoted(name: str) -> str:
    """A name as an argument."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shown_name(name: str) -> str:
    """A name as people read it: modified UTF-7 decoded. What cannot be decoded stays as it is."""
    return _SHIFTED.sub(_decoded, name)


def _decoded(match: re.Match[str]) -> str:
    if not match[1]:
        return "&"
    octets = match[1].replace(",", "/")
    try:
        return base64.b64decode(octets + "=" * (-len(octets) % 4), validate=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return match[0]


def _joined(data: Sequence[object]) -> list[bytes]:
    """The lines of LIST; a name that came as a literal is brought back into its line."""
    lines: list[bytes] = []
    for piece in data:
        if isinstance(piece, tuple):
            start, _, _ = piece[0].rpartition(b"{")
            lines.append(start + b'"' + piece[1].replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"')
        elif isinstance(piece, bytes) and piece.startswith(b"("):
            lines.append(piece)
    return lines


def _folder(line: bytes) -> tuple[frozenset[str], str, str] | None:
    """Flags in lower case, name and separator."""
    found = _LISTED.match(line)
    if found is None:
        return None
    name = found["name"].decode("utf-8", "replace").strip()
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    flags = frozenset(found["flags"].decode("ascii", "replace").lower().split())
    return flags, name, (found["separator"] or b"").decode("ascii", "replace")[-1:]
