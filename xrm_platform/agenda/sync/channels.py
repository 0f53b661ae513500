"""Push: vendors call an address of ours when a calendar changes, so that it is read at once and not at the next poll.

A call is a hint and nothing more: what changed is asked for as always, and polling goes on, for calls get lost. It
needs an address that the vendor reaches, so there is none without a public https address (`XRM_PUBLIC_URL`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from xrm_platform.accounts.availability import AccountUnusable
from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.jobs import Wake
from xrm_platform.problems import Problem
from xrm_platform.providers import (
    Capability,
    Channel,
    OutcomeUnknown,
    ProviderError,
    PushChannel,
    PushHint,
    TransientError,
)
from xrm_platform.registry import AccountDriver, Registry
from xrm_platform.store import Store, new_id

from . import channel_queries, queries
from .tables import CalendarChannel, CalendarLink

log = structlog.get_logger("xrm.sync")

PATH = "/hooks/calendar/"
OPENING, OPEN, CLOSING, FAILED = "opening", "open", "closing", "failed"
OPENING_LASTS = timedelta(minutes=10)
"""After this an opening that nobody heard of again is tried anew."""

LONGEST_MARGIN = timedelta(days=1)
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)


class Channels:
    def __init__(
        self,
        store: Store,
        registry: Registry,
        connections: Connections,
        wake: Wake,
        now: Callable[[], datetime],
        public_url: str,
    ) -> None:
        self._store = store
        self._registry = registry
        self._connections = connections
        self._wake = wake
        self._now = now
        self._address = public_url + PATH if public_url.startswith("https://") else None

    async def tick(self) -> None:
        """Find the links that need a channel, another one, or none any more."""
        pushing = [
            one.slug for one in self._registry.providers(Channel.CALENDAR) if Capability.PUSH in one.capabilities
        ]
        if self._address is None or not pushing:
            return
        async with self._store.read() as session:
            due = {
                *await channel_queries.links_to_watch(session, slugs=pushing, now=self._now()),
                *await channel_queries.links_to_leave(session, now=self._now()),
            }
        for link_id in sorted(due):
            self._wake(f"watch {link_id}")

    async def watch(self, link_id: str) -> None:
        """The job `watch`: open a channel for a link if it wants one and has none that lasts, close those before."""
        if self._address is None:
            return
        token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        async with self._store.write() as session:
            now = self._now()
            wanted = await channel_queries.lock_link(session, link_id=link_id)
            found = await queries.link_and_base(session, link_id=link_id)
            known = [row for row, _ in await channel_queries.of_link(session, link_id=link_id)]
            fresh = None
            if wanted and found is not None and not any(row.state != CLOSING and row.due_at > now for row in known):
                fresh = _opening(found[0], known, _hash(token), _hash(secret), now)
                useless = [row.id for row in known if row.state in (FAILED, OPENING)]
                await channel_queries.forget(session, base_id=fresh.base_id, ids=useless)
                session.add(fresh)
        keep = {row.id for row in known if row.state != CLOSING} if wanted else set()
        if fresh is not None and found is not None:
            opened = await self._open(fresh, found[1], found[0].calendar, token, secret)
            keep = {fresh.id} if opened else {fresh.id, *keep}
        await self._close_all_but(link_id, keep)

    async def accept(self, token: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a call of a vendor's, and have the calendar read; False when it is nobody's, or has not the secret.

        Raises `BadResponse` for a call that cannot be read.
        """
        async with self._store.read() as session:
            found = await channel_queries.by_token(session, token_hash=_hash(token))
        if found is None:
            return False
        row, account = found
        try:
            driver = await self._connections.driver_of(account)
        except (AccountUnusable, ProviderError) as error:
            log.info("call not read", account=account.id, code=error.code)
            return True
        hint: PushHint = driver.call_now("parse_push", lambda one: one.parse_push(headers, body))
        ours = hmac.compare_digest(_hash(hint.secret), row.secret_hash) and row.channel in (None, hint.channel)
        if not ours:
            return False
        if not hint.opened and row.state != CLOSING:
            async with self._store.write() as session:
                await channel_queries.hurry(session, base_id=row.base_id, link_id=row.link_id, now=self._now())
            self._wake(f"sync {row.link_id}")
        return True

    async def _open(
        self, row: CalendarChannel, account: ProviderAccount, calendar: str, token: str, secret: str
    ) -> bool:
        address = f"{self._address}{token}"
        try:
            driver = await self._connections.driver_of(account)
            channel: PushChannel = await driver.call(
                "watch", lambda one: one.watch(calendar, address, secret), effect=True
            )
        except (ProviderError, Problem) as error:
            log.info("calendar not watched", link=row.link_id, code=error.code)
            await self._change(row, after_refusal(row.failures, error, self._now()))
            return False
        now = self._now()
        await self._change(
            row,
            {
                "state": OPEN,
                "channel": channel.id,
                "resource": channel.resource,
                "expires_at": channel.expires_at,
                "due_at": renewal_of(channel.expires_at, now),
                "failures": 0,
            },
        )
        return True

    async def _close_all_but(self, link_id: str, keep: Collection[str]) -> None:
        async with self._store.write() as session:
            now = self._now()
            found = [one for one in await channel_queries.of_link(session, link_id=link_id) if one[0].id not in keep]
            due = [(row, account) for row, account in found if row.state != CLOSING or row.due_at <= now]
            for row, _ in due:
                row.state, row.due_at = CLOSING, now
        for row, account in due:
            await self._close(row, account)

    async def _close(self, row: CalendarChannel, account: ProviderAccount) -> None:
        """What cannot be closed now is tried again until it ends by itself."""
        if row.channel is not None and row.expires_at is not None and row.expires_at > self._now():
            channel = PushChannel(row.channel, row.resource or "", row.expires_at)
            try:
                driver: AccountDriver = await self._connections.driver_of(account)
                await driver.call("unwatch", lambda one: one.unwatch(channel))
            except (ProviderError, Problem) as error:
                log.info("channel not closed", link=row.link_id, code=error.code)
                await self._change(row, after_refusal(row.failures, error, self._now()) | {"state": CLOSING})
                return
        async with self._store.write() as session:
            await channel_queries.forget(session, base_id=row.base_id, ids=[row.id])

    async def _change(self, row: CalendarChannel, values: dict[str, object]) -> None:
        async with self._store.write() as session:
            await channel_queries.change(session, base_id=row.base_id, channel_id=row.id, values=values)


def _opening(
    link: CalendarLink, known: Sequence[CalendarChannel], token_hash: str, secret_hash: str, now: datetime
) -> CalendarChannel:
    """Committed before the vendor is asked, who may call before it has answered."""
    return CalendarChannel(
        id=new_id(),
        base_id=link.base_id,
        account_id=link.account_id,
        link_id=link.id,
        token_hash=token_hash,
        secret_hash=secret_hash,
        state=OPENING,
        due_at=now + OPENING_LASTS,
        failures=max((row.failures for row in known if row.state == FAILED), default=0),
        created_at=now,
    )


def renewal_of(expires_at: datetime, now: datetime) -> datetime:
    """When to open the next channel: a day before this one ends, or at four fifths of a short life. Pure."""
    return expires_at - min(LONGEST_MARGIN, max(expires_at - now, timedelta()) / 5)


def after_refusal(failures: int, error: Exception, now: datetime) -> dict[str, object]:
    """Columns of a channel that could not be opened: tried again, later and later; a day later at once when the vendor
    means no. Pure."""
    wait = min(FIRST_WAIT * 2 ** min(failures, 10), LONGEST_WAIT)
    if isinstance(error, ProviderError) and not isinstance(error, TransientError | OutcomeUnknown):
        wait = LONGEST_WAIT
    return {
        "state": FAILED,
        "failures": failures + 1,
        "error_code": getattr(error, "code", "failed"),
        "due_at": now + wait,
    }


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
