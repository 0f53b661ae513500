"""Texts with fields in braces that are filled in for each person: `Bonjour {prénom|client}`. Pure.

A name is understood without regard to accents, capitals and punctuation. What stands after `|` is said where a person
has no such value. `{{` and `}}` are the braces themselves. In HTML, `<style>` and `<script>` have none, and a field may
be written with entities, as editors do.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xrm_platform.people.contacts.folding import fold
from xrm_platform.problems import Fault, Invalid

_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|[{}]")
_RAW = r"(?P<raw><(?P<tag>style|script)\b.*?(?:</(?P=tag)\b|\Z))"
_HTML_TOKEN = re.compile(rf"{_RAW}|{_TOKEN.pattern}", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Slot:
    """A field: its name as it was written, the `key` of its value, and what is said instead of an empty value."""

    name: str
    key: str
    default: str | None = None


Template = tuple[str | Slot, ...]


def template_of(text: str, field: str = "text") -> Template:
    """The pieces of a text, which is HTML when `field` is `html`. Raises `Invalid` on `field` for a brace that opens or
    closes nothing."""
    pieces: list[str | Slot] = []
    end = 0
    in_html = field == "html"
    for found in (_HTML_TOKEN if in_html else _TOKEN).finditer(text):
        pieces.append(text[end : found.start()])
        end = found.end()
        token = found[0]
        if in_html and found["raw"]:
            pieces.append(token)
        elif token in ("{{", "}}"):
            pieces.append(token[0])
        elif found["field"] is None:
            raise Invalid.field(field, "merge_brace_alone", near=text[max(0, found.start() - 10) : found.end() + 10])
        else:
            name, bar, default = (html.unescape(found["field"]) if in_html else found["field"]).partition("|")
            pieces.append(Slot(name.strip(), fold(name), default if bar else None))
    pieces.append(text[end:])
    return tuple(piece for piece in pieces if piece != "")


def bound(
    template: Template, key_of: Callable[[str], str | None], known: Sequence[str], field: str = "text"
) -> Template:
    """The template with the keys by which values are found: `key_of` a folded name, None where there is none.

    Raises `Invalid` on `field` that names every field that does not exist, and those of `known` that do.
    """
    keys = {piece.key: key_of(piece.key) for piece in template if isinstance(piece, Slot)}
    unknown = [piece.name for piece in template if isinstance(piece, Slot) and keys[piece.key] is None]
    if unknown:
        raise Invalid.field(field, "merge_field_unknown", fields=", ".join(unknown)[:200], known=", ".join(known)[:500])
    return tuple(
        Slot(piece.name, keys[piece.key] or "", piece.default) if isinstance(piece, Slot) else piece
        for piece in template
    )


def filled(template: Template, values: Mapping[str, str], *, escaped: bool = False) -> str | Fault:
    """The text for one person, or that it lacks a value for which the template has no default.

    A value is one line. `escaped` for HTML: a value is text, whatever is in it.
    """
    pieces: list[str] = []
    for piece in template:
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        value = one_line(values.get(piece.key, "")) or piece.default
        if value is None:
            return Fault("merge_field_empty", {"field": piece.name})
        pieces.append(html.escape(value) if escaped else value)
    return "".join(pieces)


def is_one_line(text: str) -> bool:
    return _CONTROL.search(text) is None


def one_line(text: str) -> str:
    """With white space counted once, and without what cannot be seen or stored: a line break or a non-breaking space of
    a file is nobody's wish."""
    return " ".join(_CONTROL.sub(" ", text).split())
