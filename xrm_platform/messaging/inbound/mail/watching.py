"""Wait for mail at mailboxes that tell when something comes in, so that it is here within seconds.

What a mailbox tells is only a reason to look: the job `inbox` does that, as it does every few minutes anyway. Whoever
looked begins to wait, from there on; so a mail that comes between is told of at once. Nothing is stored of it: a
process that works waits for itself, at most once at each mailbox.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import structlog

from xrm_platform.jobs import Wake
from xrm_platform.messaging.sources import Source
from xrm_platform.providers import AccountError, BadResponse, Capability, News, ProviderError
from xrm_platform.registry import DriverClosed

WAIT = 28 * 60.0
"""Seconds that one waiting lasts: a server may take a client for gone that said nothing for 30 minutes (RFC 2177)."""

MOST = 200
"""Mailboxes that are waited for; those beyond are looked at every few minutes. Each is an open connection."""

BACK_OFF = (0.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds of rest after so many waits in a row that came to nothing: a lost connection, or news of no mail."""

STEADY = 60.0
"""Seconds after which a wait that ends badly is none of a row: servers end connections now and then."""

log = structlog.get_logger("xrm.messaging")


@dataclass(slots=True)
class _Watch:
    """`cursor` is from where the mailbox was last looked at. With `rests` it could not be: that is tried again after a
    rest."""

    rev: int
    cursor: str | None
    rests: bool
    task: asyncio.Task[None] = field(init=False)


class Watching:
    def __init__(self, wake: Wake) -> None:
        self._wake = wake
        self._watches: dict[str, _Watch] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._in_vain: dict[str, int] = {}
        self._missed: dict[str, int] = {}
        """By account, how often in a row it could not be looked at."""
        self._untold: dict[str, int] = {}
        """By account, at which revision of its settings its mailbox said that it does not tell."""
        self._on = False

    def start(self) -> None:
        """From now on this process waits."""
        self._on = True

    async def stop(self) -> None:
        """Wait no more; what is open is closed when this returns."""
        self._on = False
        for account_id in tuple(self._watches):
            self.end(account_id)
        while self._ending:
            await asyncio.wait(self._ending)

    def watched(self) -> frozenset[str]:
        """The accounts that are waited for."""
        return frozenset(account_id for account_id, watch in self._watches.items() if not watch.rests)

    def looked(self, source: Source, cursor: str | None, *, found: bool) -> None:
        """The mailbox was looked at, up to `cursor`; `found` says that something had come."""
        account_id, rev = source.account.id, source.account.rev
        self._missed.pop(account_id, None)
        if found:
            self._in_vain.pop(account_id, None)
        watch = self._watches.get(account_id)
        if watch is not None and watch.rev == rev and not watch.rests:
            watch.cursor = cursor
            return
        self._begin(source, cursor, rests=False)

    def missed(self, source: Source) -> None:
        """The mailbox could not be looked at. Where nobody waits, it is looked at again before long, for what it tells
        is told once; when that failed often enough, not before its turn comes."""
        account_id = source.account.id
        watch = self._watches.get(account_id)
        if watch is not None and watch.rev == source.account.rev:
            return
        missed = self._missed[account_id] = self._missed.get(account_id, 0) + 1
        if missed < len(BACK_OFF) - 1:
            self._begin(source, None, rests=True)

    def _begin(self, source: Source, cursor: str | None, *, rests: bool) -> None:
        account_id, rev = source.account.id, source.account.rev
        self.end(account_id)
        if not self._on or Capability.NEWS not in source.driver.descriptor.capabilities:
            return
        if self._untold.get(account_id) == rev:
            return
        if len(self._watches) >= MOST:
            log.warning("mailbox is not waited for", account=account_id, most=MOST)
            return
        watch = self._watches[account_id] = _Watch(rev, cursor, rests)
        watch.task = asyncio.create_task(self._watch(source, watch), name=f"watch {account_id}")

    def end(self, account_id: str) -> None:
        """Nothing is to be done for the account."""
        watch = self._watches.pop(account_id, None)
        if watch is not None:
            watch.task.cancel()
            self._ending.add(watch.task)
            watch.task.add_done_callback(self._ending.discard)

    async def _watch(self, source: Source, watch: _Watch) -> None:
        account_id = source.account.id
        look = False
        try:
            look = await self._wait_for_reason(source, watch)
        except Exception:
            log.exception("waiting for mail failed", account=account_id)
        finally:
            if self._watches.get(account_id) is watch:
                del self._watches[account_id]
        if look:
            self._wake(f"inbox {account_id}")

    async def _wait_for_reason(self, source: Source, watch: _Watch) -> bool:
        """Whether there is a reason to look at the mailbox now."""
        account_id = source.account.id
        if watch.rests:
            await asyncio.sleep(_rest(self._missed.get(account_id, 0)))
            return True
        while True:
            await asyncio.sleep(_rest(self._in_vain.get(account_id, 0)))
            began, cursor = time.monotonic(), watch.cursor
            try:
                news = await _news(source, cursor)
            except DriverClosed:
                return True  # the settings changed
            except AccountError:
                return False  # who looks will see it, and say it
            except ProviderError:
                self._count(account_id, steady=time.monotonic() - began > STEADY)
                continue
            if news is News.UNTOLD:
                self._untold[account_id] = watch.rev
                return False
            self._count(account_id, steady=news is News.NONE and time.monotonic() - began > STEADY)
            return True

    def _count(self, account_id: str, *, steady: bool) -> None:
        self._in_vain[account_id] = 0 if steady else self._in_vain.get(account_id, 0) + 1


def _rest(failures: int) -> float:
    return BACK_OFF[min(failures, len(BACK_OFF) - 1)]


async def _news(source: Source, cursor: str | None) -> News:
    news = await source.driver.wait("wait_for_news", lambda driver: driver.wait_for_news(cursor, WAIT), seconds=WAIT)
    if not isinstance(news, News):
        raise BadResponse("listing_not_understood")
    return news
