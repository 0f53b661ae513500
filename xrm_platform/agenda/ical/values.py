"""Values of iCalendar (RFC 5545 §3.3): text, dates and times, durations, lists of either. Read leniently, written
strictly; what cannot be read raises `ValueError`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from .lines import Line

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_TIME = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):?(\d{2})(?::?(\d{2}))?(Z?)", re.IGNORECASE)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE
)
_LATE_COLON = re.compile(r";TZID=([^;]+):(\d{8}T\d{6}Z?)\Z", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\;,nN])")
EARLIEST, LATEST = datetime(3, 1, 1), datetime(9997, 12, 31, 23, 59, 59)  # noqa: DTZ001  wall times
"""Between them time can be counted with, whatever the zone; Python ends at the year 9999."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as somebody wrote it. `wall` is naive; a date is its midnight, with `is_date`. `tz` is None for a floating
    time and for a date, `tzid` the zone's name as written (`UTC` for one in Z)."""

    wall: datetime
    is_date: bool = False
    tzid: str = ""
    tz: tzinfo | None = None

    def utc(self, home: tzinfo) -> datetime:
        """The instant; floating times and dates are of the zone `home`. A time that the clocks leave out is taken with
        the offset before the change (RFC 5545 §3.3.5), of one that comes twice the first."""
        return self.wall.replace(tzinfo=self.tz or home).astimezone(UTC)

    def moved(self, by: timedelta) -> Moment:
        """Later by so much, or earlier; at most to where time ends."""
        return Moment(_sum(self.wall, by), self.is_date, self.tzid, self.tz)

    def at(self, wall: datetime) -> Moment:
        return Moment(wall, self.is_date, self.tzid, self.tz)

    def of_instant(self, instant: datetime, home: tzinfo) -> Moment:
        """The same instant as this writes it: in its zone."""
        return self.at(instant.astimezone(self.tz or home).replace(tzinfo=None))


def _sum(wall: datetime, by: timedelta) -> datetime:
    try:
        return within_time(wall + by)
    except OverflowError:
        return LATEST if by > timedelta() else EARLIEST


def within_time(wall: datetime) -> datetime:
    return min(max(wall, EARLIEST), LATEST)


def key_of(moment: Moment) -> str:
    """By what an occurrence of a series is known: its first start, a date, an instant in UTC, or floating."""
    if moment.is_date:
        return _digits(moment.wall, "%m%d")
    if moment.tz is None:
        return _digits(moment.wall, "%m%dT%H%M%S")
    return _digits(moment.utc(UTC), "%m%dT%H%M%SZ")


def _digits(time: datetime, rest: str) -> str:
    """With all four digits of the year, which `strftime` leaves out before the year 1000."""
    return f"{time.year:04}{time.strftime(rest)}"


def plain_time(text: str) -> tuple[datetime, bool, bool]:
    """Wall time, whether it is a date, whether it is in UTC."""
    text = text.strip()
    timed = _TIME.fullmatch(text)
    if timed is not None:
        year, month, day, hour, minute, second = (int(part or 0) for part in timed.groups()[:6])
        # A leap second is the second before it: Python, and every calendar, knows none.
        return datetime(year, month, day, hour, minute, min(second, 59)), False, bool(timed[7])  # noqa: DTZ001
    dated = _DATE.fullmatch(text)
    if dated is None:
        raise ValueError(f"no time: {text[:40]!r}")
    return datetime(*map(int, dated.groups())), True, False  # type: ignore[arg-type]  # noqa: DTZ001


def written_with(line: Line) -> tuple[str, str]:
    """The zone's name and the value of a line with a time. Some programs forget the quotes around a name with a
    colon."""
    if _TIME.fullmatch(line.value.strip()) is None and line.param("TZID"):
        late = _LATE_COLON.search(line.unfolded)
        if late is not None:
            return late[1], late[2]
    return line.param("TZID"), line.value


def duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()[1:]):
        raise ValueError(f"no duration: {text[:40]!r}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    try:
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError as error:
        raise ValueError("a duration beyond all time") from error
    return -length if found[1] == "-" else length


def text(value: str) -> str:
    """TEXT (§3.3.11) without its escapes and without characters that no screen shows."""
    plain = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
    return _CONTROL.sub("", plain)


def escaped(plain: str) -> str:
    """`plain` as TEXT."""
    unified = _CONTROL.sub("", plain.replace("\r\n", "\n").replace("\r", "\n"))
    return unified.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def written_time(moment: Moment) -> str:
    """The value of DTSTART and its like; what belongs to the parameters is in `time_params`."""
    if moment.is_date:
        return _digits(moment.wall, "%m%d")
    return _digits(moment.wall, "%m%dT%H%M%S") + ("Z" if moment.tzid == "UTC" else "")


def time_params(moment: Moment) -> dict[str, str]:
    if moment.is_date:
        return {"value": "DATE"}
    return {"tzid": moment.tzid} if moment.tzid and moment.tzid != "UTC" else {}


def utc_time(instant: datetime) -> str:
    return _digits(instant.astimezone(UTC), "%m%dT%H%M%SZ")


def listed(lines: Sequence[Line]) -> Iterator[tuple[Line, str]]:
    """Every value of RDATE or EXDATE lines with its line."""
    for line in lines:
        for part in line.value.split(","):
            if part.strip():
                yield line, part


def day_of(moment: Moment) -> date:
    return moment.wall.date()
