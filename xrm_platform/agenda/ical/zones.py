"""Which zone a TZID means: an IANA name however it is dressed, a Windows name, the VTIMEZONE of the file, or nothing.

VTIMEZONEs are read per file: two files mean different things by "Customized Time Zone". A known name wins over the
definition beside it, which is often a copy that has become wrong.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from .lines import Block, Line
from .rules import RuleError, instants, parse_rule
from .values import Moment, listed, plain_time, within_time, written_with

LAST_YEAR = 2099
MAX_ONSETS = 2000
_OFFSET = re.compile(r"([+-]?)(\d{2}):?(\d{2})(?::?(\d{2}))?")
_UTC_NAMES = frozenset({"UTC", "Z", "GMT", "ETC/UTC", "ETC/GMT", "ETC/ZULU", "ZULU"})


@lru_cache(maxsize=1024)
def known_zone(name: str) -> tzinfo | None:
    """The zone of an IANA or Windows name, also with a producer's path before it (`/mozilla.org/…/Europe/Paris`)."""
    bare = name.strip().strip('"').strip("/")
    if bare.upper() in _UTC_NAMES:
        return UTC
    bare = WINDOWS_TO_OLSON.get(bare, bare)
    parts = bare.split("/")
    for length in (3, 2):
        if len(parts) > length:
            found = _iana("/".join(parts[-length:]))
            if found is not None:
                return found
    return _iana(bare)


def _iana(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


class Zones:
    """The zones of one calendar. `unknown` are the names that mean nothing here: their times count as floating."""

    def __init__(self, calendar: Block | None = None) -> None:
        self._defined: dict[str, Block] = {}
        for block in () if calendar is None else calendar.blocks:
            if block.name == "VTIMEZONE":
                self._defined.setdefault(block.value("TZID").strip(), block)
        self._made: dict[str, tzinfo | None] = {}
        self.unknown: dict[str, None] = {}

    def zone(self, tzid: str) -> tzinfo | None:
        if tzid not in self._made:
            found = known_zone(tzid)
            if found is None and tzid.strip() in self._defined:
                found = custom_zone(self._defined[tzid.strip()])
            self._made[tzid] = found
        if self._made[tzid] is None:
            self.unknown[tzid] = None
        return self._made[tzid]

    def moment(self, line: Line, value: str | None = None) -> Moment:
        """The time of a line, or of one of its values. Raises `ValueError`."""
        tzid, whole = written_with(line)
        wall, is_date, in_utc = plain_time(whole if value is None else value)
        if wall != within_time(wall):
            raise ValueError("a time beyond all calendars")
        if is_date:
            return Moment(wall, is_date=True)
        if in_utc:
            return Moment(wall, tzid="UTC", tz=UTC)
        if not tzid:
            return Moment(wall)
        return Moment(wall, tzid=tzid, tz=self.zone(tzid))


@dataclass(frozen=True, slots=True)
class _Onset:
    """From `utc` on the clocks show `after` instead of `before`."""

    utc: datetime
    before: timedelta
    after: timedelta
    name: str


class CustomZone(tzinfo):
    """A zone by its own onsets. Folds and gaps are treated as `zoneinfo` does (PEP 495)."""

    def __init__(self, onsets: list[_Onset]) -> None:
        self._onsets = onsets
        self._utc = [onset.utc for onset in onsets]
        self._walls = (
            [onset.utc + max(onset.before, onset.after) for onset in onsets],
            [onset.utc + min(onset.before, onset.after) for onset in onsets],
        )

    def utcoffset(self, dt: datetime | None) -> timedelta:
        return timedelta() if dt is None else self._state(bisect_right(self._walls[dt.fold], dt.replace(tzinfo=None)))

    def dst(self, dt: datetime | None) -> timedelta | None:  # noqa: ARG002
        return None

    def tzname(self, dt: datetime | None) -> str:
        if dt is None:
            return ""
        place = bisect_right(self._walls[dt.fold], dt.replace(tzinfo=None))
        return self._onsets[max(place - 1, 0)].name

    def fromutc(self, dt: datetime) -> datetime:
        instant = dt.replace(tzinfo=None)
        wall = instant + self._state(bisect_right(self._utc, instant))
        folded = self._state(bisect_right(self._walls[0], wall)) != wall - instant
        return wall.replace(tzinfo=self, fold=int(folded))

    def _state(self, place: int) -> timedelta:
        return self._onsets[place - 1].after if place else self._onsets[0].before


def custom_zone(block: Block) -> tzinfo | None:
    """The zone that a VTIMEZONE defines (§3.6.5); None when it defines none, or with rules that no zone has."""
    onsets: list[_Onset] = []
    try:
        for part in block.blocks:
            if part.name in ("STANDARD", "DAYLIGHT"):
                onsets += _onsets(part)
    except (ValueError, RuleError, OverflowError):
        return None
    onsets.sort(key=lambda onset: onset.utc)
    return CustomZone(onsets) if onsets else None


def _onsets(part: Block) -> list[_Onset]:
    before, after = _offset(part.value("TZOFFSETFROM")), _offset(part.value("TZOFFSETTO"))
    first, _, _ = plain_time(part.value("DTSTART"))
    walls = {first}
    rule = part.line("RRULE")
    if rule is not None:
        read = parse_rule(rule.value)
        if read.freq != "YEARLY":
            raise RuleError("not_yearly")
        for wall in instants(read, first, last_year=LAST_YEAR, limit=MAX_ONSETS):
            if read.until is not None and wall - (before if read.until_utc else timedelta()) > read.until:
                break
            walls.add(wall)
    for _, value in list(listed(part.all("RDATE")))[:MAX_ONSETS]:
        walls.add(plain_time(value.partition("/")[0])[0])
    return [_Onset(wall - before, before, after, part.value("TZNAME")) for wall in walls]


def _offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        raise ValueError("no offset")
    length = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if length >= timedelta(hours=24):
        raise ValueError("an offset of a day")
    return -length if found[1] == "-" else length
