"""Writing events to a server, so that nothing is doubled and nothing overwritten."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urljoin
from uuid import UUID, uuid5

from xrm_platform.providers import Conflict, NotFound, OutcomeUnknown, ProviderError, RemoteEvent

from .bodies import with_uid
from .exchange import Answer
from .hrefs import normal_path
from .ics import says_the_same, unfolded
from .items import Items
from .multistatus import error_names
from .outgoing import inviting_nobody, names_people, storable
from .refusals import UID_TAKEN
from .webdav import WebDav

KEYS = UUID("5d2f2f5e-5a1c-5d0e-9c55-0d6f1b0c9a11")
"""Namespace of the names that events get from their keys."""

CALENDAR_TEXT = "text/calendar; charset=utf-8"


class Target(NamedTuple):
    """A calendar: its id, under which refs are, and its address."""

    id: str
    url: str


class Writing:
    """The calendars of a server, as we change them."""

    def __init__(self, dav: WebDav, items: Items) -> None:
        self._dav = dav
        self._items = items
        self._invites: dict[str, bool] = {}

    async def create(self, calendar: Target, key: str, ical: str) -> RemoteEvent:
        """An event named after `key`, so that a second attempt meets the first (RFC 4918 §10.4.1: If-None-Match)."""
        text, uid = storable(ical)
        if names_people(text) and await self.server_invites(calendar):
            text = inviting_nobody(text)
        ref = normal_path(f"{uuid5(KEYS, key)}.ics", calendar.id)
        answer = await self._put(calendar, ref, text, {"If-None-Match": "*"})
        if answer.good:
            return await self._stored(calendar, ref, uid, text, answer)
        error = self._dav.http.error(answer, acts=True)
        if isinstance(error, Conflict) or UID_TAKEN in error_names(answer.body):
            return await self._already_there(calendar, ref, uid)
        raise error

    async def update(self, calendar: Target, event: RemoteEvent, ical: str) -> RemoteEvent:
        """Another text for `event`, if it is still the version that is known."""
        text, uid = storable(ical)
        if names_people(text) and await self.server_invites(calendar):
            text = inviting_nobody(text, unfolded(event.ical))
        answer = await self._put(calendar, event.ref, text, await self._if_still(calendar, event))
        if answer.good:
            return await self._stored(calendar, event.ref, uid, text, answer)
        error = self._dav.http.error(answer, acts=True)
        if not isinstance(error, Conflict):
            raise error
        there = await self._items.get(calendar.url, event.ref)
        if there is None:
            raise NotFound
        if says_the_same(there.ical, text):
            return await self._items.event(calendar.url, event.ref)
        raise error

    async def delete(self, calendar: Target, event: RemoteEvent) -> None:
        """Take `event` away, if it is still the version that is known. Nobody is told (RFC 6638 §8.1)."""
        headers = {**await self._if_still(calendar, event), "Schedule-Reply": "F"}
        answer = await self._dav.http.request("DELETE", urljoin(calendar.url, event.ref), None, headers, acts=True)
        if answer.good or answer.status in {404, 410}:
            return
        if answer.status != 412:
            raise self._dav.http.error(answer, acts=True)
        if await self._items.get(calendar.url, event.ref) is not None:
            raise Conflict

    async def _put(self, calendar: Target, ref: str, text: str, condition: dict[str, str]) -> Answer:
        headers = {"Content-Type": CALENDAR_TEXT, **condition}
        return await self._dav.http.request("PUT", urljoin(calendar.url, ref), text.encode(), headers, acts=True)

    async def _stored(self, calendar: Target, ref: str, uid: str, text: str, answer: Answer) -> RemoteEvent:
        """What is there after a PUT. No strong ETag means that the server changed the text (RFC 4791 §5.3.4), or does
        not tell: then it is read back. Raises `OutcomeUnknown` if that fails, for it was written."""
        etag = answer.headers.get("ETag", "")
        if is_strong(etag):
            return RemoteEvent(ref, etag, uid, text)
        try:
            return await self._items.event(calendar.url, ref)
        except ProviderError as error:
            raise OutcomeUnknown("answer_lost", detail=error.code) from error

    async def _already_there(self, calendar: Target, ref: str, uid: str) -> RemoteEvent:
        """The event that stood in the way of a new one: of an earlier attempt under the same name, or with the same UID
        under another (RFC 4791 §5.3.2.1), which is adopted. Raises `Conflict` if there is neither."""
        if await self._items.get(calendar.url, ref) is not None:
            return await self._items.event(calendar.url, ref)
        told = await self._dav.report(calendar.url, with_uid(uid), 1)
        for response in told.responses:
            found = (await self._items.read(calendar.url, [normal_path(response.href, calendar.url)])).values()
            for event in found:
                if isinstance(event, RemoteEvent) and event.uid == uid:
                    return event
        raise Conflict("uid_elsewhere")

    async def _if_still(self, calendar: Target, event: RemoteEvent) -> dict[str, str]:
        """The condition that nobody changed it. A weak version cannot be one (RFC 9110 §13.1.1): we compare it."""
        if is_strong(event.etag):
            return {"If-Match": event.etag}
        there = await self._items.read(calendar.url, [event.ref])
        if event.ref in there and there[event.ref].etag != event.etag:
            raise Conflict
        return {}

    async def server_invites(self, calendar: Target) -> bool:
        """Whether the server sends invitations to the people whom an event names (RFC 6638 §2)."""
        if calendar.id not in self._invites:
            answer = await self._dav.http.request("OPTIONS", calendar.url, acts=False)
            offered = ",".join(answer.headers.getall("DAV", [])).lower()
            self._invites[calendar.id] = "calendar-auto-schedule" in offered
        return self._invites[calendar.id]


def is_strong(etag: str) -> bool:
    """Whether `etag` can be a condition (RFC 9110 §8.8.3)."""
    return len(etag) > 2 and etag.startswith('"') and etag.endswith('"')
