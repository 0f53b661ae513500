"""An item of Google's as a VEVENT, and a series with its exceptions as one VCALENDAR."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from icalendar import Event

from xrm_platform.providers import BadResponse, RemoteEvent, Unreadable

from . import kept, people, times, zones
from .fields import CANCELLED_AT, GROUPS, Fields, Item
from .times import Span

FLOATING = "xrm.floating"
"""Private property: the times of the event name no zone; the one that was chosen for it is its value."""

HEAD = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//XRM Platform//Google Calendar//EN\r\n"
UNREADABLE = (BadResponse, ValueError, TypeError, KeyError, AttributeError, ArithmeticError)
"""What reading an item may raise when it is not what Google's documentation says."""

OF_A_SERIES = (
    "summary",
    "description",
    "location",
    "status",
    "transparency",
    "visibility",
    "colorId",
    "attendees",
    "reminders",
    "extendedProperties",
    "conferenceData",
    "hangoutLink",
)
"""What an exception has in common with its series when nothing but its id sets it apart."""


def told(master: Item, exceptions: Sequence[Item] = ()) -> RemoteEvent | Unreadable:
    """The event as the platform knows it, or why it cannot be read."""
    try:
        return remote_event(master, exceptions)
    except UNREADABLE as error:
        reason = error.code if isinstance(error, BadResponse) else "event_not_understood"
        return Unreadable(str(master["id"]), etag_of(master, exceptions), reason)


def remote_event(master: Item, exceptions: Sequence[Item] = ()) -> RemoteEvent:
    """A series, or an event that does not repeat. Raises one of `UNREADABLE`."""
    uid = str(master.get("iCalUID") or f"{master['id']}@google.com")
    span = span_of_item(master)
    cancelled = [_original(one) for one in exceptions if one.get("status") == "cancelled"]
    events = [event_of({**master, CANCELLED_AT: cancelled}, span, uid)]
    spans = [span]
    for one in sorted(exceptions, key=lambda one: str(one["id"])):
        if one.get("status") == "cancelled" or _is_like(one, master, span):
            continue
        its_span = span_of_item(one)
        override = event_of({**one, "recurrence": None}, its_span, uid)
        override.add("RECURRENCE-ID", span.written(span.like_it(_original(one))))
        events.append(override)
        spans.append(its_span)
    body = b"".join((HEAD, *_definitions(spans), *(event.to_ical() for event in events), b"END:VCALENDAR\r\n"))
    return RemoteEvent(ref=str(master["id"]), etag=etag_of(master, exceptions), uid=uid, ical=body.decode())


def etag_of(master: Item, exceptions: Sequence[Item]) -> str:
    """The version of a series is that of all its items; Google versions each by itself."""
    etag = str(master.get("etag", ""))
    if not exceptions:
        return etag
    versions = sorted(f"{one.get('id')} {one.get('etag')}" for one in exceptions)
    return f"{etag}+{hashlib.sha256(' '.join(versions).encode()).hexdigest()[:20]}"


def span_of_item(item: Item) -> Span:
    """When an item is. Raises `BadResponse`."""
    if not isinstance(item.get("start"), Mapping) or not isinstance(item.get("end"), Mapping):
        raise BadResponse("time_not_understood")
    start, zone = times.from_google(item["start"])
    end, end_zone = times.from_google(item["end"])
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise BadResponse("time_not_understood")
    private = (item.get("extendedProperties") or {}).get("private") or {}
    return Span(start, end, zone, end_zone, floating=private.get(FLOATING) == zone and isinstance(start, datetime))


def event_of(item: Item, span: Span, uid: str) -> Event:
    """One VEVENT: what Google says, in the words that were kept where they still say the same."""
    event = Event()
    event.add("UID", uid)
    for name, field in (("DTSTAMP", "updated"), ("CREATED", "created"), ("LAST-MODIFIED", "updated")):
        if item.get(field):
            event.add(name, datetime.fromisoformat(str(item[field])))
    if item.get("sequence"):
        event.add("SEQUENCE", int(item["sequence"]))
    kept_event = kept.unpacked(item)
    plain = Event()
    for group in GROUPS:
        group.read(item, plain, span)
    people.organizer_from_google(item, plain)
    _take(event, _with_kept(plain, kept_event, span, organizer_is_ours=_is_ours(item)))
    _tell_what_is_only_there(item, event)
    return event


def plain_event(fields: Fields, span: Span) -> Event:
    """What comes back of `fields` when nothing is kept beside them."""
    event = Event()
    for group in GROUPS:
        group.read(fields, event, span)
    return event


def _with_kept(plain: Event, kept_event: Event | None, span: Span, *, organizer_is_ours: bool) -> Event:
    """`plain` with every kept property that still says the same, and with those that Google has no word for."""
    if kept_event is None:
        return plain
    for group in GROUPS:
        if group.exact or not kept.lines_of_group(kept_event, group):
            continue
        if group.write(kept_event, span) == group.write(plain, span):
            _replace(plain, kept_event, group.names)
    others = [name for name in kept_event if name not in kept.MAPPED]
    if "ORGANIZER" in others and not organizer_is_ours:
        others.remove("ORGANIZER")
    _replace(plain, kept_event, others)
    plain.subcomponents += [part for part in kept_event.subcomponents if part.name != "VALARM"]
    return plain


def _replace(event: Event, by: Event, names: Iterable[str]) -> None:
    for name in names:
        event.pop(name, None)
        if name in by:
            event[name] = by[name]
        if name == "VALARM":
            event.subcomponents = [part for part in event.subcomponents if part.name != "VALARM"]
            event.subcomponents += [part for part in by.subcomponents if part.name == "VALARM"]


def _take(event: Event, other: Event) -> None:
    for name, value in other.items():
        event[name] = value
    event.subcomponents += other.subcomponents


def _is_ours(item: Item) -> bool:
    return bool((item.get("organizer") or {}).get("self", True))


def _tell_what_is_only_there(item: Item, event: Event) -> None:
    """Things that a person may want to see and that stay at Google's whatever is changed here."""
    points = (item.get("conferenceData") or {}).get("entryPoints") or []
    links = [str(point["uri"]) for point in points if point.get("entryPointType") == "video" and point.get("uri")]
    for link in links or filter(None, [item.get("hangoutLink")]):
        event.add("X-GOOGLE-CONFERENCE", str(link))
    for attachment in item.get("attachments") or []:
        if attachment.get("fileUrl"):
            event.add("X-GOOGLE-ATTACHMENT", str(attachment["fileUrl"]))
    if item.get("eventType", "default") != "default":
        event.add("X-GOOGLE-EVENT-TYPE", str(item["eventType"]))


def _is_like(exception: Item, master: Item, span: Span) -> bool:
    """Whether an exception says nothing that its series does not say."""
    at, end = times.from_google(exception["start"])[0], times.from_google(exception["end"])[0]
    as_planned = at == _original(exception) and end - at == span.end - span.start
    return as_planned and all(exception.get(name) == master.get(name) for name in OF_A_SERIES)


def _original(exception: Item) -> date:
    original = exception.get("originalStartTime")
    if not isinstance(original, Mapping):
        raise BadResponse("time_not_understood")
    return times.from_google(original)[0]


def _definitions(spans: Sequence[Span]) -> list[bytes]:
    used = {name for span in spans if not span.all_day and not span.floating for name in (span.zone, span.end_zone)}
    return [zones.definition(name) for name in sorted(used - {"UTC"})]
