"""Writing events so that an attempt whose answer was lost is recognised and nothing else is touched.

A new event has an id that follows from its key; a change names the version that it changes and says only what differs.
Nobody is ever told by mail: `sendUpdates=none`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from typing import Any

from xrm_platform.providers import Conflict, NotFound, RemoteEvent, Unsupported

from . import documents, family, reading, times
from .client import GoogleClient
from .documents import Said, Series, said_by, to_insert, to_patch, to_replace
from .family import Family, Item, is_gone, original, repeats
from .refusals import Duplicate, Stale

SILENT = {"sendUpdates": "none"}


def event_id(key: str) -> str:
    """The id of the event of `key`: Google takes 5 to 1,024 of a-v and 0-9, which hexadecimal digits are."""
    return hashlib.sha256(f"xrm-google-calendar:{key}".encode()).hexdigest()[:52]


class Writer:
    """Writes to one calendar. `zone` is that of times which name none."""

    def __init__(self, client: GoogleClient, calendar: str, zone: str) -> None:
        self._client = client
        self._calendar = calendar
        self._zone = zone

    async def series(self, document: documents.Document) -> Series:
        """What Google is to say of the event. Raises `Unsupported`."""
        return await asyncio.to_thread(documents.series_of, document, self._zone)

    async def create(self, key: str, series: Series) -> RemoteEvent:
        """A new event; that of an earlier attempt as it is by now. Raises `Conflict` when that was deleted since."""
        _check_not_cancelled(series)
        ref = event_id(key)
        body = {"id": ref, **to_insert(series.master)}
        try:
            made = await self._client.write("POST", *self._path(), body=body, query=SILENT)
        except Duplicate:
            return await self._adopt(ref)
        lost = series.master.lost + await self._override_all(ref, series, list(series.overrides))
        found = Family(made) if not series.overrides else await self._fetch(ref)
        return found.event(lost)

    async def _adopt(self, ref: str) -> RemoteEvent:
        try:
            return (await self._fetch(ref)).event()
        except NotFound as error:
            raise Conflict("deleted_meanwhile") from error

    async def update(self, event: RemoteEvent, before: Series, after: Series) -> RemoteEvent:
        """`event` changed from `before` to `after`. Raises `Conflict`, unless it says `after` already."""
        _check_not_cancelled(after)
        if before.repeats:
            return await self._update_series(event, before, after)
        patch = to_patch(before.master, after.master)
        if not patch and not after.overrides:
            return await self._unchanged(event, after)
        try:
            master = await self._patch(event.ref, patch, event.etag) if patch else None
        except Stale:
            return await self._already(event.ref, after)
        lost = _newly_lost(before, after) + await self._override_all(event.ref, after, list(after.overrides))
        found = Family(master) if master and not repeats(master) else await self._fetch(event.ref)
        return found.event(lost)

    async def _update_series(self, event: RemoteEvent, before: Series, after: Series) -> RemoteEvent:
        found = await self._fetch(event.ref)
        if found.etag != event.etag:
            return await self._already(event.ref, after, found)
        patch = to_patch(before.master, after.master)
        if patch:
            try:
                master = await self._patch(event.ref, patch, str(found.master["etag"]))
            except Stale as error:
                raise Conflict from error
            found = Family(master, found.exceptions) if repeats(master) else Family(master)
        lost = _newly_lost(before, after)
        if repeats(found.master):
            lost += await self._change_occurrences(event.ref, before, after)
            untold = [one for one in found.exceptions if not is_gone(one) and original(one) not in after.overrides]
            await self._plan_again(found.master, untold, after)
            await self._restore(event.ref, (before.cancelled - after.cancelled) - after.overrides.keys())
        if patch or not before.same_as(after):
            found = await self._fetch(event.ref)
        return found.event(lost)

    async def _change_occurrences(self, ref: str, before: Series, after: Series) -> tuple[str, ...]:
        """Bring the occurrences of which `after` tells to what it says of them."""
        changed = [
            at
            for at, override in after.overrides.items()
            if at not in before.overrides or not before.overrides[at].said.same_as(override.said)
        ]
        return await self._override_all(ref, after, changed)

    async def _override_all(self, ref: str, series: Series, which: Iterable[str]) -> tuple[str, ...]:
        """Say of each occurrence what `series` says; what the series does not hold cannot be said."""
        lost: tuple[str, ...] = ()
        for at in which:
            override = series.overrides[at]
            item = await family.occurrence(self._client, self._calendar, ref, override.at)
            if item is None:
                lost += (f"RECURRENCE-ID:{at}",)
                continue
            lost += override.said.lost
            await self._say(item, override.said)
        return lost

    async def _say(self, item: Item, said: Said) -> None:
        """Bring one occurrence to what `said` says; one that was cancelled comes back."""
        patch = to_replace(said) if is_gone(item) else to_patch(said_by(item), said)
        patch.pop("recurrence", None)
        if patch:
            await self._patch_or_conflict(str(item["id"]), patch, str(item["etag"]))

    async def _plan_again(self, master: Item, exceptions: Iterable[Item], after: Series) -> None:
        """Bring exceptions of which `after` tells nothing to what `master` says, or cancel them.

        An exception cannot be taken back at Google's, and one like its series does not follow when that changes.
        """
        for exception in exceptions:
            began, _ = times.from_google(exception["originalStartTime"])
            item = await family.occurrence(self._client, self._calendar, str(master["id"]), began)
            if item is None or is_gone(item):
                continue
            if original(item) in after.cancelled:
                await self._delete(str(item["id"]), str(item["etag"]))
            else:
                await self._say(item, _as_planned(master, item))

    async def _restore(self, ref: str, cancelled: Iterable[str]) -> None:
        """Occurrences that were cancelled one by one take place again."""
        wanted = set(cancelled)
        if not wanted:
            return
        found = await self._fetch(ref)
        for at in sorted(wanted):
            item = found.exception(at)
            if item is not None and is_gone(item):
                await self._say(item, _as_planned(found.master, item))

    async def delete(self, event: RemoteEvent) -> None:
        """Delete the event. Raises `Conflict` when it changed since."""
        etag = event.etag
        if "+" in etag:
            try:
                found = await self._fetch(event.ref)
            except NotFound:
                return
            if found.etag != etag:
                raise Conflict
            etag = str(found.master["etag"])
        await self._delete(event.ref, etag)

    async def _delete(self, ref: str, etag: str) -> None:
        try:
            await self._client.write("DELETE", *self._path(ref), etag=etag, query=SILENT)
        except NotFound:
            return
        except Stale as error:
            if not await self._is_gone(ref):
                raise Conflict from error

    async def _is_gone(self, ref: str) -> bool:
        """Google may answer 412 for an event that was deleted: its tombstone has a version of its own."""
        try:
            return is_gone(await self._client.get(*self._path(ref)))
        except NotFound:
            return True

    async def _unchanged(self, event: RemoteEvent, after: Series) -> RemoteEvent:
        found = await self._fetch(event.ref)
        return found.event() if found.etag == event.etag else await self._already(event.ref, after, found)

    async def _already(self, ref: str, after: Series, found: Family | None = None) -> RemoteEvent:
        """The event if it says `after` by now: an earlier attempt whose answer was lost. Raises `Conflict` if not."""
        event = (found or await self._fetch(ref)).event()
        now = await self.series(documents.read(event.ical))
        if not now.same_as(after) or now.cancelled != after.cancelled:
            raise Conflict
        return event

    async def _fetch(self, ref: str) -> Family:
        return await family.fetch(self._client, self._calendar, ref)

    async def _patch(self, ref: str, patch: dict[str, Any], etag: str) -> Item:
        item = await self._client.write("PATCH", *self._path(ref), body=patch, etag=etag, query=SILENT)
        if is_gone(item) and patch.get("status") != "cancelled":
            raise NotFound
        return item

    async def _patch_or_conflict(self, ref: str, patch: dict[str, Any], etag: str) -> Item:
        try:
            return await self._patch(ref, patch, etag)
        except Stale as error:
            raise Conflict from error

    def _path(self, *rest: str) -> tuple[str, ...]:
        return ("calendars", self._calendar, "events", *rest)


def _check_not_cancelled(series: Series) -> None:
    """An event of status `cancelled` is a deleted one at Google's: whoever wants that calls `delete`."""
    if series.master.fields["status"] == "cancelled":
        raise Unsupported("cancelled_event")


def _newly_lost(before: Series, after: Series) -> tuple[str, ...]:
    return tuple(name for name in after.master.lost if name not in before.master.lost)


def _as_planned(master: Item, exception: Item) -> Said:
    """What the occurrence of `exception` would say if it were like its series."""
    span = reading.span_of_item(master)
    began, _ = times.from_google(exception["originalStartTime"])
    at = span.like_it(began)
    start, end = times.to_google(at, span.zone), times.to_google(at + (span.end - span.start), span.end_zone)
    return said_by({**master, "recurrence": None, "start": start, "end": end})
