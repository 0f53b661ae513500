"""Taking apart a published calendar: one text with all events becomes one text for each. Pure; runs in a thread."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xrm_platform.providers import BadResponse, RemoteEvent, Unreadable

from .colors import from_server
from .ics import Component, UnreadableError, by_uid, calendars_in, essence, judged, name_of, written

HEADINGS = frozenset({"PRODID", "VERSION", "CALSCALE", "X-WR-TIMEZONE"})
"""Properties of the calendar that each event of it needs; METHOD and the name of the whole are none of them."""

OTHER_KINDS = frozenset({"VTODO", "VJOURNAL"})

_TZID = re.compile(r';TZID=("?)([^":;]+)\1', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Published:
    """A published calendar. The ref of an item is its UID, its etag what it says."""

    items: Mapping[str, RemoteEvent | Unreadable]
    name: str | None = None
    color: str | None = None
    zone: str | None = None


def read_published(body: bytes) -> Published:
    """Raises `BadResponse` for a page, for half a text, and for anything else that is not iCalendar."""
    text = decoded(body)
    if text.lstrip().startswith("<"):
        raise BadResponse("page_for_people")
    try:
        calendars = calendars_in(text)
    except UnreadableError as error:
        code = "ends_too_early" if error.reason == "ends_too_early" else "no_calendar_text"
        raise BadResponse(code, detail=text[:100]) from error
    headings = [line for line in calendars[0].lines if name_of(line) in HEADINGS]
    children = [child for calendar in calendars for child in calendar.children]
    zones = {child.value("TZID") or "": child for child in children if child.name == "VTIMEZONE"}
    items: dict[str, RemoteEvent | Unreadable] = {}
    for uid, events in by_uid(child for child in children if child.name == "VEVENT").items():
        items[uid] = _item(uid, events, headings, zones)
    for uid, others in by_uid(child for child in children if child.name in OTHER_KINDS).items():
        items.setdefault(uid, Unreadable(uid, _version(others), "no_event"))
    return Published(items, *_look(calendars))


def decoded(body: bytes) -> str:
    """UTF-8 (RFC 5545 §3.1.4), or what publishers write who know no better."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _item(
    uid: str, events: list[Component], headings: list[str], zones: Mapping[str, Component]
) -> RemoteEvent | Unreadable:
    version = _version(events)
    try:
        judged(events)
    except UnreadableError as error:
        return Unreadable(uid, version, error.reason)
    named = {name for event in events for line in event.text() for _, name in _TZID.findall(line)}
    needed = [zone for tzid, zone in zones.items() if tzid in named]
    parts = [line for component in (*needed, *events) for line in component.text()]
    return RemoteEvent(uid, version, uid, written(["BEGIN:VCALENDAR", *headings, *parts, "END:VCALENDAR"]))


def _version(events: Iterable[Component]) -> str:
    return essence(line for event in events for line in event.text())


def _look(calendars: list[Component]) -> tuple[str | None, str | None, str | None]:
    """Name, colour and zone, each by the first property that says it (RFC 7986 §5, else Apple's)."""

    def first(*names: str) -> str | None:
        values = (each.value(name) or "" for name in names for each in calendars)
        return next((value.strip() for value in values if value.strip()), None)

    name = first("NAME", "X-WR-CALNAME")
    return (
        _plain(name) if name else None,
        from_server(first("X-APPLE-CALENDAR-COLOR", "COLOR")),
        first("X-WR-TIMEZONE"),
    )


def _plain(value: str) -> str:
    r"""TEXT without its backslashes (§3.3.11)."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)
