"""A whole platform over a real database: a base with DIR, who manages COM, who manages NEW, and ALONE beside them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet

from xrm_platform.agenda import EventGiven
from xrm_platform.agenda.sync.tables import EventLink
from xrm_platform.agenda.tables import Event
from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.people.actor import Actor
from xrm_platform.providers import Channel, hookimpl
from xrm_platform.registry import InProcessPlugin
from xrm_platform.store import new_id
from xrm_platform.testing.memory_calendar import MEMORY_CALENDAR, MemoryCalendar, memory_calendar_service
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail, memory_mail_service
from xrm_platform.testing.memory_sms import MEMORY_SMS, MemorySms, memory_sms_service

PARIS = ZoneInfo("Europe/Paris")
PEOPLE = {"DIR": None, "COM": "DIR", "NEW": "COM", "ALONE": None}


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


class MemoryProviders:
    @hookimpl
    def xrm_mail_providers(self):
        return [MEMORY_MAIL]

    @hookimpl
    def xrm_sms_providers(self):
        return [MEMORY_SMS]

    @hookimpl
    def xrm_calendar_providers(self):
        return [MEMORY_CALENDAR]


PLUGIN = InProcessPlugin(
    "memory",
    MemoryProviders(),
    {
        (Channel.MAIL, "memory_mail"): MemoryMail,
        (Channel.SMS, "memory_sms"): MemorySms,
        (Channel.CALENDAR, "memory_calendar"): MemoryCalendar,
    },
)


@pytest.fixture
def config(database_url, tmp_path):
    return Config(
        home=tmp_path,
        database_url=database_url,
        secret_keys=(Fernet.generate_key().decode(),),
        public_url="https://xrm.example",
    )


@pytest.fixture
async def xrm(config, clock):
    async with Platform.open(config, plugins=[PLUGIN], now=clock) as platform:
        yield platform


@pytest.fixture
async def admin(xrm):
    """The operator."""
    await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
    actor = await xrm.bases.operator("ACME", "operator:test")
    for code, manager in PEOPLE.items():
        await xrm.collaborators.create(
            actor, code, last_name=code.title(), email=f"{code.lower()}@acme.example", manager=manager
        )
    await xrm.collaborators.change(actor, "COM", {"mobile": "0612345678"})
    return actor


@pytest.fixture
async def ids(xrm, admin):
    """The id of each collaborator by code."""
    from xrm_platform.people import lookup

    async with xrm.store.read() as session:
        return {code: one for one, code in (await lookup.codes(session, base_id=admin.base_id)).items()}


@pytest.fixture
def as_(admin, ids):
    """The actor that a signed-in collaborator is."""

    def actor(code: str, *, is_admin: bool = False) -> Actor:
        return Actor(
            base_id=admin.base_id,
            base_code="ACME",
            name=f"user:{code.lower()}",
            is_admin=is_admin,
            xrm_allowed=True,
            collaborator_id=ids[code],
            user_id=code,
        )

    return actor


@pytest.fixture
def add(xrm, admin):
    """Add an event; unless said otherwise an hour on Monday, 2 March 2026 from 9 o'clock, of COM."""

    async def made(summary="Visite", start="2026-03-02T09:00", *, owner="COM", actor=None, **more):
        given = EventGiven(owner, summary, paris(start) if isinstance(start, str) else start, **more)
        return await xrm.agenda.add(actor or admin, given)

    return made


async def _account(xrm, admin, slug):
    await xrm.providers.enable(admin, slug)
    settings = {"service": str(xrm.config.home), "password": "s3cret"}
    await xrm.accounts.add(admin, slug, slug, settings, default=True)


@pytest.fixture
async def mail(xrm, admin, tmp_path):
    """A mail account of the base; what it has sent is in the service."""
    await _account(xrm, admin, "memory_mail")
    return memory_mail_service(str(tmp_path))


@pytest.fixture
async def sms(xrm, admin, tmp_path):
    await xrm.sms_pause.release(admin)
    await _account(xrm, admin, "memory_sms")
    return memory_sms_service(str(tmp_path))


@pytest.fixture
def sent(xrm, mail):
    """Method, recipients and subject of each mail since the last time."""
    seen = 0

    async def found():
        nonlocal seen
        await xrm.run_until_idle()
        new = mail.accepted[seen:]
        seen = len(mail.accepted)
        return [
            (one.mail.calendar.method, sorted(one.recipients), one.mail.subject)
            for one in new
            if one.mail.calendar is not None
        ]

    return found


@pytest.fixture
def invited(xrm, admin):
    async def found(event):
        view = await xrm.agenda.get(admin, event.id)
        return {one.email: (one.invited, one.invited_note, one.status) for one in view.participants}

    return found


@pytest.fixture
def reply(xrm, admin):
    """Hand an answer in, as it comes by mail."""

    async def taken(event, who, status="ACCEPTED", *, sender=None, method="REPLY", sequence=0, stamp="0900", more=""):
        text = (
            f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Other//EN\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n"
            f"UID:{event.uid}\r\nDTSTAMP:20260302T{stamp}00Z\r\nSEQUENCE:{sequence}\r\nORGANIZER:mailto:com@acme.example"
            f"\r\nATTENDEE;PARTSTAT={status}:mailto:{who}\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
        async with xrm.store.write() as session:
            (one,) = await xrm.answers.take_reply(session, admin.base_id, sender or who, text)
        return (one.taken, one.note)

    return taken


@pytest.fixture
def calendar(tmp_path):
    return memory_calendar_service(str(tmp_path))


@pytest.fixture
def linked(xrm, admin, calendar):
    """Note that an event is in a calendar elsewhere with this text."""

    async def link(event, theirs):
        await xrm.providers.enable(admin, "memory_calendar")
        settings = {"service": str(xrm.config.home), "password": "s"}
        account = await xrm.accounts.add(admin, "memory_calendar", "Elsewhere", settings, collaborator="COM")
        link = await xrm.calendar_links.link(admin, "COM", account=account.id, auto_sync=False)
        async with xrm.store.write() as session:
            row = await session.get(Event, event.id)
            known = EventLink(
                id=new_id(),
                base_id=admin.base_id,
                link_id=link.id,
                event_id=event.id,
                ref="there",
                agreed_ours=row.ical,
                agreed_theirs=theirs,
                state="clean",
                reason_params={},
                changed_at=row.changed_at,
            )
            session.add(known)

    return link
