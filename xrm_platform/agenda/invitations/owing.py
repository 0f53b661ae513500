"""What somebody outside is still to be told after a change: from where they stood to where they stand. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xrm_platform.agenda.ical.values import Moment

from .seen import WHOLE, Matter, Standing


@dataclass(frozen=True, slots=True)
class Owed:
    """Keys of what one person is to be asked to, and of what is off for them; `WHOLE` is the event itself."""

    asked: tuple[str, ...] = ()
    off: tuple[str, ...] = ()


def owed(before: Standing, after: Standing, originals: Mapping[str, Moment]) -> Owed:
    """`originals`: when the occurrences that either side names are by the rule."""
    if WHOLE in before and WHOLE not in after:
        return Owed(tuple(sorted(key for key, told in after.items() if told is not None)), (WHOLE,))
    if WHOLE in after and before.get(WHOLE) != after[WHOLE]:
        return Owed((WHOLE,))
    asked, off = [], []
    for key in sorted({*before, *after} - {WHOLE}):
        was, is_now = (_told(standing, key, originals) for standing in (before, after))
        if was == is_now:
            continue
        if is_now is None:
            off.append(key)
        elif key not in after or was is None:
            # An occurrence that had been taken out of the series is back in it: no message says that of one alone.
            asked.append(WHOLE if WHOLE in after else key)
        else:
            asked.append(key)
    if WHOLE in asked:
        return Owed((WHOLE,), tuple(off))
    return Owed(tuple(asked), tuple(off))


def _told(standing: Standing, key: str, originals: Mapping[str, Moment]) -> Matter | None:
    """What somebody knows of an occurrence: what was said of it, else what is said of all."""
    if key in standing or WHOLE not in standing:
        return standing.get(key)
    whole = standing[WHOLE]
    return None if whole is None else whole.at(originals[key])
