"""How an SMS is encoded and cut into parts (3GPP TS 23.038 §6.2.1, TS 23.040 §9.2.3.24.1).

A message has 140 octets. In the GSM 7-bit alphabet that is 160 septets, or 153 a part when several are joined by a
header of 6 octets; in UCS-2, 70 code units, or 67 a part. A character of the extension table takes two septets, one
outside the BMP two code units, and neither pair may be split over two parts.
"""

from __future__ import annotations

from dataclasses import dataclass

from xrm_platform.providers import SmsEncoding

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")

_SINGLE = {SmsEncoding.GSM7: 160, SmsEncoding.UCS2: 70}
_JOINED = {SmsEncoding.GSM7: 153, SmsEncoding.UCS2: 67}


@dataclass(frozen=True, slots=True)
class Segments:
    """`parts` are the texts of the parts; `units` what the whole takes (septets or code units), `left` how many still
    fit into the last part; `forcing` the characters, each once and in order, that are not in the GSM alphabet."""

    encoding: SmsEncoding
    parts: tuple[str, ...]
    units: int
    left: int
    forcing: tuple[str, ...]


def segment(text: str) -> Segments:
    """Cut `text` as a phone will receive it. An empty text is one empty part."""
    forcing = tuple(dict.fromkeys(char for char in text if char not in GSM_BASIC and char not in GSM_EXTENSION))
    encoding = SmsEncoding.UCS2 if forcing else SmsEncoding.GSM7
    units = sum(width(char, encoding) for char in text)
    if units <= _SINGLE[encoding]:
        return Segments(encoding, (text,), units, _SINGLE[encoding] - units, forcing)
    parts, last = _cut(text, encoding, _JOINED[encoding])
    return Segments(encoding, parts, units, _JOINED[encoding] - last, forcing)


def width(char: str, encoding: SmsEncoding) -> int:
    """Septets or UTF-16 code units that `char` takes."""
    if encoding is SmsEncoding.GSM7:
        return 2 if char in GSM_EXTENSION else 1
    return 2 if ord(char) > 0xFFFF else 1


def _cut(text: str, encoding: SmsEncoding, room: int) -> tuple[tuple[str, ...], int]:
    parts: list[str] = []
    start = used = 0
    for index, char in enumerate(text):
        needs = width(char, encoding)
        if used + needs > room:
            parts.append(text[start:index])
            start, used = index, 0
        used += needs
    return (*parts, text[start:]), used
