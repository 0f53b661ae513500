"""What Google takes as an event and what it refuses: the rules of the Calendar API v3 on one event resource.

Where no source tells what the vendor does, the choice made here is marked "our choice"; a driver must not depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrulestr

from .google_refusals import Refused, invalid

ZONES = available_timezones()
EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")
EMAIL = re.compile(r"[^@\s,;:<>]+@[^@\s,;:<>]+\.[^@\s,;:<>]+")
RULE_LINE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)((?:;[A-Z-]+=[^:;]+)*):(.+)")

CHOICES: Mapping[str, frozenset[str]] = {
    "status": frozenset({"confirmed", "tentative", "cancelled"}),
    "transparency": frozenset({"opaque", "transparent"}),
    "visibility": frozenset({"default", "public", "private", "confidential"}),
    "colorId": frozenset(str(number) for number in range(1, 12)),
}
RESPONSES = frozenset({"needsAction", "declined", "tentative", "accepted"})
TEXTS = frozenset({"summary", "description", "location"})
WRITABLE = (
    frozenset({"start", "end", "recurrence", "attendees", "reminders", "extendedProperties", "sequence", "source"})
    | frozenset({"guestsCanModify", "guestsCanInviteOthers", "guestsCanSeeOtherGuests", "conferenceData"})
    | frozenset({"attachments", "eventType", "anyoneCanAddSelf", "eventLabelId"})
    | CHOICES.keys()
    | TEXTS
)
OF_EACH_PERSON = frozenset({"reminders", "colorId", "transparency", "visibility", "attendees", "extendedProperties"})
"""What somebody may change who does not organise the event."""

MOST_REMINDERS = 5
LONGEST_REMINDER = 40320
LONGEST_PROPERTY_NAME, LONGEST_PROPERTY = 44, 1024
MOST_PROPERTIES, MOST_PROPERTY_BYTES = 300, 32 * 1024


def writable(body: Any) -> dict[str, Any]:
    """What of a request's body is stored: read-only fields and unknown ones are passed over."""
    if not isinstance(body, dict):
        raise Refused(400, "parseError", "This API does not support parsing form-encoded input.")
    return {name: value for name, value in body.items() if name in WRITABLE}


def merged(event: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`event` after a PATCH: objects are merged, arrays replaced whole, null takes away."""
    result = dict(event)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        elif isinstance(value, dict):
            result[name] = merged({}, value)
        else:
            result[name] = value
    return result


def checked(event: dict[str, Any]) -> dict[str, Any]:
    """The event as Google stores it. Raises `Refused` for what it does not take."""
    for name, choices in CHOICES.items():
        if name in event and event[name] not in choices:
            raise invalid(f"Invalid value for {name}: {event[name]}")
    for name in TEXTS & event.keys():
        if not isinstance(event[name], str):
            raise invalid(f"Invalid value for {name}")
    _check_times(event)
    _check_attendees(event.get("attendees", []))
    _check_reminders(event.get("reminders", {}))
    if "extendedProperties" in event:
        event["extendedProperties"] = _extended(event["extendedProperties"])
    return event


def moment(time: Any, name: str) -> date | datetime:
    """A start or end as a date, or as an aware time. Raises `Refused`."""
    if not isinstance(time, dict) or ("date" in time) == ("dateTime" in time):
        raise Refused(400, "required", f"Missing {name} time.") if not time else invalid(f"Invalid {name} time.")
    zone = time.get("timeZone")
    if zone is not None and zone not in ZONES:
        raise invalid(f"Invalid time zone definition for {name} time.")
    try:
        if "date" in time:
            return date.fromisoformat(time["date"])
        at = datetime.fromisoformat(time["dateTime"])
    except (ValueError, TypeError) as error:
        raise invalid(f"Invalid {name} time.") from error
    if at.tzinfo is None:
        if zone is None:
            raise Refused(400, "required", f"Missing time zone definition for {name} time.")
        return at.replace(tzinfo=ZoneInfo(zone))
    return at


def zone_of(event: Mapping[str, Any]) -> ZoneInfo:
    """The zone in which a series repeats."""
    return ZoneInfo(event["start"].get("timeZone", "UTC"))


def _check_times(event: Mapping[str, Any]) -> None:
    start, end = moment(event.get("start"), "start"), moment(event.get("end"), "end")
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise invalid("Start and end times must either both be date or both be dateTime.")
    all_day = not isinstance(start, datetime)
    if end < start or (all_day and end == start):
        raise Refused(400, "timeRangeEmpty", "The specified time range is empty.")
    lines = event.get("recurrence")
    if not lines:
        return
    if not all_day and not (event["start"].get("timeZone") and event["end"].get("timeZone")):
        raise Refused(400, "required", "Missing time zone definition for start time.")
    if not isinstance(lines, list):
        raise invalid("Invalid recurrence rule.")
    for line in lines:
        _check_rule(line, all_day=all_day)
    if not any(line.startswith(("RRULE", "RDATE")) for line in lines):
        raise invalid("Invalid recurrence rule.")


def _check_rule(line: Any, *, all_day: bool) -> None:
    found = RULE_LINE.fullmatch(line) if isinstance(line, str) else None
    if found is None:
        raise invalid("Invalid recurrence rule.")
    name, parameters, value = found.groups()
    if name in ("RRULE", "EXRULE"):
        until = re.search(r"UNTIL=([^;]+)", value)
        if until and not re.fullmatch(r"\d{8}" if all_day else r"\d{8}T\d{6}Z", until[1]):
            raise invalid("Invalid recurrence rule.")
        try:
            rrulestr(value.replace("Z", ""), dtstart=datetime(2026, 1, 1))  # noqa: DTZ001 - wall time, as in the rule
        except (ValueError, KeyError, TypeError) as error:
            raise invalid("Invalid recurrence rule.") from error
        return
    shape = r"\d{8}" if all_day else r"\d{8}T\d{6}Z?"
    if ("VALUE=DATE" in parameters.split(";")) != all_day or not all(
        re.fullmatch(shape, one) for one in value.split(",")
    ):
        raise invalid("Invalid recurrence rule.")


def _check_attendees(attendees: Any) -> None:
    if not isinstance(attendees, list):
        raise invalid("Invalid attendees.")
    for attendee in attendees:
        if not isinstance(attendee, dict) or not EMAIL.fullmatch(str(attendee.get("email", ""))):
            raise invalid("Invalid attendee email.")
        if attendee.get("responseStatus", "needsAction") not in RESPONSES:
            raise invalid("Invalid attendee response status.")
        attendee.setdefault("responseStatus", "needsAction")


def _check_reminders(reminders: Any) -> None:
    overrides = reminders.get("overrides", []) if isinstance(reminders, dict) else None
    if not isinstance(overrides, list) or len(overrides) > MOST_REMINDERS:
        raise invalid("Invalid reminders.")
    if overrides and reminders.get("useDefault"):
        told = "Cannot specify both default reminders and overrides at the same time."
        raise Refused(400, "cannotUseDefaultRemindersAndSpecifyOverride", told)
    for one in overrides:
        minutes = one.get("minutes") if isinstance(one, dict) else None
        if not isinstance(minutes, int) or not 0 <= minutes <= LONGEST_REMINDER:
            raise invalid("Invalid reminder minutes.")
        if one.get("method") not in ("email", "popup"):
            raise invalid("Invalid reminder method.")


def _extended(given: Any) -> dict[str, dict[str, str]]:
    """Names that are too long are dropped without a word, values cut, as Google's page "Extended properties" says."""
    if not isinstance(given, dict):
        raise invalid("Invalid extended properties.")
    kept = {}
    for kind in ("private", "shared"):
        properties = given.get(kind) or {}
        if not isinstance(properties, dict) or not all(isinstance(value, str) for value in properties.values()):
            raise invalid("Invalid extended properties.")
        fit = {
            name: value[:LONGEST_PROPERTY] for name, value in properties.items() if len(name) <= LONGEST_PROPERTY_NAME
        }
        size = sum(len(name.encode()) + len(value.encode()) for name, value in fit.items())
        if len(fit) > MOST_PROPERTIES or size > MOST_PROPERTY_BYTES:
            raise invalid("Too many extended properties.")  # our choice
        if fit:
            kept[kind] = fit
    return kept


def starts(event: Mapping[str, Any], most: int = 1500) -> list[date | datetime]:
    """When the occurrences of a series begin, the first `most`: dates, or aware times in the zone of the series."""
    first = moment(event["start"], "start")
    zone = zone_of(event)
    wall = (
        first.astimezone(zone).replace(tzinfo=None)
        if isinstance(first, datetime)
        else datetime.combine(first, _MIDNIGHT)
    )
    lines = [_in_wall_time(line, zone) for line in event["recurrence"]]
    found = []
    for at in rrulestr("\n".join(lines), dtstart=wall, forceset=True):
        found.append(at.replace(tzinfo=zone) if isinstance(first, datetime) else at.date())
        if len(found) == most:
            break
    return found


_MIDNIGHT = datetime.min.time()


def _in_wall_time(line: str, zone: ZoneInfo) -> str:
    """A line of `recurrence` with every time of day as the clocks of `zone` show it."""
    found = RULE_LINE.fullmatch(line)
    assert found
    name, parameters, value = found.groups()
    source = re.search(r"TZID=([^;:]+)", parameters)

    def local(match: re.Match[str]) -> str:
        written = match[0]
        at = datetime.strptime(written.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - its zone is beside it
        if written.endswith("Z"):
            return f"{at.replace(tzinfo=ZoneInfo('UTC')).astimezone(zone):%Y%m%dT%H%M%S}"
        if source:
            return f"{at.replace(tzinfo=ZoneInfo(source[1])).astimezone(zone):%Y%m%dT%H%M%S}"
        return written

    return f"{name}:" + re.sub(r"\d{8}T\d{6}Z?", local, value)


def length(event: Mapping[str, Any]) -> timedelta:
    """From start to end."""
    start, end = moment(event["start"], "start"), moment(event["end"], "end")
    return end - start
