"""From rows of bulk jobs to what is shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging import queries as messages
from xrm_platform.messaging.mail.ways_out import WaysOut
from xrm_platform.messaging.rules.admission import Ground
from xrm_platform.messaging.rules.price import Price, cost
from xrm_platform.messaging.rules.pricing import price_of
from xrm_platform.messaging.rules.rules import zone_and_rules_of
from xrm_platform.messaging.rules.texts import sms_text
from xrm_platform.messaging.states import State
from xrm_platform.people import lookup
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Category, Channel
from xrm_platform.registry import Registry

from . import queries
from .judging import counts_of
from .states import JobState, RowState
from .tables import BulkJob, BulkRow
from .views import BulkRowView, BulkView

FIRST = 10


class Showing:
    """Makes views, in the transaction of whoever asks."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def one(self, session: AsyncSession, job: BulkJob, *, first: bool = False) -> BulkView:
        """With `first`, a draft shows its first texts."""
        rows: Sequence[BulkRow] = ()
        if first and job.state == JobState.DRAFT:
            rows = await queries.rows(
                session, base_id=job.base_id, job_id=job.id, state=RowState.READY, after=0, limit=FIRST
            )
        (view,) = await self.several(session, [job], {job.id: await self.rows(session, job, rows)})
        return view

    async def several(
        self, session: AsyncSession, jobs: Sequence[BulkJob], first: dict[str, tuple[BulkRowView, ...]] | None = None
    ) -> list[BulkView]:
        """Jobs of one base."""
        if not jobs:
            return []
        base_id, ids = jobs[0].base_id, [job.id for job in jobs]
        codes = await lookup.codes(session, base_id=base_id)
        prices = {one: await price_of(session, base_id=base_id, account_id=one) for one in {j.account_id for j in jobs}}
        progress: dict[str, Counter[str]] = defaultdict(Counter)
        for job_id, state, count in await queries.row_states(session, job_ids=ids):
            if state != RowState.QUEUED:
                progress[job_id][state] += count
        for job_id, state, count in await queries.message_states(session, job_ids=ids):
            progress[job_id][state] += count
        return [
            _view(job, codes[job.sender_id], prices[job.account_id], progress[job.id], (first or {}).get(job.id, ()))
            for job in jobs
        ]

    async def rows(self, session: AsyncSession, job: BulkJob, rows: Sequence[BulkRow]) -> tuple[BulkRowView, ...]:
        """Rows of `job`, their texts as they would be sent now."""
        ground = await self.ground(session, job)
        return tuple(_row_view(row, job, ground) for row in rows)

    async def ground(self, session: AsyncSession, job: BulkJob) -> Ground:
        """What the rules are applied on."""
        zone, rules = await zone_and_rules_of(session, base_id=job.base_id)
        accounts = await messages.accounts(session, base_id=job.base_id, ids=[job.account_id])
        return Ground(rules, zone, self._registry.provider(Channel(job.channel), accounts[job.account_id].slug))


def require_way_out(channel: Channel, category: Category, text: str, ground: Ground, ways_out: WaysOut) -> None:
    """Raises `Conflicting` when marketing could not offer the way out that it must: the number for STOP in an SMS, the
    address to unsubscribe at in a mail."""
    if channel is Channel.SMS:
        sms_text(text, category, ground.rules, ground.provider)
    elif category == Category.MARKETING:
        ways_out.require()


def _view(
    job: BulkJob, sender: str, price: Price | None, progress: Counter[str], first: tuple[BulkRowView, ...]
) -> BulkView:
    order = [*RowState, *State]
    return BulkView(
        id=job.id,
        name=job.name,
        state=job.state,
        sender=sender,
        account=job.account_id,
        channel=job.channel,
        category=job.category,
        subject=job.subject,
        text=job.text,
        html=job.html,
        source=job.source,
        source_name=job.source_name,
        at=job.at,
        counts=counts_of(job.counts),
        parts=job.parts,
        price=None if price is None else cost(price, parts=job.parts, recipients=1),
        currency=None if price is None else price.currency,
        progress={state.value: progress[state.value] for state in order if progress[state.value]},
        first=first,
        created_at=job.created_at,
        created_by=job.created_by,
        started_at=job.started_at,
        ended_at=job.ended_at,
        code=job.code,
        params=job.params,
    )


def _row_view(row: BulkRow, job: BulkJob, ground: Ground) -> BulkRowView:
    text, encoding = row.text, None
    if text and job.channel == Channel.SMS:
        try:
            whole = sms_text(text, Category(job.category), ground.rules, ground.provider)
        except Conflicting:
            pass  # the number for STOP was taken away meanwhile: the job says so when it is started
        else:
            text, encoding = whole.text, whole.segments.encoding.value
    return BulkRowView(
        position=row.position,
        name=row.name,
        written=row.written,
        address=row.address,
        subject=row.subject,
        text=text,
        html=row.html,
        encoding=encoding,
        parts=row.parts,
        state=row.state,
        code=row.code,
        params=row.params,
        message=row.message_id,
    )
