"""Take what people outside answer to an invitation: their status in the event, and nothing else of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.agenda.ical.components import Incomprehensible, address_of
from xrm_platform.agenda.ical.editing import calendar_of
from xrm_platform.agenda.ical.recurrence import Series, read_series
from xrm_platform.agenda.storing import EventStore
from xrm_platform.agenda.tables import Event
from xrm_platform.messaging.inbound import CalendarMail
from xrm_platform.people import audit, lookup
from xrm_platform.people.bases import operator_of
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.people.tables import Base
from xrm_platform.store import Store, new_id

from . import queries
from .replies import STATUSES, Answer, NotAnAnswer, answers_in, component_of, key_in, status_in, with_answer
from .seen import WHOLE
from .tables import InvitationAnswer

log = structlog.get_logger("xrm.agenda")


@dataclass(frozen=True, slots=True)
class AnswerTaken:
    """What became of one answer: of which event (None: of none that is known here), whether it changed the status of
    the participant, and the code of why not."""

    event: str | None
    taken: bool
    note: str = ""


class Answers:
    """`read` is called for each calendar object that comes in by mail."""

    def __init__(self, store: Store, events: EventStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._events = events
        self._now = now

    async def read(self, mail: CalendarMail) -> None:
        async with self._store.write() as session:
            taken = await self.take_reply(session, mail.base_id, mail.sender, mail.ical)
        for one in taken:
            log.info("answer to an invitation", event_id=one.event, taken=one.taken, note=one.note)

    async def take_reply(
        self, session: AsyncSession, base_id: str, sender_address: str, ical_text: str
    ) -> Sequence[AnswerTaken]:
        """Take the answers in `ical_text`, which came in a mail from `sender_address`, inside the transaction of
        `session`. Never raises for what is in them.

        Only participants answer, each for themselves; somebody else is noted and not added. An answer to an older
        invitation, or older than the last one, changes nothing. Proposals of another time are noted for the owner.
        """
        try:
            answers = await asyncio.to_thread(answers_in, ical_text)
        except NotAnAnswer as error:
            log.info("a calendar object in a mail answers nothing", code=error.code)
            return ()
        base = await lookup.base(session, base_id=base_id)
        return [await self._take(session, base, fold_mail(sender_address), answer) for answer in answers]

    async def _take(self, session: AsyncSession, base: Base, sender: str, answer: Answer) -> AnswerTaken:
        event = await _organised(session, base, answer.uid)
        if event is None:
            return AnswerTaken(None, taken=False, note="unknown_event")
        home = ZoneInfo(base.time_zone)
        series = read_series(calendar_of(event.ical))
        key = key_in(series, answer.occurrence, home)
        known = await queries.answers_of(
            session, base_id=base.id, event_id=event.id, address=sender, key=key or WHOLE, kind=answer.kind
        )
        status = answer.status_of(sender) or ""
        if any((answer.sequence, answer.stamp, status) == (one[0], one[1], one[2]) for one in known):
            return AnswerTaken(event.id, taken=False, note="answered_already")
        note = await self._refusal(session, event, series, sender, answer, key)
        if not note and any((answer.sequence, answer.stamp) < (one[0], one[1]) for one in known if one[3]):
            note = "older_answer"
        if not note:
            try:
                await self._write(session, base, event, sender, key or WHOLE, status, home)
            except Incomprehensible:
                note = "event_too_large"
        session.add(_row(event, sender, answer, key or WHOLE, status, note, self._now()))
        await session.flush()
        return AnswerTaken(event.id, taken=not note, note=note)

    async def _refusal(
        self, session: AsyncSession, event: Event, series: Series, sender: str, answer: Answer, key: str | None
    ) -> str:
        """Why an answer changes nothing; empty if it does."""
        if key is None:
            return "unknown_occurrence"
        status = answer.status_of(sender)
        if status is None:
            return "not_the_attendee"
        if status_in(event.ical, sender, key) is None:
            return "unknown_attendee"
        if answer.kind == "counter":
            return "other_time_proposed"
        if status not in STATUSES:
            return "status_unknown"
        return "older_invitation" if answer.sequence < await _asked(session, event, series, sender, key) else ""

    async def _write(
        self, session: AsyncSession, base: Base, event: Event, sender: str, key: str, status: str, home: ZoneInfo
    ) -> None:
        before = status_in(event.ical, sender, key)
        text = await asyncio.to_thread(with_answer, event.ical, sender, key, status, home)
        if text == event.ical:
            return
        now = self._now()
        named = audit.SECRET if event.private else sender
        actor = operator_of(base, f"mail:{named}")
        await self._events.put(
            session, base=base, owner_id=event.owner_id, text=text, by=actor.name, now=now, event=event
        )
        audit.record(
            session,
            actor,
            action="event.answered",
            subject="event",
            subject_id=event.id,
            changes={
                "participant": [named, named],
                "status": [before, status],
                **({"occurrence": [key, key]} if key else {}),
            },
            at=now,
        )


async def _organised(session: AsyncSession, base: Base, uid: str) -> Event | None:
    """The event of that UID in the agenda of who organises it: others of the base may have a copy."""
    codes = await lookup.codes(session, base_id=base.id)
    for event in await queries.events_with_uid(session, base_id=base.id, uid=uid):
        owner = await lookup.sender(session, base_id=base.id, code=codes[event.owner_id])
        organizer = read_series(calendar_of(event.ical)).head.block.line("ORGANIZER")
        if owner.email and organizer is not None and fold_mail(address_of(organizer)) == fold_mail(owner.email):
            return event
    return None


async def _asked(session: AsyncSession, event: Event, series: Series, sender: str, key: str) -> int:
    """The SEQUENCE of what somebody was last asked. What was changed since without asking them again does not make
    their answer an old one (RFC 5546 §2.1.4)."""
    told = await queries.told_before(session, base_id=event.base_id, event_id=event.id, addresses=[sender])
    asked = [
        one.sequence
        for one in told.get(sender, ())
        if one.method == "REQUEST" and one.state == "sent" and (not one.keys or key in one.keys)
    ]
    return min(asked[-1], _sequence(series, key)) if asked else _sequence(series, key)


def _sequence(series: Series, key: str) -> int:
    block = component_of(series, key)
    return next((read.item.sequence for read in series.exceptions if read.block is block), series.head.item.sequence)


def _row(
    event: Event, sender: str, answer: Answer, key: str, status: str, note: str, now: datetime
) -> InvitationAnswer:
    return InvitationAnswer(
        id=new_id(),
        base_id=event.base_id,
        event_id=event.id,
        address=sender[:320],
        key=key,
        kind=answer.kind,
        status=status[:40],
        taken=not note,
        note=note,
        comment=answer.comment,
        sequence=answer.sequence,
        stamp=answer.stamp,
        proposed_start=answer.start,
        proposed_end=answer.end,
        received_at=now,
    )
