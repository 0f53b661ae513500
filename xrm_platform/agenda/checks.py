"""Whether what is given can become an event: every fault at once, each with its field. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from xrm_platform.messaging.mail.addresses import mail_address
from xrm_platform.messaging.sms.numbers import mobile_number
from xrm_platform.problems import Fault, Invalid
from xrm_platform.providers import Address

from .ical.changes import Changes
from .ical.components import KINDS, MAX_REMINDERS, REMINDED, STATUSES, Item, Participant, Reminder
from .ical.rules import Rule, RuleError, followable, parse_rule
from .ical.values import Moment
from .requests import EventChanges, ReminderGiven
from .times import comes_again, in_utc, moment_of, zone_named

LINE_LIMIT = 500
TEXT_LIMIT = 100_000
MAX_PARTICIPANTS = 200
MAX_REMINDED = REMINDED // timedelta(minutes=1)

LONGEST = timedelta(days=3660)
_LIMITS = {"summary": LINE_LIMIT, "location": LINE_LIMIT, "description": TEXT_LIMIT}

Faults = dict[str, Fault | str]


def check(
    given: EventChanges, *, item: Item | None, zone: str, country: str, people: Mapping[str, Participant]
) -> Changes:
    """What to set in the event that says `item` (None: a new one). `zone` is the zone of naive times, `people` the
    collaborators that were asked for by code. Raises `Invalid` with all that is wrong."""
    faults: Faults = {}
    values: dict[str, Any] = {"texts": _texts(given, faults, new=item is None)}
    for name, allowed in (("kind", KINDS), ("status", STATUSES)):
        value = given.get(name)
        if value is not None and value not in allowed:
            faults[name] = Fault("unknown_choice", {"given": str(value)[:40], "allowed": ", ".join(allowed)})
        values[name] = value
    values["private"], values["busy"] = given.get("private"), given.get("busy")
    try:
        values |= _times(given, item, zone)
    except Invalid as invalid:
        faults |= invalid.fields
    if "recurrence" in given:
        old = None if item is None else item.start
        values |= _recurrence(given["recurrence"], values.get("start", old), faults)
    if "participants" in given:
        values["participants"] = _participants(given["participants"], people, faults)
    if "reminders" in given:
        values["reminders"] = _reminders(given["reminders"], country, faults)
    if faults:
        raise Invalid(faults)
    return Changes(**values)


def _texts(given: EventChanges, faults: Faults, *, new: bool) -> dict[str, str]:
    texts = {}
    for name, limit in _LIMITS.items():
        value = given.get(name)
        if value is None:
            continue
        text = str(value).strip()
        if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
            faults[name] = Fault("not_text")
        elif len(text) > limit:
            faults[name] = Fault("text_too_long", {"limit": limit, "length": len(text)})
        texts[name.upper()] = text
    if (new or "SUMMARY" in texts) and not texts.get("SUMMARY"):
        faults["summary"] = Fault("required")
    return texts


def _times(given: EventChanges, item: Item | None, zone: str) -> dict[str, Any]:
    """`start` and `length`, as far as they change."""
    zone_named(zone)
    old = None if item is None else item.start
    start = moment_of(given["start"], zone, "start") if "start" in given else old
    if start is None or ("start" not in given and "end" not in given and "zone" not in given):
        return {}
    if "zone" in given and "start" not in given and not start.is_date:
        start = moment_of(start.wall, zone, "zone")
    end = moment_of(given["end"], start.tzid or zone, "end") if "end" in given else None
    if not _repeats(given, item):
        start, end = _exact(given, start, end)
    values: dict[str, Any] = {}
    if old is None or start != old:
        values["start"] = start
    if end is not None:
        if end.is_date != start.is_date:
            raise Invalid.field("end", "end_of_other_kind")
        values["length"] = length = _length(start, end)
        if length < timedelta() or (start.is_date and not length):
            raise Invalid.field("end", "end_before_start")
        if length > LONGEST:
            raise Invalid.field("end", "event_too_long", days=LONGEST.days)
    elif item is None or item.start is None or item.start.is_date != start.is_date:
        values["length"] = timedelta(days=1) if start.is_date else timedelta(hours=1)
    return values


def _repeats(given: EventChanges, item: Item | None) -> bool:
    return bool(given.get("recurrence", item is not None and item.rule))


def _exact(given: EventChanges, start: Moment, end: Moment | None) -> tuple[Moment, Moment | None]:
    """Both in UTC when one of them is in the hour that comes twice, and the second is meant."""
    again = comes_again(given.get("start"), start) or (end is not None and comes_again(given.get("end"), end))
    if not again or (end is not None and end.is_date):
        return start, end
    return in_utc(start, given.get("start")), None if end is None else in_utc(end, given.get("end"))


def _length(start: Moment, end: Moment) -> timedelta:
    """By the clock on the wall. Over an hour that comes twice an end may seem to be before its start; it is not."""
    length = end.wall - start.wall
    if length < timedelta() and start.tz is not None and end.utc(start.tz) >= start.utc(start.tz):
        return end.utc(start.tz) - start.utc(start.tz)
    return length


def _recurrence(text: str | None, start: Moment | None, faults: Faults) -> dict[str, Any]:
    if not text:
        return {"rule": None, "sets_rule": True}
    if start is None:
        faults["recurrence"] = Fault("rule_without_start")
        return {}
    try:
        rule = _fitting(followable(parse_rule(text.strip().removeprefix("RRULE:"))), start)
    except RuleError as error:
        faults["recurrence"] = Fault("rule_unusable", {"part": error.part or text[:40]})
        return {}
    return {"rule": rule, "sets_rule": True}


def _fitting(rule: Rule, start: Moment) -> Rule:
    """With its UNTIL in the form that the start asks for (RFC 5545 §3.3.10)."""
    if rule.until is None:
        return rule
    if start.is_date:
        return rule.with_part("UNTIL", rule.until.strftime("%Y%m%d"))
    if rule.until_utc or start.tz is None:
        return rule
    instant = start.at(rule.until).utc(start.tz)
    return rule.with_part("UNTIL", instant.strftime("%Y%m%dT%H%M%SZ"))


def _participants(given: tuple[str, ...], people: Mapping[str, Participant], faults: Faults) -> tuple[Participant, ...]:
    if len(given) > MAX_PARTICIPANTS:
        faults["participants"] = Fault("too_many_participants", {"limit": MAX_PARTICIPANTS})
        return ()
    found: dict[str, Participant] = {}
    for index, written in enumerate(given):
        if "@" not in written:
            participant = people.get(written)
            if participant is None:
                faults[f"participants.{index}"] = Fault("unknown_collaborator", {"collaborator": written[:40]})
                continue
            found[participant.email.lower() or participant.collaborator] = participant
            continue
        address = mail_address(written)
        if isinstance(address, Address):
            found.setdefault(address.email.lower(), Participant(address.email, address.name))
        else:
            faults[f"participants.{index}"] = address
    return tuple(found.values())


def _reminders(given: tuple[ReminderGiven, ...], country: str, faults: Faults) -> tuple[Reminder, ...]:
    if len(given) > MAX_REMINDERS:
        faults["reminders"] = Fault("too_many_reminders", {"limit": MAX_REMINDERS})
    reminders: dict[Reminder, None] = {}
    for index, one in enumerate(given[:MAX_REMINDERS]):
        field = f"reminders.{index}"
        if not 0 <= one.minutes <= MAX_REMINDED:
            faults[f"{field}.minutes"] = Fault("reminder_out_of_range", {"limit": MAX_REMINDED})
        for name, value, allowed in (("channel", one.channel, ("mail", "sms")), ("to", one.to, ("owner", "contact"))):
            if value not in allowed:
                faults[f"{field}.{name}"] = Fault(
                    "unknown_choice", {"given": value[:40], "allowed": ", ".join(allowed)}
                )
        address = _address(one, country)
        if isinstance(address, Fault):
            faults[f"{field}.address"] = address
        else:
            reminders[Reminder(timedelta(minutes=one.minutes), one.channel, one.to, address)] = None
    return tuple(reminders)


def _address(one: ReminderGiven, country: str) -> str | Fault:
    """Where a reminder of the contact goes; empty for the owner, and for the participants of the event."""
    if one.to != "contact":
        return "" if not one.address else Fault("reminder_address_of_owner")
    if one.channel == "sms":
        return mobile_number(one.address or "", country)
    if not one.address:
        return ""
    address = mail_address(one.address)
    return address if isinstance(address, Fault) else address.email
