"""Read a mailbox: what is new in it, in pages, each mail in a transaction of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime

import structlog

from xrm_platform.jobs import Wake
from xrm_platform.messaging.files import Files
from xrm_platform.messaging.resting import Resting
from xrm_platform.messaging.sources import Source
from xrm_platform.providers import (
    AccountError,
    BadResponse,
    Capability,
    InboundMail,
    MailEntry,
    MailListing,
    ProviderError,
)
from xrm_platform.registry import DriverClosed, Notices
from xrm_platform.store import Store

from . import queries
from .calendars import READ_CALENDARS
from .reading import MAX_BYTES, ReadMail, read_mail
from .receiving import note_too_large, receive_mail
from .telling import Telling
from .watching import Watching

PAGE = 20
PAGE_BYTES = 16 * 1024 * 1024
LARGE = 4 * 1024 * 1024
"""Octets of a mail that is taken apart alone: it takes up to ten times as much memory meanwhile."""

RUN = 200
"""Mails that one run reads; a mailbox with more is gone on with by the next."""

log = structlog.get_logger("xrm.messaging")


class MailPolling:
    def __init__(
        self,
        store: Store,
        files: Files,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
        watching: Watching,
        telling: Telling,
        resting: Resting,
    ) -> None:
        self._store = store
        self._files = files
        self._notices = notices
        self._wake = wake
        self._now = now
        self._watching = watching
        self._telling = telling
        self._resting = resting
        self._large = asyncio.Lock()
        self._stuck: dict[str, dict[str, int]] = {}
        """By account, the keys of mails that could not be loaded, with how often that was tried."""

    async def ask(self, source: Source) -> None:
        """Read what is new in the mailbox of `source`. Raises the `ProviderError` that stood in the way."""
        account = source.account
        if Capability.INBOUND not in source.driver.descriptor.capabilities:
            return
        try:
            await self._ask(source)
        except AccountError:
            self._resting.begin(account)
            raise
        except Exception:
            self._watching.missed(source)
            raise

    def rests(self, source: Source) -> bool:
        """Whether the mailbox is to be left alone."""
        return self._resting.rests(source.account)

    async def _ask(self, source: Source) -> None:
        base_id, account_id = source.account.base_id, source.account.id
        async with self._store.read() as session:
            cursor = await queries.cursor(session, base_id=base_id, account_id=account_id)
        listing: MailListing = await source.driver.call("inbox", lambda driver: driver.inbox(cursor))
        if not isinstance(listing, MailListing):
            raise BadResponse("listing_not_understood")
        keys = [entry.key for entry in listing.entries]
        async with self._store.read() as session:
            known = await queries.known_keys(session, base_id=base_id, account_id=account_id, keys=keys)
        stuck = self._stuck.get(account_id, {})
        new = [entry for entry in listing.entries if entry.key not in known]
        new.sort(key=lambda entry: stuck.get(entry.key, 0))  # those that are stuck are in nobody's way
        failed = await self._take_all(source, new[:RUN])
        tried = {**stuck, **{key: stuck.get(key, 0) + 1 for key in failed}}
        self._stuck[account_id] = {entry.key: tried[entry.key] for entry in new if entry.key in tried}
        if failed:
            if failed.keys() <= stuck.keys():  # everything else is here
                self._watching.looked(source, listing.cursor, found=len(new) > len(stuck))
            raise next(iter(failed.values()))
        if len(new) > RUN:
            self._wake(f"inbox {account_id}")
            return
        if listing.cursor != cursor:
            async with self._store.write() as session:
                await queries.put_cursor(session, base_id=base_id, account_id=account_id, cursor=listing.cursor)
        self._watching.looked(source, listing.cursor, found=bool(new))

    async def _take_all(self, source: Source, entries: Sequence[MailEntry]) -> dict[str, ProviderError]:
        """Why mails could not be loaded, by their keys. One that cannot be stops none of those after it; a second one
        does, for it may be the server."""
        failed: dict[str, ProviderError] = {}
        for page in pages([entry for entry in entries if entry.size <= MAX_BYTES]):
            failed |= await self._take_page(source, page)
            if len(failed) > 1:
                break
        for entry in entries:
            if entry.size > MAX_BYTES:
                await self._name(source, entry)
        return failed

    async def _take_page(self, source: Source, page: Sequence[MailEntry]) -> dict[str, ProviderError]:
        """The same for a page, whose mails are loaded one by one when they cannot be at once."""
        try:
            await self._take(source, page)
        except (AccountError, DriverClosed):
            raise
        except ProviderError as error:
            if len(page) == 1:
                return {page[0].key: error}
            failed: dict[str, ProviderError] = {}
            for entry in page:
                failed |= await self._take_page(source, [entry])
                if len(failed) > 1:
                    break
            return failed
        return {}

    async def _take(self, source: Source, page: Sequence[MailEntry]) -> None:
        keys = [entry.key for entry in page]
        mails: Sequence[InboundMail] = await source.driver.call("fetch", lambda driver: driver.fetch(keys, MAX_BYTES))
        entries = {entry.key: entry for entry in page}
        for mail in mails:
            if not isinstance(mail, InboundMail) or mail.key not in entries:
                raise BadResponse("listing_not_understood")
            if mail.content is None or len(mail.content) > MAX_BYTES:
                await self._name(source, entries[mail.key])
            else:
                await self._write(source, entries[mail.key], await self._read(mail.content))

    async def _read(self, octets: bytes) -> ReadMail:
        async with self._large if len(octets) > LARGE else nullcontext():
            return await asyncio.to_thread(read_mail, octets)

    async def _write(self, source: Source, entry: MailEntry, mail: ReadMail) -> None:
        stored = [await self._files.put(file.content) for file in mail.files]
        async with self._store.write() as session:
            received = await receive_mail(session, source.account, entry, mail, stored, self._now())
        if received is None:
            return
        self._notices.post(source.base_code, "inbound", [(received.inbound_id, "received")])
        self._notices.post(source.base_code, "message", received.changed)
        if received.came_back is not None:
            await self._telling.tell(source.account, received.came_back, key=f"came back:{received.inbound_id}")
        if mail.calendar is not None:
            self._wake(READ_CALENDARS)

    async def _name(self, source: Source, entry: MailEntry) -> None:
        async with self._store.write() as session:
            inbound_id = await note_too_large(session, source.account, entry, self._now())
        if inbound_id is not None:
            self._notices.post(source.base_code, "inbound", [(inbound_id, "received")])


def pages(entries: Sequence[MailEntry]) -> Iterator[list[MailEntry]]:
    """In their order; what is large is alone."""
    page: list[MailEntry] = []
    for entry in entries:
        if page and (len(page) == PAGE or sum(one.size for one in page) + entry.size > PAGE_BYTES):
            yield page
            page = []
        page.append(entry)
    if page:
        yield page
