"""What is found after a crash: messages in `sending` whose lease ran out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from xrm_platform.providers import Capability, Channel
from xrm_platform.registry import Notices, Registry
from xrm_platform.store import Store

from . import delivery_queries as queries
from . import queries as message_queries
from .states import State
from .tables import Message

BATCH = 500


class Recovery:
    """Nobody knows whether such a message went. It is queued again only if its provider recognises what it already has;
    else it is `unknown`, and a person decides."""

    def __init__(self, store: Store, registry: Registry, notices: Notices, now: Callable[[], datetime]) -> None:
        self._store = store
        self._registry = registry
        self._notices = notices
        self._now = now

    async def run(self) -> int:
        """Settle what dead workers left; how many messages that were."""
        found = 0
        while batch := await self._settle_some():
            found += batch
        return found

    async def _settle_some(self) -> int:
        now = self._now()
        async with self._store.write() as session:
            abandoned = await queries.abandoned(session, now=now, limit=BATCH)
            groups = self._by_target(abandoned)
            for (base_id, _, target), ids in groups.items():
                await message_queries.move(
                    session, base_id=base_id, message_ids=ids, source=State.SENDING, target=target, due_at=now
                )
                await queries.end_leases(session, base_id=base_id, message_ids=ids)
                detail = {"code": "worker_lost"}
                await queries.write_events(
                    session, base_id=base_id, rows=[(message_id, None, now, target, detail) for message_id in ids]
                )
        for (_, base_code, target), ids in groups.items():
            self._notices.post(base_code, "message", [(message_id, target) for message_id in ids])
        return len(abandoned)

    def _by_target(self, abandoned: Sequence[tuple[Message, str, str]]) -> dict[tuple[str, str, State], list[str]]:
        """Ids by base, its code, and the state they come to."""
        groups: dict[tuple[str, str, State], list[str]] = defaultdict(list)
        for message, slug, base_code in abandoned:
            provider = self._registry.provider(Channel(message.channel), slug)
            recognises = provider is not None and Capability.IDEMPOTENT_SEND in provider.capabilities
            groups[message.base_id, base_code, State.QUEUED if recognises else State.UNKNOWN].append(message.id)
        return groups
