"""Invitations: calendars of servers, answers, and what goes wrong. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar

from xrm_platform.problems import Missing

from .conftest import paris

ANNA, BEN = "anna@client.example", "ben@client.example"
MORNING = "2026-03-05T09:00"


IMPORTED = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:imported\r\nDTSTAMP:20260301T080000Z\r\n"
    "DTSTART:20260305T090000Z\r\nDTEND:20260305T100000Z\r\nSUMMARY:Ailleurs\r\nORGANIZER:mailto:{organizer}\r\n"
    "ATTENDEE;PARTSTAT=ACCEPTED{params}:mailto:anna@client.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


async def test_an_account_that_is_missing_is_said(xrm, admin, add, invited):
    made = await add(start=MORNING, participants=(ANNA,))
    await xrm.run_until_idle()

    assert (await invited(made))[ANNA][:2] == ("failed", "no_account")


# Servers of calendars


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
