"""What a server says about its calendars, in the contract's words. Pure."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin

from xrm_platform.providers import RemoteCalendar

from .colors import from_server
from .hrefs import collection_path
from .multistatus import APPLE, CALDAV, CALENDARSERVER, DAV, Multistatus, Response

COLOR = f"{APPLE}calendar-color"
NAME = f"{DAV}displayname"
KIND = f"{DAV}resourcetype"
COMPONENTS = f"{CALDAV}supported-calendar-component-set"
PRIVILEGES = f"{DAV}current-user-privilege-set"

NO_CALENDARS = frozenset(
    {
        f"{CALDAV}schedule-inbox",
        f"{CALDAV}schedule-outbox",
        f"{CALENDARSERVER}subscribed",
        f"{CALENDARSERVER}notification",
        "{http://nextcloud.com/ns}deleted-calendar",
        "{http://nextcloud.com/ns}trash-bin",
    }
)
"""Kinds of collections that are beside the calendars or look like them."""

WRITING = frozenset({f"{DAV}all", f"{DAV}write", f"{DAV}write-content", f"{DAV}bind"})

_ZONE = re.compile(r"^TZID(?:;[^:\r\n]*)?:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)


def calendars_told(told: Multistatus, url: str) -> dict[str, tuple[RemoteCalendar, str]]:
    """The calendars for events among what a PROPFIND of `url` told, by id, each with its address."""
    found: dict[str, tuple[RemoteCalendar, str]] = {}
    for response in told.responses:
        try:
            path = collection_path(response.href, url)
        except ValueError:
            continue
        calendar = calendar_told(response, path)
        if calendar is not None:
            found[path] = calendar, urljoin(url, path)
    return found


def calendar_told(response: Response, path: str) -> RemoteCalendar | None:
    """The calendar that a response is about, None if it is about something else. Its id is its path."""
    kinds = response.names(KIND)
    if f"{CALDAV}calendar" not in kinds or kinds & NO_CALENDARS or not _holds_events(response):
        return None
    return RemoteCalendar(
        id=path,
        name=response.text(NAME) or unquote(path.rstrip("/").rpartition("/")[2]),
        color=from_server(response.text(COLOR)),
        time_zone=_zone(response),
        writable=PRIVILEGES not in response.found or bool(response.names(PRIVILEGES) & WRITING),
    )


def _holds_events(response: Response) -> bool:
    """A server that does not say takes everything (RFC 4791 §5.2.3)."""
    element = response.found.get(COMPONENTS)
    names = [] if element is None else [(each.get("name") or "").upper() for each in element.iter(f"{CALDAV}comp")]
    return not names or "VEVENT" in names


def _zone(response: Response) -> str | None:
    found = _ZONE.search(response.text(f"{CALDAV}calendar-timezone") or "")
    return found[1].strip() if found else None
