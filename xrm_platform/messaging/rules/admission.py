"""The rules over a message: as it is queued, and again at the moment at which it would be sent.

Both ask the same questions. Between them somebody may have opted out, the base gone into test mode, or night fallen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.preferences import sms_paused
from xrm_platform.messaging import delivery_queries
from xrm_platform.messaging import queries as messages
from xrm_platform.messaging.bulk.queries import stopped_jobs
from xrm_platform.messaging.bulk.states import JobState
from xrm_platform.messaging.composing import Draft
from xrm_platform.messaging.sendables import Claimed
from xrm_platform.messaging.states import HeldFor, State, of_message
from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Category, Channel, ProviderDescriptor

from . import queries
from .judging import needs_hours, not_before, refusals
from .redirection import is_redirected
from .rules import zone_and_rules_of
from .settings import RulesView


@dataclass(frozen=True, slots=True)
class Ground:
    """What the rules are applied on: those of the base, its time zone, and the provider that would send."""

    rules: RulesView
    zone: str
    provider: ProviderDescriptor | None


async def admit(session: AsyncSession, drafts: Sequence[Draft], ground: Ground) -> list[Conflicting | None]:
    """Mark the recipients of drafts of one channel and one category: who may not be written to is cancelled, the others
    wait for their hour. For each draft, why nobody of it is left, or None."""
    channel, category = drafts[0].message.channel, Category(drafts[0].message.category)
    codes = await refusals(
        session,
        base_id=drafts[0].message.base_id,
        channel=channel,
        category=category,
        addresses={row.address for draft in drafts for row in draft.recipients},
        consent=ground.rules.consent,
    )
    by_hours = needs_hours(channel, category) and not ground.rules.test_mode
    return [_admit(draft, codes, ground, by_hours=by_hours) for draft in drafts]


def _admit(draft: Draft, codes: Mapping[str, str], ground: Ground, *, by_hours: bool) -> Conflicting | None:
    message, rows = draft.message, draft.recipients
    if rows and all(row.address in codes for row in rows):
        return Conflicting(codes[rows[0].address], recipients=", ".join(row.address for row in rows)[:200])
    for row in rows:
        if row.address in codes:
            _refuse(row, codes[row.address])
        elif by_hours:
            row.not_before = _later(row.address, message.due_at, ground)
    if by_hours:
        message.due_at = min(row.not_before or message.due_at for row in rows if row.state == State.QUEUED)
    return None


@dataclass(slots=True)
class _Findings:
    """What is written of messages that do not go on as they were claimed."""

    held: dict[HeldFor, list[str]] = field(default_factory=lambda: defaultdict(list))
    messages: list[dict[str, Any]] = field(default_factory=list)
    events: list[tuple[str, str | None, datetime, State, dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stops:
    """What a person stopped while messages were on their way: all SMS of the base, those of `senders`, and `jobs` that
    are paused or cancelled."""

    base: bool
    senders: Collection[str]
    jobs: Mapping[str, JobState]


@dataclass(frozen=True, slots=True)
class Passed:
    """`going` are those that go on, with the recipients to whom they may go now; `stopped` the others, as (id, state),
    held, cancelled or queued for later, which is written."""

    going: Sequence[Claimed] = ()
    stopped: Sequence[tuple[str, State]] = ()


class Gate:
    """Asks again, in the transaction in which messages of one account are claimed."""

    async def passed(
        self,
        session: AsyncSession,
        *,
        base_id: str,
        provider: ProviderDescriptor,
        claimed: Sequence[Claimed],
        now: datetime,
    ) -> Passed:
        if not claimed:
            return Passed()
        zone, rules = await zone_and_rules_of(session, base_id=base_id)
        ground = Ground(rules, zone, provider)
        stops = await _stops(session, base_id, provider, claimed)
        findings = _Findings()
        free = [one for one in claimed if not self._is_held(one, rules, stops, findings)]
        free = [one for one in free if not self._is_cancelled(one, stops, now, findings)]
        codes = await self._refusals(session, base_id, free, rules)
        going = [one for one in free if self._goes(one, codes.get(one.message.category, {}), ground, now, findings)]
        await _write(session, base_id, findings, now)
        held = [(message_id, State.HELD) for ids in findings.held.values() for message_id in ids]
        return Passed(going, [*held, *((row["id"], row["state"]) for row in findings.messages)])

    def _is_held(self, one: Claimed, rules: RulesView, stops: _Stops, findings: _Findings) -> bool:
        """Whether a person has to let it go: in test mode nothing goes to where it was meant to."""
        if rules.test_mode and not all(is_redirected(row) for row in _pending(one)):
            findings.held[HeldFor.TEST_MODE].append(one.message.id)
        elif stops.base:
            findings.held[HeldFor.BASE].append(one.message.id)
        elif one.message.sender_id in stops.senders:
            findings.held[HeldFor.SENDER].append(one.message.id)
        elif stops.jobs.get(one.message.bulk_id or "") is JobState.PAUSED:
            findings.held[HeldFor.BULK].append(one.message.id)
        else:
            return False
        return True

    def _is_cancelled(self, one: Claimed, stops: _Stops, now: datetime, findings: _Findings) -> bool:
        """Whether its bulk job was cancelled while it was on its way to a second attempt."""
        if stops.jobs.get(one.message.bulk_id or "") is not JobState.CANCELLED:
            return False
        for row in _pending(one):
            _refuse(row, "bulk_cancelled")
            findings.events.append((one.message.id, row.id, now, State.CANCELLED, {"code": "bulk_cancelled"}))
        findings.messages.append(_put_back(one.message, one.recipients, now))
        return True

    async def _refusals(
        self, session: AsyncSession, base_id: str, claimed: Sequence[Claimed], rules: RulesView
    ) -> dict[str, Any]:
        """By category: who of the pending recipients may not be written to, and why."""
        addresses: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in claimed:
            pending = {row.address for row in _pending(one) if not is_redirected(row)}
            if pending:
                addresses[one.message.channel, one.message.category] |= pending
        return {
            category: await refusals(
                session,
                base_id=base_id,
                channel=channel,
                category=Category(category),
                addresses=some,
                consent=rules.consent,
            )
            for (channel, category), some in addresses.items()
        }

    def _goes(self, one: Claimed, codes: dict[str, str], ground: Ground, now: datetime, findings: _Findings) -> bool:
        """Whether anybody is left to whom it may go now."""
        message = one.message
        hours = needs_hours(message.channel, message.category)
        for row in _pending(one):
            if is_redirected(row):
                continue
            if row.address in codes:
                _refuse(row, codes[row.address])
                findings.events.append((message.id, row.id, now, State.CANCELLED, {"code": codes[row.address]}))
            elif hours and (later := _later(row.address, now, ground)) is not None:
                row.state = State.QUEUED
                if later != row.not_before:
                    detail = {"code": "outside_hours", "params": {"until": later.isoformat()}}
                    findings.events.append((message.id, row.id, now, State.QUEUED, detail))
                row.not_before = later
        if _pending(one):
            return True
        findings.messages.append(_put_back(message, one.recipients, now))
        return False


async def _stops(
    session: AsyncSession, base_id: str, provider: ProviderDescriptor, claimed: Sequence[Claimed]
) -> _Stops:
    sms = provider.channel is Channel.SMS
    bulks = {one.message.bulk_id for one in claimed if one.message.bulk_id is not None}
    return _Stops(
        base=sms and await sms_paused(session, base_id=base_id),
        senders=await queries.paused_senders(session, base_id=base_id) if sms else (),
        jobs=await stopped_jobs(session, base_id=base_id, job_ids=bulks) if bulks else {},
    )


def _pending(one: Claimed) -> list[MessageRecipient]:
    return [row for row in one.recipients if row.state == State.SENDING]


def _later(number: str, at: datetime, ground: Ground) -> datetime | None:
    """When it may go there if not `at`."""
    allowed = not_before(number, at, ground.rules.window, zone=ground.zone, provider=ground.provider)
    return allowed if allowed > at else None


def _refuse(row: MessageRecipient, code: str) -> None:
    row.state, row.error_code, row.error_params, row.error_detail = State.CANCELLED, code, {}, ""


def _put_back(message: Message, rows: Sequence[MessageRecipient], now: datetime) -> dict[str, Any]:
    """The columns of a message that nothing was sent of: its claim does not count as an attempt."""
    state = of_message([State(row.state) for row in rows])
    waiting = [row.not_before or now for row in rows if row.state == State.QUEUED]
    refused = next((row.error_code for row in rows if row.state == State.CANCELLED), None)
    return {
        "id": message.id,
        "state": state,
        "attempts": message.attempts,
        "due_at": min(waiting, default=now),
        "error_code": refused if state is State.CANCELLED else None,
        "error_params": {},
        "error_detail": "",
    }


async def _write(session: AsyncSession, base_id: str, findings: _Findings, now: datetime) -> None:
    for reason, ids in findings.held.items():
        await messages.hold(session, base_id=base_id, message_ids=ids, source=State.SENDING, held_for=reason)
        await delivery_queries.end_leases(session, base_id=base_id, message_ids=ids)
        await delivery_queries.uncount_attempt(session, base_id=base_id, message_ids=ids)
        findings.events += [(message_id, None, now, State.HELD, {"code": reason.value}) for message_id in ids]
    await delivery_queries.write_messages(session, base_id=base_id, rows=findings.messages)
    await delivery_queries.write_events(session, base_id=base_id, rows=findings.events)
