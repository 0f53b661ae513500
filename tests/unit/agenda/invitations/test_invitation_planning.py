"""What people outside are told after a change: to whom, by which method, under which SEQUENCE, and nothing of ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from xrm_platform.agenda.editing import Edit, Target, _edited
from xrm_platform.agenda.ical.changes import Changes
from xrm_platform.agenda.ical.components import Participant, Reminder
from xrm_platform.agenda.ical.editing import calendar_of, composed, drop_occurrence
from xrm_platform.agenda.ical.recurrence import read_series
from xrm_platform.agenda.ical.rules import parse_rule
from xrm_platform.agenda.ical.values import Moment
from xrm_platform.agenda.invitations.asking_again import asked_again
from xrm_platform.agenda.invitations.planning import messages
from xrm_platform.agenda.invitations.seen import Seen
from xrm_platform.agenda.requests import Part

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
COM = Participant("com@acme.example", "Camille", "COM")
DIR = Participant("dir@acme.example", "Denis", "DIR")
ANNA, BEN = Participant("anna@client.example", "Anna"), Participant("ben@client.example", "Ben")
INSIDE = frozenset({"com@acme.example", "dir@acme.example"})
UID = "1b1f0a4e-0000-4000-8000-000000000001"
SECOND = "20260310T080000Z"  # of the weekly series


def at(text: str) -> Moment:
    return Moment(datetime.fromisoformat(text), tzid="Europe/Paris", tz=PARIS)


def event(*people: Participant, rule: str | None = None, start: str = "2026-03-03T09:00", **more) -> str:
    changes = Changes(
        texts={"SUMMARY": "Visite", "LOCATION": "Lyon", "DESCRIPTION": "Client difficile", **more.pop("texts", {})},
        start=at(start),
        length=timedelta(hours=1),
        participants=people,
        organizer=COM,
        rule=None if rule is None else parse_rule(rule),
        sets_rule=rule is not None,
        reminders=(Reminder(timedelta(minutes=30), "mail"),),
        **more,
    )
    return composed(UID, changes, NOW, PARIS)


def edit(text: str, part: Part = Part.SERIES, key: str = "", **changes) -> str:
    return _edited(text, Target(part, key), Edit(Changes(**changes), LATER, PARIS))[0]


def told(before: str | None, after: str | None, now: datetime = LATER):
    seen = [None if text is None else Seen.of(text, INSIDE, PARIS) for text in (before, after)]
    return messages(*seen, now)


def summary(found) -> list[tuple[str, str, tuple[str, ...], list[str], int]]:
    return [(one.method, one.what.value, one.keys, sorted(one.to), one.sequence) for one in found]


def components(message) -> list:
    return Calendar.from_ical(message.text).walk("VEVENT")


def test_everybody_outside_is_invited_to_a_new_event_and_nobody_inside():
    (message,) = told(None, event(ANNA, BEN, DIR))

    assert summary([message]) == [("REQUEST", "invited", (), ["anna@client.example", "ben@client.example"], 0)]
    calendar = Calendar.from_ical(message.text)
    (found,) = calendar.walk("VEVENT")
    assert (calendar["METHOD"], found["UID"], found["ORGANIZER"]) == ("REQUEST", UID, "mailto:com@acme.example")
    assert found["DTSTAMP"].dt == LATER
    people = {str(one): one.params for one in found["ATTENDEE"]}
    assert people.keys() == {"mailto:anna@client.example", "mailto:ben@client.example", "mailto:dir@acme.example"}
    assert people["mailto:anna@client.example"]["RSVP"] == "TRUE"
    assert people["mailto:anna@client.example"]["PARTSTAT"] == "NEEDS-ACTION"


def test_what_is_the_owners_own_does_not_go_out():
    (message,) = told(None, event(ANNA, DIR, private=True))

    for own in ("difficile", "X-XRM", "REMINDER", "SCHEDULE-AGENT", "DESCRIPTION"):
        assert own not in message.text


def test_an_event_with_nobody_outside_tells_nobody():
    assert told(None, event(DIR, COM)) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"texts": {"DESCRIPTION": "Autre chose"}},
        {"reminders": (Reminder(timedelta(minutes=5), "sms"),)},
        {"busy": False},
        {"kind": "call"},
        {"texts": {"SUMMARY": "Visite"}},
    ],
)
def test_what_does_not_matter_to_them_is_not_told(changes):
    before = event(ANNA, rule="FREQ=WEEKLY;COUNT=5")

    assert told(before, edit(before, **changes)) == ()
    assert told(before, edit(before, Part.THIS, SECOND, **changes)) == ()


@pytest.mark.parametrize(
    ("changes", "sequence"),
    [
        ({"start": at("2026-03-03T10:00")}, 1),
        ({"length": timedelta(hours=2)}, 1),
        ({"rule": parse_rule("FREQ=DAILY;COUNT=3"), "sets_rule": True}, 1),
        ({"texts": {"SUMMARY": "Rendez-vous"}}, 0),
        ({"texts": {"LOCATION": "Paris"}}, 0),
    ],
)
def test_a_change_that_matters_goes_to_all_with_a_new_stamp(changes, sequence):
    before = event(ANNA, BEN)

    (message,) = told(before, edit(before, **changes))

    assert summary([message]) == [("REQUEST", "changed", (), ["anna@client.example", "ben@client.example"], sequence)]
    assert components(message)[0]["DTSTAMP"].dt == LATER


def test_who_is_added_is_invited_and_who_is_removed_is_told_and_the_others_hear_nothing():
    before = event(ANNA, BEN)
    after = edit(before, participants=(BEN, Participant("cleo@client.example")))

    found = told(before, after)

    assert sorted(summary(found)) == [
        ("CANCEL", "uninvited", (), ["anna@client.example"], 0),
        ("REQUEST", "invited", (), ["cleo@client.example"], 0),
    ]
    (cancel,) = [one for one in found if one.method == "CANCEL"]
    (component,) = components(cancel)
    assert "STATUS" not in component  # it takes place (RFC 5546 §3.2.5)
    assert [str(component["ATTENDEE"])] == ["mailto:anna@client.example"]


def test_a_cancelled_event_is_off_for_all():
    before = event(ANNA, BEN)

    (message,) = told(before, edit(before, status="cancelled"))

    assert summary([message]) == [("CANCEL", "cancelled", (), ["anna@client.example", "ben@client.example"], 1)]
    assert components(message)[0]["STATUS"] == "CANCELLED"


def test_a_deleted_event_is_off_for_all_under_the_next_sequence():
    assert summary(told(event(ANNA), None)) == [("CANCEL", "cancelled", (), ["anna@client.example"], 1)]


def test_an_event_cancelled_before_is_not_cancelled_again_when_it_is_deleted():
    assert told(edit(event(ANNA), status="cancelled"), None) == ()


def test_an_event_that_takes_place_after_all_invites_again():
    before = edit(event(ANNA), status="cancelled")

    assert summary(told(before, edit(before, status="confirmed"))) == [
        ("REQUEST", "invited", (), ["anna@client.example"], 1)
    ]


def test_one_moved_occurrence_goes_alone():
    before = event(ANNA, rule="FREQ=WEEKLY;COUNT=5")

    (message,) = told(before, edit(before, Part.THIS, SECOND, start=at("2026-03-10T15:00")))

    assert summary([message]) == [("REQUEST", "changed", (SECOND,), ["anna@client.example"], 1)]
    (component,) = components(message)
    assert component["RECURRENCE-ID"].dt == datetime(2026, 3, 10, 9, 0, tzinfo=PARIS)
    assert "RRULE" not in component
    assert "VTIMEZONE" in message.text


@pytest.mark.parametrize("dropped", [True, False])
def test_one_occurrence_that_is_off_is_cancelled_alone(dropped):
    before = event(ANNA, rule="FREQ=WEEKLY;COUNT=5")
    if dropped:
        after = drop_occurrence(before, SECOND, LATER, PARIS)
    else:
        after = edit(before, Part.THIS, SECOND, status="cancelled")

    (message,) = told(before, after)

    assert summary([message]) == [("CANCEL", "cancelled", (SECOND,), ["anna@client.example"], 1)]
    (component,) = components(message)
    assert component["RECURRENCE-ID"].dt == datetime(2026, 3, 10, 9, 0, tzinfo=PARIS)
    assert component["STATUS"] == "CANCELLED"


def test_somebody_added_to_one_occurrence_is_invited_to_that_one():
    before = event(ANNA, rule="FREQ=WEEKLY;COUNT=5")

    found = told(before, edit(before, Part.THIS, SECOND, participants=(ANNA, BEN)))

    assert summary(found) == [("REQUEST", "invited", (SECOND,), ["ben@client.example"], 0)]


def test_somebody_removed_from_one_occurrence_is_told_of_that_one():
    before = event(ANNA, BEN, rule="FREQ=WEEKLY;COUNT=5")

    found = told(before, edit(before, Part.THIS, SECOND, participants=(ANNA,)))

    assert summary(found) == [("CANCEL", "uninvited", (SECOND,), ["ben@client.example"], 0)]


def test_a_changed_series_goes_whole_with_its_exceptions():
    before = edit(event(ANNA, BEN, rule="FREQ=WEEKLY;COUNT=5"), Part.THIS, SECOND, start=at("2026-03-10T15:00"))
    before = edit(before, Part.THIS, "20260317T080000Z", participants=(ANNA,))

    found = told(before, edit(before, texts={"SUMMARY": "Autrement"}))

    assert sorted((one.method, sorted(one.to), len(components(one))) for one in found) == [
        ("REQUEST", ["anna@client.example"], 3),
        ("REQUEST", ["ben@client.example"], 2),
    ]
    (for_ben,) = [one for one in found if "ben@client.example" in one.to]
    # The occurrence that Ben is not part of is not there for him.
    assert components(for_ben)[0]["EXDATE"].dts[0].dt == datetime(2026, 3, 17, 9, 0, tzinfo=PARIS)


def test_a_series_cut_in_two_changes_the_first_and_invites_to_the_second():
    before = event(ANNA, rule="FREQ=WEEKLY;COUNT=5")
    change = Edit(Changes(start=at("2026-03-10T14:00")), LATER, PARIS)
    first, second = _edited(before, Target(Part.FOLLOWING, SECOND), change)

    assert summary(told(before, first)) == [("REQUEST", "changed", (), ["anna@client.example"], 1)]
    (message,) = told(None, second)
    assert (message.what.value, components(message)[0]["UID"] != UID) == ("invited", True)


def test_what_is_over_is_marked():
    past = event(ANNA, start="2026-03-01T09:00")
    ended = event(ANNA, start="2025-03-01T09:00", rule="FREQ=WEEKLY;COUNT=5")

    assert [one.past for one in told(None, past)] == [True]
    assert [one.past for one in told(past, edit(past, start=at("2026-03-05T09:00")))] == [False]
    assert [one.past for one in told(ended, None)] == [True]
    assert [one.past for one in told(None, event(ANNA, start="2025-03-01T09:00", rule="FREQ=WEEKLY"))] == [False]
    assert [one.past for one in told(None, event(ANNA, start="2031-03-01T09:00", rule="FREQ=WEEKLY"))] == [False]


def test_answers_are_open_again_after_a_move_and_only_then():
    before = event(ANNA, DIR).replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED")

    moved = edit(before, start=at("2026-03-03T11:00"))
    renamed = edit(before, texts={"SUMMARY": "Autrement"})

    def statuses(text):
        again = asked_again(Seen.of(before, INSIDE, PARIS), Seen.of(text, INSIDE, PARIS), text)
        block = read_series(calendar_of(again)).head.block
        return [one.param("PARTSTAT") for one in block.all("ATTENDEE")]

    assert statuses(moved) == ["NEEDS-ACTION", "ACCEPTED"]
    assert statuses(renamed) == ["ACCEPTED", "ACCEPTED"]


def test_an_address_of_a_collaborator_is_inside_however_it_is_written():
    assert told(None, event(Participant("DIR@Acme.example", "Denis"))) == ()


def test_a_zone_that_the_file_defines_itself_does_not_count_as_a_change():
    text = event(ANNA, rule="FREQ=WEEKLY;COUNT=3").replace("Europe/Paris", "Our Zone")

    assert told(text, edit(text, texts={"DESCRIPTION": "autre"})) == ()
