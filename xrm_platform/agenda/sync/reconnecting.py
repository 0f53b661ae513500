"""When an account can be used again, its links are synchronised now and not when they would have been next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from xrm_platform.jobs import Wake

from . import queries


class Reconnected:
    """An `UsableAgain` of accounts. In a process that does no work the tick of another finds them."""

    def __init__(self, wake: Wake, now: Callable[[], datetime]) -> None:
        self._wake = wake
        self._now = now

    async def __call__(self, session: AsyncSession, *, base_id: str, account_id: str) -> None:
        due = await queries.make_due(session, base_id=base_id, account_id=account_id, now=self._now())

        def committed(_session: Session) -> None:
            for link_id in due:
                self._wake(f"sync {link_id}")

        if due:
            sqlalchemy_event.listen(session.sync_session, "after_commit", committed, once=True)
