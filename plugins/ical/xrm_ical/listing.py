"""What changed in a calendar on a server: by sync tokens (RFC 6578), else by comparing the versions of all members.

Nothing is ever said to be gone because of an error: whatever fails or cannot be read raises, and a token that a server
does not like only means that everything is listed anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xrm_platform.providers import BadResponse, Change, ChangePage, NotFound, Removed, Unreadable

from .bodies import STATE, VERSIONS, sync_collection
from .cursors import Cursor, read_cursor
from .hrefs import collection_path, is_member, normal_path
from .items import CHUNK, ETAG, Items
from .multistatus import CALDAV, CALENDARSERVER, DAV, Multistatus, Response
from .webdav import WebDav, itself

BY_TOKEN, BY_VERSIONS = "token", "versions"

KIND = f"{DAV}resourcetype"
SYNC = f"{DAV}sync-collection"
TAG = f"{CALENDARSERVER}getctag"

UNANSWERED = frozenset({401, 404, 408, 410, 423, 425, 429, 502, 503, 504})
"""Statuses of a REPORT that are not about its token. All others are answers to a token that is no longer known: 403
from Radicale, 412 from Xandikos, 500 and more from others."""

MOST_ROUNDS = 1000

TRUNCATED = 507
GONE = frozenset({404, 410})


@dataclass(slots=True)
class Versions:
    """The versions of members by ref, what is gone, and the token that stands for this state."""

    token: str
    etags: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


class Listing:
    """The calendars of a server, as they change."""

    def __init__(self, dav: WebDav, items: Items) -> None:
        self._dav = dav
        self._items = items

    async def changes(self, url: str, written: str | None) -> AsyncIterator[ChangePage]:
        """The changes in the calendar at `url` since the cursor `written`, in pages."""
        token, versions = read_cursor(written, BY_TOKEN), read_cursor(written, BY_VERSIONS)
        found = None
        if token is not None:
            found = await self._since(url, token.token)
        if found is not None:
            cursor = Cursor(BY_TOKEN, found.token)
            pages = self._told(url, list(found.etags), found, cursor, complete=False)
        elif versions is not None:
            pages = self._compared(url, versions)
        else:
            pages = self._everything(url)
        async for page in pages:
            yield page

    async def _since(self, url: str, token: str) -> Versions | None:
        """What changed since `token`; None if everything has to be listed anew."""
        found = Versions(token)
        for _ in range(MOST_ROUNDS):
            answer = await self._dav.ask("REPORT", url, sync_collection(found.token), 0)
            if answer.status != 207 and answer.status not in UNANSWERED:
                return None
            told = await self._dav.read(answer)
            more = self._note(found, told, url)
            if told.sync_token is None or (more and told.sync_token == found.token):
                return None
            found.token = told.sync_token
            if not more:
                return found
        return None

    def _note(self, found: Versions, told: Multistatus, url: str) -> bool:
        """Add what one answer told to what is known; whether there is more (RFC 6578 §3.6)."""
        more = False
        for response, ref in _members(told, url):
            if ref is None:
                more = more or response.status == TRUNCATED
            elif response.status in GONE:
                found.gone.add(ref)
                found.etags.pop(ref, None)
            else:
                found.etags[ref] = response.text(ETAG) or ""
                found.gone.discard(ref)
        return more

    async def _everything(self, url: str) -> AsyncIterator[ChangePage]:
        """All there is. The token is asked for first: what changes in the meantime is told again, and nothing lost."""
        state = await self._state(url)
        etags = await self._versions(url)
        async for page in self._told(url, list(etags), Versions("", etags), _cursor(state, etags), complete=True):
            yield page

    async def _compared(self, url: str, before: Cursor) -> AsyncIterator[ChangePage]:
        """What differs from the versions of `before`, where a server has no sync tokens."""
        state = await self._state(url)
        if before.token and before.token == state.text(TAG):
            yield ChangePage((), before.written())
            return
        etags = await self._versions(url)
        changed = [ref for ref, etag in etags.items() if before.seen.get(ref) != etag or not etag]
        found = Versions("", etags, set(before.seen) - set(etags))
        emptied = before.emptied(etags)
        async for page in self._told(url, changed, found, _cursor(state, etags), complete=emptied):
            yield page

    async def _state(self, url: str) -> Response:
        state = await self._dav.own_properties(url, STATE)
        if f"{CALDAV}calendar" not in state.names(KIND):
            raise NotFound("calendar_gone")
        return state

    async def _versions(self, url: str) -> dict[str, str]:
        """The version of each member. An answer that does not name the calendar itself is not about it."""
        told, came_from = await self._dav.propfind(url, VERSIONS, 1)
        own = itself(told, came_from)
        if own is None or f"{CALDAV}calendar" not in own.names(KIND):
            raise BadResponse("not_caldav", detail="the listing is not of the calendar")
        members = list(_members(told, came_from))
        if any(response.status == TRUNCATED for response, _ in members):
            raise BadResponse("listing_cut")
        return {
            ref: response.text(ETAG) or ""
            for response, ref in members
            if ref is not None and response.status not in GONE and f"{DAV}collection" not in response.names(KIND)
        }

    async def _told(
        self, url: str, refs: Sequence[str], found: Versions, cursor: Cursor, *, complete: bool
    ) -> AsyncIterator[ChangePage]:
        """Pages with the events `refs` and what is gone; the cursor on the last."""
        pages = [refs[start : start + CHUNK] for start in range(0, len(refs), CHUNK)] or [[]]
        for number, page in enumerate(pages, start=1):
            changes = await self._page(url, page, found) if page else []
            last = number == len(pages)
            if last:
                changes += [Removed(ref) for ref in sorted(found.gone)]
            yield ChangePage(tuple(changes), cursor.written() if last else None, complete)

    async def _page(self, url: str, refs: Sequence[str], found: Versions) -> list[Change]:
        """What the listing named and cannot be had is not gone: the next listing will say so if it is."""
        read = await self._items.read(url, refs)
        return [read.get(ref) or Unreadable(ref, found.etags[ref], "not_given") for ref in refs]


def _cursor(state: Response, etags: Mapping[str, str]) -> Cursor:
    """What to go on from: the server's token where it has them, else all the versions."""
    token = state.text(f"{DAV}sync-token")
    if token is not None and SYNC in state.names(f"{DAV}supported-report-set"):
        return Cursor(BY_TOKEN, token)
    return Cursor(BY_VERSIONS, state.text(TAG) or "", etags)


def _members(told: Multistatus, url: str) -> Iterator[tuple[Response, str | None]]:
    """Each response about something right in the collection, with its ref; None for the collection itself, which some
    servers list among its members. What is deeper or elsewhere is passed over."""
    collection = collection_path(url)
    for response in told.responses:
        try:
            path = normal_path(response.href, url)
        except ValueError:
            continue
        if collection_path(path) == collection:
            yield response, None
        elif is_member(path, collection):
            yield response, path
