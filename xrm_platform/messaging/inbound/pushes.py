"""Calls of vendors: kept as they come, answered at once, read afterwards.

An address holds a secret (256 random bits, of which a SHA-256 is stored): vendors sign nothing. What a call tells is
believed no more than polling would be: it is written down once, and never makes a state go back.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from xrm_platform.accounts.choice import account_row
from xrm_platform.jobs import Wake
from xrm_platform.messaging.reports import Reports
from xrm_platform.messaging.sources import Source, Sources
from xrm_platform.people import audit
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Capability, Channel, DeliveryEvent, InboundSms, OptedOut, ProviderError
from xrm_platform.registry import Notices, Registry
from xrm_platform.store import Store, new_id

from . import queries
from .receiving import opted_out, receive
from .tables import PushCall

BATCH = 100
MAX_BODY = 256 * 1024
"""Octets of a call; what vendors send is a hundredth of it."""


class Pushes:
    def __init__(
        self,
        store: Store,
        registry: Registry,
        sources: Sources,
        reports: Reports,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
        public_url: str,
    ) -> None:
        self._store = store
        self._registry = registry
        self._sources = sources
        self._reports = reports
        self._notices = notices
        self._wake = wake
        self._now = now
        self._public_url = public_url

    async def new_address(self, actor: Actor, account_id: str) -> str:
        """The address to enter at the vendor of an account, shown this once; an earlier one is no longer valid.

        Raises `Missing`, and `Conflicting` for a provider that does not call.
        """
        require_admin(actor)
        token = secrets.token_urlsafe(32)
        now = self._now()
        async with self._store.write() as session:
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
            provider = self._registry.provider(Channel(row.account.channel), row.account.slug)
            if provider is None or provider.channel is not Channel.SMS or Capability.PUSH not in provider.capabilities:
                raise Conflicting("provider_does_not_push", provider=row.account.slug)
            await queries.put_push_address(
                session, base_id=actor.base_id, account_id=account_id, token_hash=_hash(token), created_at=now
            )
            audit.record(
                session,
                actor,
                action="account.push_address_made",
                subject="account",
                subject_id=account_id,
                changes={"address": [None, audit.SECRET]},
                at=now,
            )
        return f"{self._public_url}/hooks/{token}"

    async def accept(self, token: str, content_type: str, body: bytes) -> bool:
        """Keep a call; False when nobody has that address. What it says is read afterwards."""
        now = self._now()
        async with self._store.read() as session:
            address = await queries.push_address(session, token_hash=_hash(token))
        if address is None:
            return False
        async with self._store.write() as session:
            session.add(
                PushCall(
                    id=new_id(),
                    base_id=address.base_id,
                    account_id=address.account_id,
                    received_at=now,
                    content_type=content_type[:200],
                    body=body,
                    state="waiting",
                )
            )
        self._wake(f"push {address.account_id}")
        return True

    async def read(self, account_id: str) -> None:
        """The job `push`: read what an account's vendor said in its calls."""
        source = await self._sources.open(account_id, sending=False)
        if source is None:
            return
        base_id = source.account.base_id
        async with self._store.read() as session:
            calls = await queries.waiting_calls(session, base_id=base_id, account_id=account_id, limit=BATCH)
        for call in calls:
            error = await self._read_one(source, call)
            async with self._store.write() as session:
                await queries.finish_call(
                    session,
                    base_id=base_id,
                    call_id=call.id,
                    state="done" if error is None else "unreadable",
                    error_code=None if error is None else error.code,
                )
        if calls:
            self._wake(f"inbox {account_id}")
        if len(calls) == BATCH:
            self._wake(f"push {account_id}")

    async def _read_one(self, source: Source, call: PushCall) -> ProviderError | None:
        headers: Mapping[str, str] = {"Content-Type": call.content_type}
        try:
            told: Sequence[DeliveryEvent | InboundSms | OptedOut] = source.driver.call_now(
                "parse_push", lambda driver: driver.parse_push(headers, call.body)
            )
        except ProviderError as error:
            return error
        reports = [event for event in told if isinstance(event, DeliveryEvent)]
        await self._reports.record(source.account.base_id, source.base_code, source.account.id, reports)
        await write_down(self._store, self._notices, source, told, self._now())
        return None


async def write_down(
    store: Store, notices: Notices, source: Source, told: Sequence[DeliveryEvent | InboundSms | OptedOut], now: datetime
) -> None:
    """Messages and opt-outs that a vendor told, by a call or when it was asked."""
    received: list[str] = []
    async with store.write() as session:
        for one in told:
            if isinstance(one, InboundSms):
                inbound_id = await receive(session, source.account, one, now)
                if inbound_id is not None:
                    received.append(inbound_id)
            elif isinstance(one, OptedOut):
                await opted_out(session, source.account, one)
    notices.post(source.base_code, "inbound", [(inbound_id, "received") for inbound_id in received])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
