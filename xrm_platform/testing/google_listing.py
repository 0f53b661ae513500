"""Listing events as Google does: pages, sync tokens, and the parameters that do not go together."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from .google_calendars import GoogleCalendar, shown
from .google_event_rules import moment
from .google_refusals import Refused, invalid

NOT_WITH_A_SYNC_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "sharedExtendedProperty",
    "q",
    "timeMin",
    "timeMax",
    "updatedMin",
)
FILTERS = frozenset(NOT_WITH_A_SYNC_TOKEN) - {"orderBy"}
DEFAULT_PAGE, LARGEST_PAGE = 250, 2500


@dataclass(frozen=True, slots=True)
class Listing:
    """What is left of a listing that was begun: it shows the calendar as it was then."""

    calendar: str
    ids: tuple[str, ...]
    sync_token: str | None


class Listings:
    """Listings under way. `page` is the most items of a page, whatever is asked for."""

    def __init__(self) -> None:
        self.page = LARGEST_PAGE
        self._begun: dict[str, Listing] = {}

    def list(self, calendar: GoogleCalendar, query: Mapping[str, str]) -> dict[str, Any]:
        """One page: `nextPageToken` on all pages but the last, `nextSyncToken` on the last alone."""
        if query.get("singleEvents", "false") != "false":
            raise Refused(501, "notImplemented", "This stand-in does not expand series.")
        size = _size(query, self.page)
        listing = self._continued(calendar, query) if "pageToken" in query else _begin(calendar, query)
        items = [shown(calendar.events[id_]) for id_ in listing.ids[:size] if id_ in calendar.events]
        answer: dict[str, Any] = {
            "kind": "calendar#events",
            "etag": calendar.etag,
            "summary": calendar.summary,
            "timeZone": calendar.time_zone,
            "accessRole": calendar.access_role,
            "items": items,
        }
        if len(listing.ids) > size:
            token = token_urlsafe(18)
            self._begun[token] = Listing(calendar.id, listing.ids[size:], listing.sync_token)
            return {**answer, "nextPageToken": token}
        return {**answer, "nextSyncToken": listing.sync_token} if listing.sync_token else answer

    def _continued(self, calendar: GoogleCalendar, query: Mapping[str, str]) -> Listing:
        listing = self._begun.get(query["pageToken"])
        if listing is None or listing.calendar != calendar.id:
            raise invalid("Invalid page token value.")
        return listing


def _size(query: Mapping[str, str], largest: int) -> int:
    asked = query.get("maxResults", str(DEFAULT_PAGE))
    if not asked.isdecimal() or int(asked) < 1:
        raise invalid(f"Invalid integer value: '{asked}'.")
    return min(int(asked), LARGEST_PAGE, largest)


def _begin(calendar: GoogleCalendar, query: Mapping[str, str]) -> Listing:
    if "orderBy" in query and query["orderBy"] != "updated":
        raise invalid("The requested ordering is not available for the particular query.")
    if "syncToken" in query:
        return _incremental(calendar, query)
    with_deleted = query.get("showDeleted") == "true"
    ids = [id_ for id_, event in calendar.events.items() if _listed(calendar, event, query, with_deleted=with_deleted)]
    filtered = FILTERS & query.keys()
    return Listing(calendar.id, tuple(ids), None if filtered else _token(calendar))


def _incremental(calendar: GoogleCalendar, query: Mapping[str, str]) -> Listing:
    clash = [name for name in NOT_WITH_A_SYNC_TOKEN if name in query]
    if clash or query.get("showDeleted") == "false":
        raise Refused(400, "invalid", f"Sync token cannot be combined with {', '.join(clash) or 'showDeleted=false'}.")
    since = _revision(calendar, query["syncToken"])
    changed = sorted((revision, id_) for id_, revision in calendar.changed_in.items() if revision > since)
    return Listing(calendar.id, tuple(id_ for _, id_ in changed), _token(calendar))


def _token(calendar: GoogleCalendar) -> str:
    told = json.dumps([calendar.id, calendar.epoch, calendar.revision]).encode()
    return base64.urlsafe_b64encode(told).decode()


def _revision(calendar: GoogleCalendar, token: str) -> int:
    try:
        id_, epoch, revision = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError) as error:
        raise Refused(400, "invalid", "Invalid sync token value.") from error
    if (id_, epoch) != (calendar.id, calendar.epoch):
        raise Refused(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
    return int(revision)


def _listed(
    calendar: GoogleCalendar, event: Mapping[str, Any], query: Mapping[str, str], *, with_deleted: bool
) -> bool:
    """Cancelled exceptions are listed as long as their series lives; other cancelled events only if asked for."""
    if event["status"] == "cancelled" and not with_deleted and "recurringEventId" not in event:
        return False
    if "iCalUID" in query and _uid(calendar, event) != query["iCalUID"]:
        return False
    if "q" in query and query["q"].lower() not in str(event.get("summary", "")).lower():
        return False
    if not _has(event, "private", _all(query, "privateExtendedProperty")):
        return False
    if not _has(event, "shared", _all(query, "sharedExtendedProperty")):
        return False
    return _in_time(event, query)


def _uid(calendar: GoogleCalendar, event: Mapping[str, Any]) -> Any:
    return event.get("iCalUID") or calendar.events.get(event.get("recurringEventId", ""), {}).get("iCalUID")


def _all(query: Mapping[str, str], name: str) -> Sequence[str]:
    getall = getattr(query, "getall", None)
    return getall(name, []) if getall else [query[name]] if name in query else []


def _has(event: Mapping[str, Any], kind: str, wanted: Sequence[str]) -> bool:
    properties = event.get("extendedProperties", {}).get(kind, {})
    pairs = [one.partition("=") for one in wanted]
    return not pairs or any(properties.get(name) == value for name, _, value in pairs)


def _in_time(event: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    """Events that end after `timeMin` and begin before `timeMax`; series are listed if they begin in time."""
    earliest, latest = _bound(query, "timeMin"), _bound(query, "timeMax")
    changed_since = _bound(query, "updatedMin")
    if changed_since and datetime.fromisoformat(event["updated"]) < changed_since:
        return False
    if not (earliest or latest) or "start" not in event:
        return True
    begins, ends = _instant(event["start"]), _instant(event["end"])
    return not (earliest and "recurrence" not in event and ends <= earliest) and not (latest and begins >= latest)


def _bound(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    at = moment({"dateTime": query[name]}, name)
    assert isinstance(at, datetime)
    return at


def _instant(time: Mapping[str, Any]) -> datetime:
    at = moment(time, "start")
    return at if isinstance(at, datetime) else datetime.fromisoformat(f"{at}T00:00:00+00:00")
