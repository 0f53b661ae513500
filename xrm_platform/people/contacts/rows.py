"""One contact of a file, before the rules have seen it: what both CSV and vCard are read into."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale

from xrm_platform.config import LANGUAGES
from xrm_platform.problems import Fault

from .folding import fold
from .given import ContactChanges
from .views import ConsentState

_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(.*)", re.DOTALL)
_STATES = {
    **dict.fromkeys(
        ("given", "yes", "y", "true", "1", "x", "oui", "o", "vrai", "donne", "accorde", "accepte", "opt in"),
        ConsentState.GIVEN,
    ),
    **dict.fromkeys(
        ("withdrawn", "no", "n", "false", "0", "non", "faux", "retire", "refuse", "opt out", "stop"),
        ConsentState.WITHDRAWN,
    ),
}


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """`at` is None where the file has no date."""

    channel: str
    purpose: str
    state: str
    source: str = ""
    wording: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where it starts in the file, from 1. `names` are what the file calls the fields, by the paths that
    faults have."""

    line: int
    changes: ContactChanges = field(default_factory=ContactChanges)
    consents: tuple[ConsentGiven, ...] = ()
    faults: Mapping[str, Fault | str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def country_code(written: str) -> str:
    """The ISO 3166 code of a country given by its French or English name; anything else stays as it is."""
    return written if len(written) == 2 else _territories().get(fold(written), written)


def language_code(written: str) -> str:
    """The code of a language given by its French or English name; anything else stays as it is."""
    return _languages().get(fold(written), written)


def consent_state(written: str) -> str:
    """What a cell says about consent; anything unknown stays as it is. A no counts as a withdrawal."""
    return _STATES.get(fold(written), written)


def moment(written: str, time_zone: str) -> datetime | None:
    """A date or time as ISO 8601 or day first (31/12/2026); without a zone it is local. None for anything else."""
    day_first = _DAY_FIRST.fullmatch(written)
    if day_first is not None:
        day, month, year, rest = day_first.groups()
        written = f"{year}-{month:0>2}-{day:0>2}{rest}"
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=ZoneInfo(time_zone))


@functools.cache
def _territories() -> Mapping[str, str]:
    return {
        fold(name): code
        for language in LANGUAGES
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha()
    }


@functools.cache
def _languages() -> Mapping[str, str]:
    return {
        fold(name): code
        for language in LANGUAGES
        for code, name in Locale(language).languages.items()
        if "_" not in code and len(code) <= 3
    }
