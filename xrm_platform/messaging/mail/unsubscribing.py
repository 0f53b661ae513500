"""Somebody follows the way out of a mailing, without signing in: the address of the link is all that they need."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.rules.judging import refusals
from xrm_platform.messaging.rules.opt_outs import record
from xrm_platform.messaging.rules.settings import Consent
from xrm_platform.messaging.rules.stop import StopKind
from xrm_platform.messaging.tables import Message
from xrm_platform.people import lookup
from xrm_platform.problems import Missing
from xrm_platform.providers import Category, Channel
from xrm_platform.store import Store

from . import queries


@dataclass(frozen=True, slots=True)
class WayOutView:
    """`address` gets no more mailings of the company `base`, if it is `done`."""

    address: str
    base: str
    done: bool


class Unsubscribing:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def show(self, message_id: str, secret: str) -> WayOutView:
        """What the link is about; changes nothing. Raises `Missing` for a link that nobody was sent."""
        async with self._store.read() as session:
            message, address = await _known(session, message_id, secret)
            codes = await refusals(
                session,
                base_id=message.base_id,
                channel=Channel.MAIL,
                category=Category.MARKETING,
                addresses=[address],
                consent=Consent.NOBODY,
            )
            base = await lookup.base(session, base_id=message.base_id)
            return WayOutView(address, base.name, bool(codes))

    async def unsubscribe(self, message_id: str, secret: str) -> WayOutView:
        """Opt the recipient out of mailings, at once. A second time changes nothing. Raises `Missing`."""
        async with self._store.write() as session:
            message, address = await _known(session, message_id, secret)
            await record(
                session,
                base_id=message.base_id,
                channel=Channel.MAIL,
                address=address,
                purpose=StopKind.MARKETING,
                source=f"unsubscribe:{message.id}",
                at=self._now(),
                recorded_by="platform",
            )
            base = await lookup.base(session, base_id=message.base_id)
            return WayOutView(address, base.name, done=True)


async def _known(session: AsyncSession, message_id: str, secret: str) -> tuple[Message, str]:
    """The message that the link was in, and whom it went to."""
    found = await queries.mailed(session, message_id=message_id) if message_id.isprintable() else None
    if found is None or not _fits(found[0].unsubscribe_url or "", secret):
        raise Missing("unknown_unsubscribe_link")
    return found


def _fits(url: str, secret: str) -> bool:
    return hmac.compare_digest(url.rpartition("/")[2].encode(), secret.encode("utf-8", "replace"))
