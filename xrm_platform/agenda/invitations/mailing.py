"""Send what people outside are to be told: the handler of the job `invite`.

Each message goes through the sending pipeline with a key of its own, once, whatever restarts. Whom the server of a
calendar tells is not told twice; while that cannot be asked, they wait.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from xrm_platform.accounts.connections import Connections
from xrm_platform.agenda import queries as agenda_queries
from xrm_platform.jobs import Wake
from xrm_platform.messaging import MailRequest, Sending
from xrm_platform.people import lookup
from xrm_platform.people.bases import operator_of
from xrm_platform.people.lookup import Sender
from xrm_platform.people.tables import Base
from xrm_platform.problems import Conflicting, Problem, Unavailable
from xrm_platform.providers import CalendarPart, Capability, ProviderError
from xrm_platform.store import Store
from xrm_platform.wording import Wording

from . import queries
from .noting import INVITE
from .tables import Invitation, Invited
from .tellers import Teller, teller
from .words import letter

log = structlog.get_logger("xrm.agenda")

BATCH = 100
PATIENCE = timedelta(days=1)
"""How long it is tried to find out whether the server of a calendar tells somebody."""

_UNNAMEABLE = re.compile(r"[<>\"\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class _Work:
    base: Base
    owner: Sender
    invitation: Invitation
    people: Sequence[Invited]


class InvitationMails:
    def __init__(
        self,
        store: Store,
        connections: Connections,
        sending: Sending,
        wording: Wording,
        wake: Wake,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._connections = connections
        self._sending = sending
        self._wording = wording
        self._wake = wake
        self._now = now

    async def tick(self) -> None:
        """Find what waits."""
        async with self._store.read() as session:
            if await queries.waiting(session, after="", limit=1):
                self._wake(INVITE)

    async def run(self, _argument: str = "") -> None:
        """Send what waits, each message once in a run."""
        servers: dict[str, bool | None] = {}
        after = ""
        while True:
            async with self._store.read() as session:
                found = await queries.waiting(session, after=after, limit=BATCH)
            for base_id, invitation_id in found:
                await self._one(base_id, invitation_id, servers)
            if len(found) < BATCH:
                return
            after = found[-1][1]

    async def _one(self, base_id: str, invitation_id: str, servers: dict[str, bool | None]) -> None:
        work = await self._read(base_id, invitation_id)
        refusal = await self._refusal(work)
        if refusal:
            await self._settle(work, work.people, "skipped", refusal)
            return
        ours: list[Invited] = []
        by_server: list[Invited] = []
        for person in work.people:
            schedules = await self._schedules(base_id, person.link_id, servers)
            if schedules is not None:
                told_by = teller(None, by_server=person.link_id is not None, schedules=schedules)
                (by_server if told_by is Teller.SERVER else ours).append(person)
        if by_server:
            await self._settle(work, by_server, "skipped", "told_by_server")
        unsure = [person for person in work.people if person not in ours and person not in by_server]
        if unsure and self._now() - work.invitation.created_at > PATIENCE:
            await self._settle(work, unsure, "failed", "calendar_not_reached")
        if ours and not unsure:
            await self._send(work, ours)

    async def _read(self, base_id: str, invitation_id: str) -> _Work:
        async with self._store.read() as session:
            invitation = await queries.invitation(session, base_id=base_id, invitation_id=invitation_id)
            assert invitation is not None  # noqa: S101  a row refers to it, and nobody deletes it
            people = await queries.people_of(session, base_id=base_id, invitation_ids=[invitation_id])
            base = await lookup.base(session, base_id=base_id)
            codes = await lookup.codes(session, base_id=base_id)
            owner = await lookup.sender(session, base_id=base_id, code=codes[invitation.owner_id])
        return _Work(base, owner, invitation, [person for person in people if person.state == "waiting"])

    async def _refusal(self, work: _Work) -> str:
        """Whether somebody has switched invitations off since."""
        async with self._store.read() as session:
            preferences = await agenda_queries.preferences(session, base_id=work.base.id)
            off = await queries.inviting_off(session, base_id=work.base.id)
        if preferences is not None and not preferences.invites:
            return "invitations_off"
        return "invitations_off_of_owner" if work.owner.id in off else ""

    async def _schedules(self, base_id: str, link_id: str | None, known: dict[str, bool | None]) -> bool | None:
        """Whether the server of a linked calendar writes to people; None while it cannot be asked."""
        if link_id is None:
            return False
        if link_id not in known:
            known[link_id] = await self._asked(base_id, link_id)
        return known[link_id]

    async def _asked(self, base_id: str, link_id: str) -> bool | None:
        async with self._store.read() as session:
            found = await queries.calendars(session, base_id=base_id, link_ids=[link_id])
        if link_id not in found:
            return False
        link, account = found[link_id]
        try:
            driver = await self._connections.driver_of(account)
            if Capability.SCHEDULES not in driver.descriptor.capabilities:
                return False
            return bool(await driver.call("schedules", lambda one: one.schedules(link.calendar)))
        except (Problem, ProviderError) as error:
            if isinstance(error, Unavailable):
                raise
            log.info("a calendar was not asked whether it invites", link=link_id, code=error.code)
            return None

    async def _send(self, work: _Work, people: Sequence[Invited]) -> None:
        invitation = work.invitation
        words = await asyncio.to_thread(
            letter,
            self._wording,
            invitation.ical,
            invitation.what,
            organizer=work.owner.name,
            language=invitation.language,
            home=ZoneInfo(work.base.time_zone),
        )
        request = MailRequest(
            sender=work.owner.code,
            to=tuple(_named(person) for person in people),
            subject=words.subject,
            text=words.text,
            calendar=CalendarPart(invitation.method, invitation.ical),
        )
        try:
            sent = await self._sending.send_mail(
                operator_of(work.base, "platform:agenda"), request, idempotency_key=f"invitation:{invitation.id}"
            )
        except Unavailable:
            raise
        except Conflicting as conflict:
            if conflict.code != "idempotency_key_reused":
                await self._failed(work, people, conflict)
                return
            # It went, to more people than still wait: one of them was removed in between.
            await self._settle(work, people, "sent")
        except Problem as problem:
            await self._failed(work, people, problem)
        else:
            await self._settle(work, people, "sent", message_id=sent.id)

    async def _failed(self, work: _Work, people: Sequence[Invited], problem: Problem) -> None:
        log.warning("invitation not sent", invitation=work.invitation.id, code=problem.code)
        await self._settle(work, people, "failed", problem.code, params=problem.params)

    async def _settle(
        self,
        work: _Work,
        people: Collection[Invited],
        state: str,
        note: str = "",
        *,
        params: Mapping[str, Any] | None = None,
        message_id: str | None = None,
    ) -> None:
        async with self._store.write() as session:
            await queries.settle(
                session,
                base_id=work.base.id,
                invitation_id=work.invitation.id,
                addresses=[person.address for person in people],
                state=state,
                note=note,
                note_params=params,
                message_id=message_id,
            )


def _named(person: Invited) -> str:
    """As an address is written; of a name what can stand there."""
    name = " ".join(_UNNAMEABLE.sub(" ", person.name).split())[:100]
    return f"{name} <{person.email}>" if name else person.email
