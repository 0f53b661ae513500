"""Remind of what is due, and tell owners what others changed: the handler of the job `remind`.

Each goes through the sending pipeline with a key of its own. A crash between the message and the note that it went
makes the next run ask for the same message again, and get the one that is there: nothing goes twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import structlog

from xrm_platform.jobs import Wake
from xrm_platform.messaging import MailRequest, Sending, SmsRequest
from xrm_platform.messaging.rules.simplifying import simplified, unaccented
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.lookup import Sender
from xrm_platform.people.tables import Base
from xrm_platform.problems import Conflicting, Problem, Unavailable
from xrm_platform.store import Store
from xrm_platform.wording import Wording

from . import queries
from .drawing import LATE
from .events import REMIND
from .ical.components import participants_of
from .ical.editing import calendar_of
from .ical.recurrence import read_series
from .tables import Event, OccurrenceRow, OwnerNotice, ReminderRow
from .times import shown_to_people

log = structlog.get_logger("xrm.agenda")

BATCH = 100
NAME = "platform:agenda"


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a message is about: the event, the occurrence (None when it is gone), whose it is."""

    base: Base
    owner: Sender
    event: Event | None
    occurrence: OccurrenceRow | None


class Reminders:
    def __init__(
        self, store: Store, sending: Sending, wording: Wording, wake: Wake, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._sending = sending
        self._wording = wording
        self._wake = wake
        self._now = now

    async def tick(self) -> None:
        """Find what is due."""
        async with self._store.read() as session:
            due = await queries.due_reminders(session, now=self._now(), limit=1)
            told = await queries.notices(session, limit=1)
        if due or told:
            self._wake(REMIND)

    async def run(self, _argument: str = "") -> None:
        """Send what is due. A reminder more than an hour late is skipped, with a note: it would only confuse."""
        async with self._store.read() as session:
            due = await queries.due_reminders(session, now=self._now(), limit=BATCH)
            notices = await queries.notices(session, limit=BATCH)
        for reminder in due:
            await self._remind(reminder)
        for notice in notices:
            await self._tell(notice)
        if BATCH in (len(due), len(notices)):
            self._wake(REMIND)

    async def _remind(self, reminder: ReminderRow) -> None:
        if self._now() - reminder.due_at > LATE:
            await self._settle(reminder, "skipped", "reminder_late")
            return
        subject = await self._subject(reminder.base_id, reminder.owner_id, reminder.event_id, reminder.key)
        if subject.occurrence is None or subject.event is None or subject.occurrence.status == "cancelled":
            await self._settle(reminder, "skipped", "reminder_of_nothing")
            return
        try:
            request = self._reminder(reminder, subject)
            message_id = await self._send(subject.base, request, key_of(reminder))
        except Unavailable:
            raise
        except Problem as problem:
            log.warning("reminder not sent", reminder=reminder.id, code=problem.code)
            await self._settle(reminder, "failed", problem.code)
            return
        await self._settle(reminder, "sent", "", message_id)

    async def _send(self, base: Base, request: MailRequest | SmsRequest, key: str) -> str | None:
        """The id of the message. None when the key made one before from words that have changed since: it went."""
        actor = _platform_in(base)
        try:
            if isinstance(request, MailRequest):
                return (await self._sending.send_mail(actor, request, idempotency_key=key)).id
            return (await self._sending.send_sms(actor, request, idempotency_key=key)).id
        except Conflicting as conflict:
            if conflict.code != "idempotency_key_reused":
                raise
            return None

    def _reminder(self, reminder: ReminderRow, subject: _Subject) -> MailRequest | SmsRequest:
        """Raises `Conflicting` when there is nowhere to send it to."""
        occurrence, owner = subject.occurrence, subject.owner
        assert occurrence is not None  # noqa: S101  looked at by the caller
        words = self._words(subject.base, occurrence.summary, occurrence.starts_at, all_day=occurrence.all_day)
        words |= {"owner": owner.name, "location": occurrence.location}
        whom = "contact" if reminder.target == "contact" else "owner"
        if occurrence.private and whom == "owner":
            # Managers and administrators read the messages of the owner, and are to see a busy time only.
            words |= {"summary": self._say(subject.base, "private_event", {}), "location": ""}
        if reminder.channel == "sms":
            number = reminder.address if whom == "contact" else owner.mobile
            if not number:
                raise Conflicting("owner_without_mobile", owner=owner.code)
            cheap = {name: simplified(word) for name, word in words.items()} | {"when": unaccented(words["when"])}
            return SmsRequest(owner.code, (number,), self._say(subject.base, f"reminder_sms_{whom}", cheap))
        addresses = self._addresses(reminder, subject)
        return MailRequest(
            sender=owner.code,
            to=addresses,
            subject=self._say(subject.base, "reminder_subject", words),
            text=self._say(subject.base, f"reminder_text_{whom}", words),
        )

    @staticmethod
    def _addresses(reminder: ReminderRow, subject: _Subject) -> tuple[str, ...]:
        if reminder.target != "contact":
            if not subject.owner.email:
                raise Conflicting("sender_without_email", sender=subject.owner.code)
            return (subject.owner.email,)
        if reminder.address:
            return (reminder.address,)
        ical = "" if subject.event is None else subject.event.ical
        people = participants_of(read_series(calendar_of(ical)).head.block)
        outside = tuple(one.email for one in people if one.email and not one.collaborator)
        if not outside:
            raise Conflicting("nobody_to_remind")
        return outside

    async def _tell(self, notice: OwnerNotice) -> None:
        """Whatever becomes of the mail, the change itself stands; without an address or an account nobody is told."""
        subject = await self._subject(notice.base_id, notice.owner_id, notice.event_id, "")
        async with self._store.read() as session:
            codes = await lookup.codes(session, base_id=notice.base_id)
            by = await lookup.sender(session, base_id=notice.base_id, code=codes[notice.by])
        words = {
            **self._words(subject.base, notice.summary, notice.starts_at, all_day=notice.all_day),
            "by": by.name,
            "what": self._say(subject.base, f"told_{notice.what}", {}),
        }
        if subject.owner.email:
            request = MailRequest(
                sender=subject.owner.code,
                to=(subject.owner.email,),
                subject=self._say(subject.base, "told_subject", words),
                text=self._say(subject.base, "told_text", words),
            )
            try:
                await self._send(subject.base, request, f"notice:{notice.id}")
            except Unavailable:
                raise
            except Problem as problem:
                log.info("owner not told", event_id=notice.event_id, code=problem.code)
        async with self._store.write() as session:
            await queries.forget_notice(session, base_id=notice.base_id, notice_id=notice.id)

    async def _subject(self, base_id: str, owner_id: str, event_id: str, key: str) -> _Subject:
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=base_id)
            codes = await lookup.codes(session, base_id=base_id)
            owner = await lookup.sender(session, base_id=base_id, code=codes[owner_id])
            event = await queries.event(session, base_id=base_id, event_id=event_id)
            occurrence = await queries.occurrence(session, base_id=base_id, event_id=event_id, key=key)
        return _Subject(base, owner, event, occurrence)

    async def _settle(self, reminder: ReminderRow, state: str, note: str, message_id: str | None = None) -> None:
        async with self._store.write() as session:
            await queries.settle_reminder(
                session,
                base_id=reminder.base_id,
                reminder_id=reminder.id,
                state=state,
                note=note,
                message_id=message_id,
            )

    def _words(self, base: Base, summary: str, starts_at: datetime | None, *, all_day: bool) -> dict[str, str]:
        """What sentences are filled with; a line is a line, whatever the event holds."""
        home: tzinfo = ZoneInfo(base.time_zone)
        when = "" if starts_at is None else shown_to_people(starts_at, home, base.language, all_day=all_day)
        return {"summary": " ".join(summary.split()), "when": when}

    def _say(self, base: Base, code: str, words: dict[str, str]) -> str:
        return self._wording.say("agenda", code, words, language=base.language)


def key_of(reminder: ReminderRow) -> str:
    """The same for the same reminder of the same occurrence at the same time, though an edit wrote its row anew."""
    named = (reminder.event_id, reminder.key, reminder.reminder, reminder.due_at.isoformat())
    return f"reminder:{hashlib.sha256(json.dumps(named).encode()).hexdigest()}"


def _platform_in(base: Base) -> Actor:
    """The platform itself, acting for the collaborators of a base."""
    return Actor(
        base_id=base.id,
        base_code=base.code,
        name=NAME,
        is_admin=False,
        xrm_allowed=True,
        speaks_for_all=True,
        language=base.language,
    )
