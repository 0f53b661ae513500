"""`xrm agenda`, run for real."""

from __future__ import annotations

import pytest

MARCH = ("--month", "2026-03-15")


@pytest.fixture
def agenda(xrm):
    def call(verb, *arguments):
        return xrm("agenda", verb, "--base", "ACME", *arguments)

    return call


@pytest.fixture
def visit(agenda):
    """A weekly visit of COM."""
    added = agenda(
        *("add", "--owner", "COM", "--summary", "Visite", "--start", "2026-03-02T09:00", "--location", "Lyon"),
        *("--recurrence", "FREQ=WEEKLY;COUNT=3", "--participant", "DIR", "--reminder", "60:sms", "--json"),
    )
    assert added.code == 0, added.err
    return added.json


def starts(listed):
    return [one["start"][:16] for one in listed.items]


def test_an_event_is_added_and_listed(agenda, visit):
    assert visit["end"] == "2026-03-02T10:00:00+01:00"
    listed = agenda("list", "--owner", "COM", *MARCH, "--json")

    assert starts(listed) == ["2026-03-02T09:00", "2026-03-09T09:00", "2026-03-16T09:00"]
    assert "Visite" in agenda("list", "--owner", "COM", *MARCH).out
    assert agenda("show", visit["id"], "--json").json["reminders"][0]["channel"] == "sms"
    assert agenda("events", "--json").items[0]["id"] == visit["id"]


def test_occurrences_are_moved_cancelled_and_deleted(agenda, visit):
    keys = [one["key"] for one in agenda("list", "--owner", "COM", *MARCH, "--json").items]

    assert agenda("move", visit["id"], "--start", "2026-03-03T14:00", "--occurrence", keys[0]).code == 0
    assert agenda("cancel", visit["id"], "--occurrence", keys[1]).code == 0
    assert agenda("delete", visit["id"], "--occurrence", keys[2], "--following").code == 0

    listed = agenda("list", "--owner", "COM", *MARCH, "--json")
    assert [(one["start"][:16], one["status"]) for one in listed.items] == [
        ("2026-03-03T14:00", "confirmed"),
        ("2026-03-09T09:00", "cancelled"),
    ]


def test_a_change_leaves_the_rest_and_an_empty_value_removes(agenda, visit):
    changed = agenda("set", visit["id"], "--summary", "Autre", "--recurrence", "", "--json").json

    assert (changed["summary"], changed["location"], changed["recurrence"]) == ("Autre", "Lyon", None)


def test_what_overlaps_is_said_beside_the_answer(agenda, visit):
    added = agenda("add", "--owner", "COM", "--summary", "Autre", "--start", "2099-03-02T09:00", "--json")
    second = agenda("add", "--owner", "COM", "--summary", "Même", "--start", "2099-03-02T09:30", "--json")

    assert (added.err, second.code) == ("", 0)
    assert "2099-03-02T09:00" in second.err


def test_free_slots(agenda, visit):
    slots = agenda("free", "COM,DIR", "--from", "2026-03-02", "--to", "2026-03-03", "--json").items

    assert [slot["starts_at"] for slot in slots] == ["2026-03-02T07:00:00+00:00", "2026-03-02T09:00:00+00:00"]


def test_a_file_comes_in_with_what_was_left_out_and_why(agenda, tmp_path):
    file = tmp_path / "events.ics"
    file.write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260302T090000Z\nSUMMARY:Good\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:2\nDTSTART:soon\nSUMMARY:Bad\nEND:VEVENT\nEND:VCALENDAR\n"
    )

    done = agenda("import", "--owner", "COM", file)
    exported = agenda("export", "--owner", "COM")

    assert (done.code, done.out) == (0, "New: 1, changed: 0, as they were: 0, left out: 1.\n")
    assert done.err == "line 7: “Bad” was left out: its time cannot be read (DTSTART:soon)\n"
    assert "SUMMARY:Good" in exported.out
    assert agenda("import", "--owner", "COM", file, "--json").json["unchanged"] == 1


@pytest.mark.parametrize("content", [b"", b"<html></html>", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", b"\x00\xff"])
def test_a_file_without_any_event_is_refused(agenda, tmp_path, content):
    file = tmp_path / "none.ics"
    file.write_bytes(content)

    refused = agenda("import", "--owner", "COM", file)

    assert refused.code == 1
    assert refused.err.splitlines()[-1] == f"Error: There is no event in {file} that could be read."


def test_an_address_is_shown_once_and_withdrawn(agenda):
    made = agenda("feed", "--owner", "COM", "--json").json

    assert made["url"].endswith(".ics")
    assert agenda("revoke-feed", made["id"]).code == 0
    (listed,) = agenda("feeds", "--owner", "COM", "--json").items
    assert listed["revoked_at"] is not None
    assert "url" not in listed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "--owner", "WHO", "--summary", "x", "--start", "2026-03-02"], "There is no collaborator WHO"),
        (["add", "--owner", "COM", "--summary", "x", "--start", "soon"], "--start: “soon” is not a time"),
        (["add", "--owner", "COM", "--summary", "x", "--start", "2026-03-29T02:30"], "clocks are put forward"),
        (["add", "--owner", "COM", "--summary", "x", "--start", "2026-03-02", "--reminder", "soon"], "is no reminder"),
        (["list", "--day", "2026-03-02", "--week", "2026-03-02"], "Give one of --day"),
        (["move", "nothing", "--start", "2026-03-02"], "There is no event “nothing”"),
        (["cancel", "nothing", "--following"], "Say with --occurrence"),
        (["list", "--owner", "COM", "--from", "2026-03-02", "--to", "2020-01-01"], "--to: The end of the range"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(agenda, arguments, sentence):
    assert sentence in agenda(*arguments).line
