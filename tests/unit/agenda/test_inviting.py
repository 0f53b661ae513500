"""People outside are invited and told of changes, once each, and their answers are taken. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from xrm_platform.agenda import Part
from xrm_platform.agenda.invitations.tables import Invited
from xrm_platform.app import Platform
from xrm_platform.messaging import RulesChanges
from xrm_platform.people.contacts.given import MailGiven

from .conftest import PLUGIN, paris

ANNA, BEN = "anna@client.example", "ben@client.example"
MORNING = "2026-03-05T09:00"


IMPORTED = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:imported\r\nDTSTAMP:20260301T080000Z\r\n"
    "DTSTART:20260305T090000Z\r\nDTEND:20260305T100000Z\r\nSUMMARY:Ailleurs\r\nORGANIZER:mailto:{organizer}\r\n"
    "ATTENDEE;PARTSTAT=ACCEPTED{params}:mailto:anna@client.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


async def test_one_mail_invites_all_who_are_told_the_same(xrm, add, sent, invited, mail):
    made = await add(start=MORNING, participants=("DIR", f"Anna <{ANNA}>", BEN), location="Lyon")
    assert await invited(made) == {
        "dir@acme.example": (None, "", "needs-action"),
        ANNA: ("waiting", "", "needs-action"),
        BEN: ("waiting", "", "needs-action"),
    }

    assert await sent() == [
        ("REQUEST", [ANNA, BEN], "Invitation\u00a0: Visite, jeudi 5 mars 2026, 09:00–10:00 (Europe/Paris)")
    ]
    assert (await invited(made))[ANNA] == ("sent", "", "needs-action")
    (one,) = mail.accepted
    assert (one.mail.sender.email, one.mail.to[0].name) == ("com@acme.example", "Anna")
    assert "Où\u00a0: Lyon" in one.mail.text
    assert Calendar.from_ical(one.mail.calendar.text).walk("VEVENT")[0]["UID"] == made.uid
    await xrm.run_until_idle()
    assert await sent() == []


async def test_the_signature_of_who_invites_is_under_it(xrm, admin, add, sent, mail):
    await xrm.collaborators.change(admin, "COM", {"signature_text": "Camille\nAcme"})
    await add(start=MORNING, participants=(ANNA,))
    await sent()

    assert mail.accepted[0].mail.text.endswith("-- \nCamille\nAcme\n")


async def test_each_is_written_to_in_their_language(xrm, admin, add, sent):
    await xrm.contacts.create(admin, last_name="Anna", mails=(MailGiven(ANNA.upper()),), language="en")
    await add(start=MORNING, participants=(ANNA, BEN))

    subjects = {tuple(to): subject.split("Visite")[0] for _, to, subject in await sent()}
    assert subjects == {(ANNA,): "Invitation: ", (BEN,): "Invitation\u00a0: "}


async def test_changes_go_to_whom_they_concern(xrm, admin, add, sent):
    made = await add(start=MORNING, participants=(ANNA, BEN))
    await sent()

    await xrm.agenda.move(admin, made.id, paris("2026-03-05T11:00"))
    assert [(method, to) for method, to, _ in await sent()] == [("REQUEST", [ANNA, BEN])]
    await xrm.agenda.change(admin, made.id, {"description": "interne"})
    assert await sent() == []
    await xrm.agenda.change(admin, made.id, {"participants": (BEN, "cleo@client.example")})
    assert sorted((method, to) for method, to, _ in await sent()) == [
        ("CANCEL", [ANNA]),
        ("REQUEST", ["cleo@client.example"]),
    ]
    await xrm.agenda.cancel(admin, made.id)
    assert [(method, to) for method, to, _ in await sent()] == [("CANCEL", [BEN, "cleo@client.example"])]
    await xrm.agenda.delete(admin, made.id)
    assert await sent() == []


async def test_a_deleted_event_is_cancelled(xrm, admin, add, sent):
    made = await add(start=MORNING, participants=(ANNA,))
    await sent()

    await xrm.agenda.delete(admin, made.id)

    assert await sent() == [("CANCEL", [ANNA], "Annulé\u00a0: Visite, jeudi 5 mars 2026, 09:00–10:00 (Europe/Paris)")]


async def test_one_occurrence_of_a_series_is_told_alone(xrm, admin, add, sent, mail):
    made = await add(start=MORNING, participants=(ANNA,), recurrence="FREQ=WEEKLY;BYDAY=TH;COUNT=4")
    ((_, _, _),) = await sent()
    assert "Se répète\u00a0: toutes les semaines (jeudi), 4 fois" in mail.accepted[0].mail.text

    await xrm.agenda.move(admin, made.id, paris("2026-03-12T15:00"), part=Part.THIS, occurrence="20260312T080000Z")
    await xrm.agenda.delete(admin, made.id, part=Part.THIS, occurrence="20260319T080000Z")
    await sent()

    moved, dropped = [Calendar.from_ical(one.mail.calendar.text) for one in mail.accepted[1:]]
    assert (moved["METHOD"], dropped["METHOD"]) == ("REQUEST", "CANCEL")
    ids = [one.walk("VEVENT")[0]["RECURRENCE-ID"].dt.day for one in (moved, dropped)]
    assert ids == [12, 19]
    assert "une seule date" in mail.accepted[1].mail.text


async def test_several_changes_before_anything_went_are_one_invitation(xrm, admin, add, sent, invited):
    made = await add(start=MORNING, participants=(ANNA, BEN))
    await xrm.agenda.move(admin, made.id, paris("2026-03-05T11:00"))
    await xrm.agenda.change(admin, made.id, {"participants": (ANNA,)})

    assert await sent() == [
        ("REQUEST", [ANNA], "Invitation\u00a0: Visite, jeudi 5 mars 2026, 11:00–12:00 (Europe/Paris)")
    ]


async def test_nothing_is_lost_and_nothing_goes_twice_whatever_restarts(xrm, admin, add, config, clock, mail):
    made = await add(start=MORNING, participants=(ANNA,))
    for _ in range(2):
        async with Platform.open(config, plugins=[PLUGIN], now=clock) as again:
            clock.advance(timedelta(minutes=2))
            await again.run_until_idle()
    assert [one.recipients for one in mail.accepted] == [(ANNA,)]

    # As if the process had died between the message and the note that it went.
    async with xrm.store.write() as session:
        (row,) = (await session.scalars(select(Invited))).all()
        row.state, row.message_id = "waiting", None
    await xrm.run_until_idle()
    await xrm.agenda.move(admin, made.id, paris("2026-03-05T12:00"))
    await xrm.run_until_idle()

    assert len(mail.accepted) == 2


@pytest.mark.parametrize(
    "owner",
    [None, "COM"],
)
async def test_invitations_can_be_switched_off(xrm, admin, add, sent, invited, owner):
    await xrm.agenda_settings.set_inviting(admin, invites=False, owner=owner)
    made = await add(start=MORNING, participants=(ANNA,))
    note = "invitations_off" if owner is None else "invitations_off_of_owner"

    assert await sent() == []
    assert (await invited(made))[ANNA][:2] == ("skipped", note)
    await xrm.agenda_settings.set_inviting(admin, invites=True, owner=owner)
    await xrm.agenda.change(admin, made.id, {"participants": ()})
    assert await sent() == []  # who was never asked is not told that it is off


async def test_what_is_switched_off_before_it_went_does_not_go(xrm, admin, add, sent, invited):
    made = await add(start=MORNING, participants=(ANNA,))
    await xrm.agenda_settings.set_inviting(admin, invites=False)

    assert await sent() == []
    assert (await invited(made))[ANNA][:2] == ("skipped", "invitations_off")


async def test_past_events_invite_nobody(add, sent, invited):
    made = await add(start="2026-02-20T09:00", participants=(ANNA,))

    assert await sent() == []
    assert (await invited(made))[ANNA][:2] == ("skipped", "event_past")


async def test_tasks_and_notes_invite_nobody(add, sent, invited):
    made = await add(start=MORNING, kind="task", participants=(ANNA,))

    assert await sent() == []
    assert (await invited(made))[ANNA][0] is None


@pytest.mark.parametrize(
    ("organizer", "told"), [("COM@acme.example", ["REQUEST", "CANCEL"]), ("boss@elsewhere.example", [])]
)
async def test_what_is_imported_invites_nobody_until_it_is_changed_here(xrm, admin, sent, organizer, told):
    await xrm.agenda_files.load(admin, "COM", IMPORTED.format(organizer=organizer, params="").encode())
    assert await sent() == []

    (event,) = (await xrm.agenda.list(admin, owner="COM")).items
    await xrm.agenda.move(admin, event.id, paris("2026-03-05T14:00"))
    moved = [method for method, _, _ in await sent()]
    await xrm.agenda.delete(admin, event.id)

    assert moved + [method for method, _, _ in await sent()] == told


async def test_a_move_opens_the_answers_again(xrm, admin, add, sent, reply, invited):
    made = await add(start=MORNING, participants=(ANNA,))
    await sent()
    await reply(made, ANNA)
    assert (await invited(made))[ANNA][2] == "accepted"

    await xrm.agenda.change(admin, made.id, {"location": "Lyon"})
    assert (await invited(made))[ANNA][2] == "accepted"
    await xrm.agenda.move(admin, made.id, paris("2026-03-05T11:00"))

    assert (await invited(made))[ANNA][2] == "needs-action"


async def test_in_test_mode_invitations_go_where_all_mail_goes(xrm, admin, add, sent):
    await xrm.rules.change(admin, RulesChanges(test_mode=True, test_mails=("test@acme.example",)))
    await add(start=MORNING, participants=(ANNA,))

    ((method, to, subject),) = await sent()
    assert (method, to) == ("REQUEST", ["test@acme.example"])
    assert subject.startswith(f"[TEST: {ANNA}]")
