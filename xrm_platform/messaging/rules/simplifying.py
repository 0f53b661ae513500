"""The same text in cheaper characters: what forces UCS-2 replaced by what the GSM alphabet has. Pure.

Typographic signs first, which nobody misses; accents only when asked, for they are spelling.
"""

from __future__ import annotations

import unicodedata

from xrm_platform.messaging.sms.segments import GSM_BASIC, GSM_EXTENSION

_SIGNS = {
    **dict.fromkeys("’‘‚‛′ʼ‹›", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("–—‐‑‒―−", "-"),
    **dict.fromkeys("\u00a0\u202f\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\t", " "),
    **dict.fromkeys("\u00ad\u200b\u2060\ufeff", ""),
    **dict.fromkeys("\u2028\u2029", "\n"),
    "…": "...",
    "œ": "oe",
    "Œ": "OE",
    "•": "-",
    "·": ".",
    "×": "x",
}


def simplified(text: str) -> str:
    """Quotes, dashes, ellipses, spaces and ligatures as the GSM alphabet has them; letters keep their accents.

    An accent written as a character of its own joins its letter: many of these are in the alphabet.
    """
    return "".join(_SIGNS.get(char, char) for char in unicodedata.normalize("NFC", text))


def unaccented(text: str) -> str:
    """`simplified`, and the letters that are not in the alphabet without their accents (ç as c, ê as e). Those that are
    in it (é, è, à, ù) keep theirs; what has no plain form (an emoji) stays."""
    return "".join(char if _is_gsm(char) else _plain(char) for char in simplified(text))


def _plain(char: str) -> str:
    letters = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return letters if letters and all(_is_gsm(letter) for letter in letters) else char


def _is_gsm(char: str) -> bool:
    return char in GSM_BASIC or char in GSM_EXTENSION
