"""Reminders go once, in time, to whom they are for; owners hear of what others changed. On both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from xrm_platform.agenda import ReminderGiven
from xrm_platform.agenda.tables import OwnerNotice, ReminderRow
from xrm_platform.app import Platform
from xrm_platform.messaging.rules.simplifying import unaccented

from .conftest import PLUGIN


@pytest.fixture
def rows(xrm):
    async def found():
        async with xrm.store.read() as session:
            query = select(ReminderRow).order_by(ReminderRow.due_at)
            return [(row.state, row.note) for row in (await session.scalars(query)).all()]

    return found


async def messages(xrm, admin):
    page = await xrm.messages.list(admin)
    return [(one.channel, one.subject or one.text, [to.address for to in one.recipients]) for one in page.items]


async def test_the_owner_is_reminded_by_mail_and_by_sms(xrm, admin, add, mail, sms, clock):
    await add(
        start="2026-03-02T10:00",
        reminders=(ReminderGiven(30, "mail"), ReminderGiven(30, "sms")),
        location="Lyon",
    )  # the clock shows 9 o'clock in Paris
    await xrm.run_until_idle()
    assert await messages(xrm, admin) == []

    clock.advance(timedelta(minutes=30))
    await xrm.run_until_idle()

    assert sorted(await messages(xrm, admin)) == [
        ("mail", "Rappel\N{NO-BREAK SPACE}: Visite, lundi 2 mars 2026, 10:00", ["com@acme.example"]),
        ("sms", "Rappel : Visite, lundi 2 mars 2026, 10:00 Lyon", ["+33612345678"]),
    ]


async def test_typography_makes_no_reminder_by_sms_dear(xrm, admin, add, sms, clock):
    await add(start="2026-08-02T10:00", summary="Visite de l’appartement – Lyon", reminders=(ReminderGiven(30, "sms"),))
    clock.advance(datetime.fromisoformat("2026-08-02T09:30+02:00") - clock())
    await xrm.run_until_idle()

    (sent,) = (await xrm.messages.list(admin)).items
    assert sent.text.rstrip() == "Rappel : Visite de l'appartement - Lyon, dimanche 2 aout 2026, 10:00"
    assert sent.text == unaccented(sent.text)


async def test_the_contact_is_reminded_where_it_is_asked(xrm, admin, add, mail, sms, clock):
    await add(
        start="2026-03-02T10:00",
        participants=("DIR", "Bob <bob@client.example>"),
        reminders=(ReminderGiven(30, "mail", "contact"), ReminderGiven(30, "sms", "contact", "06 98 76 54 32")),
    )
    clock.advance(timedelta(minutes=31))
    await xrm.run_until_idle()

    # Bob was invited as well.
    reminders = [to for _, text, to in await messages(xrm, admin) if text.startswith("Rappel")]
    assert sorted(reminders) == [["+33698765432"], ["bob@client.example"]]
    by_nobody = {one.mail.subject.split()[0]: one.mail.headers for one in mail.accepted}
    assert by_nobody == {"Invitation": {}, "Rappel": {"Auto-Submitted": "auto-generated"}}


async def test_each_occurrence_is_reminded_of_once_however_often_the_platform_starts(
    xrm, admin, add, mail, clock, config
):
    await add(start="2026-03-02T10:00", recurrence="FREQ=DAILY;COUNT=3", reminders=(ReminderGiven(30),))

    for _ in range(3):
        clock.advance(timedelta(days=1))
        clock.time = clock.time.replace(hour=8, minute=40)
        async with Platform.open(config, plugins=[PLUGIN], now=clock) as again:
            await again.run_until_idle()
            await again.run_until_idle()

    found = await messages(xrm, admin)
    assert len(found) == 2  # of the third and the fourth; the second passed unreminded
    assert len({subject for _, subject, _ in found}) == 2


async def test_a_crash_before_the_note_that_it_went_sends_nothing_twice(xrm, admin, add, mail, clock, rows):
    made = await add(start="2026-03-02T10:00", reminders=(ReminderGiven(30),))
    clock.advance(timedelta(minutes=31))
    await xrm.run_until_idle()

    async with xrm.store.write() as session:
        for row in (await session.scalars(select(ReminderRow))).all():
            row.state, row.message_id = "waiting", None
    await xrm.agenda.change(admin, made.id, {"summary": "Autrement"})
    await xrm.run_until_idle()

    assert len(await messages(xrm, admin)) == 1
    assert await rows() == [("sent", "")]


async def test_a_late_one_still_goes_within_the_hour_and_is_noted_after_it(xrm, admin, add, mail, clock, rows):
    await add(start="2026-03-02T10:00", reminders=(ReminderGiven(30),))
    await add(start="2026-03-02T12:00", reminders=(ReminderGiven(90),))
    clock.advance(timedelta(minutes=29 + 62))

    await xrm.run_until_idle()

    assert await rows() == [("skipped", "reminder_late"), ("sent", "")]


async def test_a_moved_event_is_reminded_of_at_its_new_time(xrm, admin, add, mail, clock):
    made = await add(start="2026-03-02T10:00", reminders=(ReminderGiven(30),))
    clock.advance(timedelta(minutes=31))
    await xrm.run_until_idle()
    await xrm.agenda.move(admin, made.id, datetime.fromisoformat("2026-03-02T12:00"))

    clock.advance(timedelta(hours=2))
    await xrm.run_until_idle()

    assert [subject[-5:] for _, subject, _ in await messages(xrm, admin)] == ["12:00", "10:00"]


async def test_nobody_is_reminded_of_what_is_cancelled_or_deleted(xrm, admin, add, mail, clock, rows):
    cancelled = await add(start="2026-03-02T10:00", reminders=(ReminderGiven(30),))
    deleted = await add(start="2026-03-02T10:00", reminders=(ReminderGiven(30),))
    series = await add(start="2026-03-02T10:00", recurrence="FREQ=DAILY;COUNT=2", reminders=(ReminderGiven(30),))
    await xrm.agenda.cancel(admin, cancelled.id)
    await xrm.agenda.delete(admin, deleted.id)
    await xrm.agenda.cancel(admin, series.id, occurrence="20260302T090000Z")
    clock.advance(timedelta(minutes=31))

    await xrm.run_until_idle()

    assert await messages(xrm, admin) == []
    assert await rows() == [("waiting", "")]


async def test_a_reminder_that_cannot_go_fails_alone(xrm, admin, add, mail, clock, rows):
    await add(owner="DIR", start="2026-03-02T10:00", reminders=(ReminderGiven(30, "sms"), ReminderGiven(29, "mail")))
    clock.advance(timedelta(minutes=32))

    await xrm.run_until_idle()

    assert await rows() == [("failed", "owner_without_mobile"), ("sent", "")]


async def test_the_owner_hears_of_what_the_manager_changed(xrm, admin, as_, add, mail):
    made = await add()
    await xrm.agenda.move(as_("COM"), made.id, datetime.fromisoformat("2026-03-03T10:00"))
    await xrm.run_until_idle()
    assert await messages(xrm, admin) == []

    await xrm.agenda.move(as_("DIR"), made.id, datetime.fromisoformat("2026-03-04T10:00"))
    await xrm.run_until_idle()
    await xrm.run_until_idle()

    assert await messages(xrm, admin) == [
        ("mail", "Dir a déplacé un événement\N{NO-BREAK SPACE}: Visite", ["com@acme.example"])
    ]


async def test_a_change_needs_no_mail_account(xrm, admin, as_, add):
    made = await add()

    moved = await xrm.agenda.move(as_("DIR"), made.id, datetime.fromisoformat("2026-03-04T10:00"))
    await xrm.run_until_idle()

    assert moved.start.startswith("2026-03-04")
    async with xrm.store.read() as session:
        assert (await session.scalars(select(OwnerNotice))).all() == []


async def test_a_base_may_tell_owners_nothing(xrm, admin, as_, add, mail):
    assert (await xrm.agenda_settings.get(admin)).tell_owner
    await xrm.agenda_settings.set_tell_owner(admin, tell=False)
    made = await add()

    await xrm.agenda.cancel(as_("DIR"), made.id)
    await xrm.run_until_idle()

    assert await messages(xrm, admin) == []


async def test_a_reminder_of_something_private_does_not_say_what_it_is(xrm, admin, add, mail, sms, clock):
    reminders = (ReminderGiven(30, "mail"), ReminderGiven(30, "sms"))
    await add("Médecin", "2026-03-02T10:00", private=True, location="Lyon", reminders=reminders)
    clock.advance(timedelta(minutes=30))
    await xrm.run_until_idle()

    said = (await xrm.messages.list(admin)).items
    assert len(said) == 2
    assert not [one for one in said if "Médecin" in repr(one) or "Lyon" in repr(one)]
    assert all("événement privé" in one.text or "evenement prive" in one.text for one in said)
