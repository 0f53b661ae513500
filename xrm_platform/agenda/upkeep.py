"""As time goes on, the occurrences of series are kept further ahead: the handler of the job `extend`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from xrm_platform.jobs import Wake
from xrm_platform.people import lookup
from xrm_platform.store import Store

from . import queries
from .drawing import AHEAD
from .ical.components import Incomprehensible
from .storing import prepared_for, write_drawn

log = structlog.get_logger("xrm.agenda")

EXTEND = "extend"
BATCH = 50


class Upkeep:
    def __init__(self, store: Store, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._wake = wake
        self._now = now

    async def tick(self) -> None:
        """Find series whose occurrences do not reach two years ahead any more."""
        async with self._store.read() as session:
            if await queries.series_to_extend(session, before=self._now() + AHEAD, limit=1):
                self._wake(EXTEND)

    async def extend(self, _argument: str = "") -> None:
        """Write the occurrences of such series anew, each in a transaction of its own."""
        now = self._now()
        async with self._store.read() as session:
            found = await queries.series_to_extend(session, before=now + AHEAD, limit=BATCH)
        for series in found:
            async with self._store.write() as session:
                event = await queries.event(session, base_id=series.base_id, event_id=series.id, for_update=True)
                if event is None or event.deleted_at is not None or event.window_to != series.window_to:
                    continue
                base = await lookup.base(session, base_id=event.base_id)
                try:
                    prepared = await prepared_for(event.ical, base, now)
                except Incomprehensible as error:
                    log.error("an event that was stored cannot be read", event_id=event.id, reason=str(error))  # noqa: TRY400
                    event.recurs = False
                    continue
                event.cut = prepared.columns["cut"]
                event.window_from, event.window_to = prepared.columns["window_from"], prepared.columns["window_to"]
                await write_drawn(session, event, prepared, now)
        if len(found) == BATCH:
            self._wake(EXTEND)
