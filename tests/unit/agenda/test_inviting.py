"""People outside are invited and told of changes, once each, and their answers are taken. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from xrm_platform.agenda import Part
from xrm_platform.agenda.invitations.tables import Invited
from xrm_platform.agenda.sync.tables import EventLink
from xrm_platform.agenda.tables import Event
from xrm_platform.app import Platform
from xrm_platform.messaging import RulesChanges
from xrm_platform.people.contacts.given import MailGiven
from xrm_platform.problems import Missing
from xrm_platform.store import new_id
from xrm_platform.testing.memory_calendar import memory_calendar_service

from .conftest import PLUGIN, paris

ANNA, BEN = "anna@client.example", "ben@client.example"
MORNING = "2026-03-05T09:00"


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


async def test_one_mail_invites_all_who_are_told_the_same(xrm, add, sent, invited, mail):
    made = await add(start=MORNING, participants=("DIR", f"Anna <{ANNA}>", BEN), location="Lyon")
    assert await invited(made) == {
        "dir@acme.example": (None, "", "needs-action"),
        ANNA: ("waiting", "", "needs-action"),
        BEN: ("waiting", "", "needs-action"),
    }

    assert await sent() == [
        ("REQUEST", [ANNA, BEN], "Invitation : Visite, jeudi 5 mars 2026, 09:00–10:00 (Europe/Paris)")
    ]
    assert (await invited(made))[ANNA] == ("sent", "", "needs-action")
    (one,) = mail.accepted
    assert (one.mail.sender.email, one.mail.to[0].name) == ("com@acme.example", "Anna")
    assert "Où : Lyon" in one.mail.text
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

    subjects = {tuple(to): subject.split(" ")[0] for _, to, subject in await sent()}
    assert subjects == {(ANNA,): "Invitation:", (BEN,): "Invitation"}


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

    assert await sent() == [("CANCEL", [ANNA], "Annulé : Visite, jeudi 5 mars 2026, 09:00–10:00 (Europe/Paris)")]


async def test_one_occurrence_of_a_series_is_told_alone(xrm, admin, add, sent, mail):
    made = await add(start=MORNING, participants=(ANNA,), recurrence="FREQ=WEEKLY;BYDAY=TH;COUNT=4")
    ((_, _, _),) = await sent()
    assert "Se répète : toutes les semaines (jeudi), 4 fois" in mail.accepted[0].mail.text

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

    assert await sent() == [("REQUEST", [ANNA], "Invitation : Visite, jeudi 5 mars 2026, 11:00–12:00 (Europe/Paris)")]


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


IMPORTED = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:imported\r\nDTSTAMP:20260301T080000Z\r\n"
    "DTSTART:20260305T090000Z\r\nDTEND:20260305T100000Z\r\nSUMMARY:Ailleurs\r\nORGANIZER:mailto:{organizer}\r\n"
    "ATTENDEE;PARTSTAT=ACCEPTED{params}:mailto:anna@client.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


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


async def test_an_account_that_is_missing_is_said(xrm, admin, add, invited):
    made = await add(start=MORNING, participants=(ANNA,))
    await xrm.run_until_idle()

    assert (await invited(made))[ANNA][:2] == ("failed", "no_account")


# Servers of calendars


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


@pytest.mark.parametrize(
    ("writes_to_people", "params", "told"),
    [(True, "", False), (False, "", True), (True, ";SCHEDULE-AGENT=CLIENT", True)],
)
async def test_whom_the_server_of_a_calendar_tells_is_not_told_twice(
    xrm, admin, sent, invited, linked, calendar, writes_to_people, params, told
):
    theirs = IMPORTED.format(organizer="com@acme.example", params=params)
    await xrm.agenda_files.load(admin, "COM", theirs.replace(params, "").encode() if params else theirs.encode())
    (event,) = (await xrm.agenda.list(admin, owner="COM")).items
    await linked(event, theirs)
    calendar.writes_to_people = writes_to_people

    await xrm.agenda.move(admin, event.id, paris("2026-03-05T14:00"))

    assert [method for method, _, _ in await sent()] == (["REQUEST"] if told else [])
    assert (await invited(event))[ANNA][:2] == (("sent", "") if told else ("skipped", "told_by_server"))


async def test_while_a_server_cannot_be_asked_its_people_wait(xrm, admin, sent, invited, linked, calendar, clock):
    theirs = IMPORTED.format(organizer="com@acme.example", params="")
    await xrm.agenda_files.load(admin, "COM", theirs.encode())
    (event,) = (await xrm.agenda.list(admin, owner="COM")).items
    await linked(event, theirs)
    await calendar.go_down()
    await xrm.agenda.change(admin, event.id, {"summary": "Autrement"})

    assert await sent() == []
    assert (await invited(event))[ANNA][0] == "waiting"
    clock.advance(timedelta(hours=25))
    assert await sent() == []
    assert (await invited(event))[ANNA][:2] == ("failed", "calendar_not_reached")


# Answers


@pytest.mark.parametrize("status", ["ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"])
async def test_an_answer_changes_the_status_and_nothing_else(xrm, admin, add, sent, reply, status):
    made = await add(start=MORNING, participants=("DIR", f"Anna <{ANNA}>"), reminders=())
    await sent()
    before = await xrm.agenda.ical(admin, made.id)

    assert await reply(made, ANNA, status, sender="Anna@Client.example") == (True, "")

    after = await xrm.agenda.ical(admin, made.id)
    unfolded = [text.replace("\r\n ", "").split("\r\n") for text in (before, after)]
    changed = [(old, new) for old, new in zip(*unfolded, strict=True) if old != new]
    assert [(new, old.replace("NEEDS-ACTION", status)) for old, new in changed] == [(new, new) for _, new in changed]
    assert len(changed) == 1
    assert await sent() == []
    entry = (await xrm.audit.list(admin)).items[0]
    assert (entry.action, entry.actor) == ("event.answered", f"mail:{ANNA}")
    assert entry.changes["status"] == ["needs-action", status.lower()]


async def test_an_answer_for_somebody_else_or_from_a_stranger_is_noted_only(xrm, admin, add, sent, reply, invited):
    made = await add(start=MORNING, participants=(ANNA,))
    await sent()

    assert await reply(made, ANNA, sender="eve@evil.example") == (False, "not_the_attendee")
    assert await reply(made, "eve@evil.example") == (False, "unknown_attendee")

    assert await invited(made) == {ANNA: ("sent", "", "needs-action")}
    shown = await xrm.invitations.of(admin, made.id)
    assert [(one.address, one.taken, one.note) for one in shown.answers] == [
        ("eve@evil.example", False, "unknown_attendee"),
        ("eve@evil.example", False, "not_the_attendee"),
    ]


async def test_older_answers_change_nothing(xrm, admin, add, sent, reply, invited):
    made = await add(start=MORNING, participants=(ANNA,))
    await sent()
    assert await reply(made, ANNA, "DECLINED", stamp="1000") == (True, "")
    assert await reply(made, ANNA, "ACCEPTED", stamp="0930") == (False, "older_answer")
    assert await reply(made, ANNA, "DECLINED", stamp="1000") == (False, "answered_already")
    await xrm.agenda.move(admin, made.id, paris("2026-03-05T11:00"))
    await sent()

    assert await reply(made, ANNA, "ACCEPTED", stamp="1100", sequence=0) == (False, "older_invitation")
    assert await reply(made, ANNA, "ACCEPTED", stamp="1200", sequence=1) == (True, "")
    assert (await invited(made))[ANNA][2] == "accepted"


async def test_a_change_that_was_not_told_does_not_make_an_answer_old(xrm, admin, add, sent, reply):
    made = await add(start=MORNING, participants=(ANNA,))
    await sent()
    await xrm.agenda_settings.set_inviting(admin, invites=False)
    await xrm.agenda.move(admin, made.id, paris("2026-03-05T11:00"))
    await sent()

    assert await reply(made, ANNA, sequence=0) == (True, "")


async def test_an_answer_for_one_occurrence_is_kept_with_that_one(xrm, admin, add, sent, reply, invited):
    made = await add(start=MORNING, participants=(ANNA,), recurrence="FREQ=WEEKLY;COUNT=3")
    await sent()

    of_second = "RECURRENCE-ID:20260312T080000Z\r\n"
    assert await reply(made, ANNA, "DECLINED", more=of_second) == (True, "")
    assert await reply(made, ANNA, "ACCEPTED", stamp="0930") == (True, "")
    assert await reply(made, ANNA, more="RECURRENCE-ID:20260313T080000Z\r\n") == (False, "unknown_occurrence")

    parts = Calendar.from_ical(await xrm.agenda.ical(admin, made.id)).walk("VEVENT")
    assert [part["ATTENDEE"].params["PARTSTAT"] for part in parts] == ["ACCEPTED", "DECLINED"]
    assert [part["SEQUENCE"] for part in parts] == [0, 0]
    assert await sent() == []


async def test_another_time_that_is_proposed_is_noted_for_the_owner(xrm, admin, add, sent, reply, invited):
    made = await add(start=MORNING, participants=(ANNA,))
    await sent()
    more = "DTSTART:20260306T090000Z\r\nDTEND:20260306T100000Z\r\nCOMMENT:Plutôt vendredi\\, merci\r\n"

    assert await reply(made, ANNA, "TENTATIVE", method="COUNTER", more=more) == (False, "other_time_proposed")

    (noted,) = (await xrm.invitations.of(admin, made.id)).answers
    assert (noted.kind, noted.comment, noted.proposed_start) == (
        "counter",
        "Plutôt vendredi, merci",
        "2026-03-06T09:00:00+00:00",
    )
    assert (await invited(made))[ANNA][2] == "needs-action"


async def test_an_answer_about_an_event_that_nobody_has_is_nothing(xrm, admin, add, reply):
    made = await add(start=MORNING, participants=(ANNA,))
    await xrm.agenda.delete(admin, made.id)

    assert await reply(made, ANNA) == (False, "unknown_event")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR",
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR",
    ],
)
async def test_what_answers_nothing_is_left_alone(xrm, admin, text):
    async with xrm.store.write() as session:
        assert await xrm.answers.take_reply(session, admin.base_id, ANNA, text) == ()


async def test_what_was_told_is_shown_to_those_who_see_the_event(xrm, admin, as_, add, sent):
    made = await add(start=MORNING, participants=(f"Anna <{ANNA}>",), private=True)
    await sent()

    shown = await xrm.invitations.of(as_("COM"), made.id)
    (one,) = shown.sent
    assert (one.method, one.what, one.sequence, one.created_by) == ("REQUEST", "invited", 0, "operator:test")
    (person,) = one.people
    assert (person.address, person.name, person.state) == (ANNA, "Anna", "sent")
    assert (await xrm.messages.get(admin, person.message)).state == "sent"
    for other in ("DIR", "ALONE"):
        with pytest.raises(Missing):
            await xrm.invitations.of(as_(other), made.id)
