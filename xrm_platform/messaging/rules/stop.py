"""The way out that every marketing SMS offers (CPCE L34-5): the mention in the text, and the answers that take it."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

MENTION = "STOP au {number}"
"""The form that French operators know; an administrator enters the number (36xxx for marketing, af2m)."""


class StopKind(StrEnum):
    """What an answer asks to end: the purpose of the opt-out that follows from it."""

    MARKETING = "marketing"
    ALL = "all"


_WORD = re.compile(r"[A-Z]+")
_WORDS = frozenset(
    _WORD.findall(
        "STOP STOPSMS STOPPE STOPPER STOPPEZ ARRET ARRETS ARRETE ARRETER ARRETES ARRETEZ"
        " DESABO DESABONNE DESABONNER DESABONNEZ DESABONNEMENT"
        " DESINSCRIRE DESINSCRIS DESINSCRIVEZ DESINSCRIPTION UNSUBSCRIBE UNSUB"
    )
)
_ALL = frozenset({"STOPALL", "STOPTOUT", "STOPTOUS", "ARRETTOUT"})
_EVERYTHING = frozenset({"ALL", "TOUT", "TOUS"})
_LONGEST = 12
"""Words in which somebody spells STOP letter by letter."""


def stop_word(text: str) -> StopKind | None:
    """What an answer asks to end when its first word, or the whole of it, is a stop word; else None.

    Accents, capitals and punctuation make no difference: `stop`, `« Arrêt. »` and `S.T.O.P` are heard. A stop word ends
    marketing only: nobody loses appointments by it. `STOP ALL` and `STOP TOUT` end all.
    """
    words = _WORD.findall(_folded(text))
    if not words:
        return None
    whole = "".join(words) if len(words) <= _LONGEST else ""
    if words[0] in _ALL or whole in _ALL or (words[0] in _WORDS and words[1:2] and words[1] in _EVERYTHING):
        return StopKind.ALL
    return StopKind.MARKETING if words[0] in _WORDS or whole in _WORDS else None


def with_mention(text: str, mention: str) -> str:
    """`text` with the mention in a line of its own, unless somebody wrote it there already."""
    if not mention or _folded(mention) in _folded(text):
        return text
    return f"{text.rstrip()}\n{mention}"


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()
