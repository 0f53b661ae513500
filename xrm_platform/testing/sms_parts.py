"""How many parts an SMS takes (3GPP TS 23.038 and 23.040), for stand-ins that count credit."""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION


def is_gsm(text: str) -> bool:
    """Whether GSM 03.38 has every character of `text`."""
    return _GSM.issuperset(text)


def in_gsm(text: str) -> str:
    """`text` as a handset shows it after GSM 03.38: what the alphabet lacks becomes a question mark."""
    return text if is_gsm(text) else "".join(character if character in _GSM else "?" for character in text)


def parts(text: str, *, gsm: bool) -> int:
    """Parts that `text` takes, at least one: 160 or 153 septets in GSM, 70 or 67 UTF-16 units in UCS-2. Neither an
    escape pair nor a surrogate pair straddles two parts."""
    if gsm:
        return _count([1 + (character in _EXTENSION) for character in text], single=160, joined=153)
    return _count([1 + (ord(character) > 0xFFFF) for character in text], single=70, joined=67)


def _count(widths: list[int], *, single: int, joined: int) -> int:
    if sum(widths) <= single:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > joined:
            count, used = count + 1, 0
        used += width
    return count
