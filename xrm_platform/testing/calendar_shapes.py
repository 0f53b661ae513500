"""Events of every shape that calendars exchange, and when two texts say the same event.

What is compared is what people see of an event; the order of lines, folding, stamps, the name of the program and the
way a time zone is written out are the vendor's own affair.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Calendar
from icalendar.timezone import tzp

from .calendar_vendor import vcalendar, vevent

CUSTOM_ZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Customized Time Zone",
    "BEGIN:STANDARD",
    "DTSTART:16011028T030000",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:16010325T020000",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
)
PARIS = tuple(line.replace("Customized Time Zone", "Europe/Paris") for line in CUSTOM_ZONE)

SHAPES = {
    "timed": vcalendar(*vevent("timed@example.com", "Timed", "DTEND:20270310T101500Z", "LOCATION:Lyon")),
    "all_day": vcalendar(
        *vevent("all-day@example.com", "All day", "DTEND;VALUE=DATE:20270403", start="DTSTART;VALUE=DATE:20270401")
    ),
    "floating": vcalendar(*vevent("floating@example.com", "Floating", start="DTSTART:20270310T090000")),
    "zoned": vcalendar(
        *PARIS,
        *vevent(
            "zoned@example.com",
            "Zoned",
            "DTEND;TZID=Europe/Paris:20270327T110000",
            start="DTSTART;TZID=Europe/Paris:20270327T100000",
        ),
    ),
    "custom_zone": vcalendar(
        *CUSTOM_ZONE,
        *vevent(
            "custom-zone@example.com",
            "Custom zone",
            "DTEND;TZID=Customized Time Zone:20270710T100000",
            start="DTSTART;TZID=Customized Time Zone:20270710T090000",
        ),
    ),
    "series": vcalendar(
        *PARIS,
        *vevent(
            "series@example.com",
            "Weekly",
            "RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=WE",
            "EXDATE;TZID=Europe/Paris:20270324T100000",
            start="DTSTART;TZID=Europe/Paris:20270310T100000",
        ),
        *vevent(
            "series@example.com",
            "Weekly\\, moved",
            "RECURRENCE-ID;TZID=Europe/Paris:20270317T100000",
            start="DTSTART;TZID=Europe/Paris:20270318T143000",
        ),
        *vevent(
            "series@example.com",
            "Weekly\\, elsewhere",
            "RECURRENCE-ID;TZID=Europe/Paris:20270331T100000",
            "LOCATION:Salle 2",
            start="DTSTART;TZID=Europe/Paris:20270331T100000",
        ),
    ),
    "all_day_series": vcalendar(
        *vevent(
            "all-day-series@example.com",
            "Yearly",
            "DTEND;VALUE=DATE:20270402",
            "RRULE:FREQ=YEARLY;COUNT=5",
            "EXDATE;VALUE=DATE:20280401",
            start="DTSTART;VALUE=DATE:20270401",
        )
    ),
    "accents": vcalendar(
        *vevent(
            "accents@example.com",
            "Déjeuner « œufs & crêpes »\\; ½ € 🥂",
            "LOCATION:Żółta Łódź\\, 東京",
            "DESCRIPTION:Première ligne\\nDeuxième ligne\\n<b>& pas de HTML</b> \\\\ ]]>",
        )
    ),
    "long": vcalendar(*vevent("long@example.com", "Long", "DESCRIPTION:" + "Ça\\, c’est une très longue ligne. " * 60)),
    "private_and_free": vcalendar(
        *vevent("private@example.com", "Private", "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "STATUS:TENTATIVE")
    ),
    "own_property": vcalendar(*vevent("own@example.com", "Own property", "X-XRM-KIND;X-XRM-P=1:call")),
}


def assert_same_event(told: str, expected: str) -> None:
    """Both texts say the same event, with the same overrides."""
    found, wanted = _said(told), _said(expected)
    assert found.keys() == wanted.keys()
    for which, properties in wanted.items():
        assert found[which] == properties, which


def _said(ical: str) -> dict[Any, dict[str, Any]]:
    """What each VEVENT says, by its RECURRENCE-ID. Raises `ValueError` for a text that is not iCalendar."""
    tzp.use_default()  # forgets zones that other texts defined under the same names
    calendar = Calendar.from_ical(ical)
    components = list(calendar.walk("VEVENT"))
    said = {_when(event.get("RECURRENCE-ID")): _properties(event) for event in components}
    assert len(said) == len(components), "an occurrence is overridden twice"
    return said


def _properties(event: Any) -> dict[str, Any]:
    start = event["DTSTART"].dt
    own = {name: str(value) for name, value in event.items() if name.startswith("X-XRM-")}
    return {
        "title": str(event.get("SUMMARY", "")),
        "text": str(event.get("DESCRIPTION", "")),
        "place": str(event.get("LOCATION", "")),
        "start": _moment(start),
        "end": _moment(_end(event, start)),
        "rule": _rule(event),
        "exceptions": Counter(_moment(when) for when in _all(event, "EXDATE")),
        "state": str(event.get("STATUS", "CONFIRMED")),
        "busy": str(event.get("TRANSP", "OPAQUE")),
        "class": str(event.get("CLASS", "PUBLIC")),
        **own,
    }


def _end(event: Any, start: date) -> date:
    if "DTEND" in event:
        end: date = event["DTEND"].dt
        return end
    default = timedelta(0) if isinstance(start, datetime) else timedelta(days=1)
    length: timedelta = event["DURATION"].dt if "DURATION" in event else default
    return start + length


def _all(event: Any, name: str) -> list[date]:
    values = event.get(name, [])
    return [each.dt for value in (values if isinstance(values, list) else [values]) for each in value.dts]


def _rule(event: Any) -> dict[str, list[str]]:
    rule = event.get("RRULE") or {}
    return {part: sorted(str(value) for value in values) for part, values in rule.items() if part != "WKST"}


def _when(recurrence_id: Any) -> Any:
    return None if recurrence_id is None else _moment(recurrence_id.dt)


def _moment(when: date) -> tuple[str, str]:
    """A date, a floating time, or a point in time: three different things."""
    if not isinstance(when, datetime):
        return ("date", when.isoformat())
    if when.tzinfo is None:
        return ("floating", when.isoformat())
    return ("instant", when.astimezone(UTC).isoformat())
