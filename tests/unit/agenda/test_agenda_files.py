"""Agendas from files and into files, and the addresses under which they can be read."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrm_platform.agenda import feeds, files
from xrm_platform.agenda.drawing import MAX_TEXT, MAX_UID, prepare
from xrm_platform.agenda.ical.components import Incomprehensible
from xrm_platform.agenda.ical.files import MAX_NOTES, joined, masked, read_file
from xrm_platform.agenda.requests import ReminderGiven
from xrm_platform.problems import Forbidden, Missing
from xrm_platform.wording import load_wording

SHARED = Path(__file__).resolve().parents[4] / "shared" / "ics"
FILES = sorted(SHARED.rglob("*.ics"))
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
MARCH = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
TROUBLE = """BEGIN:VCALENDAR
X-WR-CALNAME:Work
BEGIN:VEVENT
UID:good
DTSTART:20260302T090000Z
SUMMARY:Good
this is no line
X-KEPT;A=b:c
END:VEVENT
BEGIN:VEVENT
UID:bad
DTSTART:tomorrow
SUMMARY:Bad
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Atlantis:20260303T090000
SUMMARY:Lost zone
END:VEVENT
BEGIN:VFREEBUSY
END:VFREEBUSY
BEGIN:VEVENT
UID:cut off
"""


def calendar(*events):
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR"]).encode()


def event(uid="1", summary="Visite", *lines, start="DTSTART:20260302T090000Z"):
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", start, f"SUMMARY:{summary}", *lines, "END:VEVENT"])


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason="the files of other people are not here")
def test_no_file_of_other_people_is_too_odd_and_what_is_skipped_is_said():
    events = 0
    for path in FILES:
        read = read_file(path.read_bytes())
        assert read.events or read.notes, path
        assert len([note for note in read.notes if note.code.startswith("event_")]) >= min(read.skipped, 1), path
        for found in read.events:
            try:
                prepared = prepare(found.text, PARIS, NOW)
            except Incomprehensible as error:
                pytest.fail(f"{path} {found.uid}: {error}")
            assert len(prepared.occurrences) <= 200_000
            events += 1
    assert events > 5_000


def test_everything_that_is_not_kept_is_said_with_its_line_and_why():
    read = read_file(TROUBLE.encode())

    assert [found.summary for found in read.events] == ["Good", "Lost zone"]
    assert {(note.number, note.code, note.lost) for note in read.notes} == {
        (1, "line_unclosed", True),
        (2, "calendar_property", True),
        (7, "line_not_a_line", True),
        (10, "event_time_unreadable", True),
        (15, "uid_made", False),
        (15, "zone_unknown", False),
        (19, "component_unknown", True),
        (21, "line_unclosed", True),
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"\xff\xfe\x00",
        b"<!doctype html><title>Sign in</title>",
        b"BEGIN:VCALENDAR\r\n" * 2000,
        b"END:VEVENT\n" * 5000,
        b"BEGIN:VCALENDAR\nEND:VCALENDAR",
        ("BEGIN:VEVENT\nUID:1\nDTSTART:20260302\nSUMMARY:" + "x" * 2_000_000 + "\nEND:VEVENT").encode(),
    ],
)
def test_a_file_that_is_none_is_told_to_be_none(content):
    read = read_file(content)

    assert len(read.notes) <= MAX_NOTES
    assert read.notes or read.events


@settings(max_examples=200)
@given(st.binary(max_size=300), st.integers(0, 200))
def test_no_damage_to_a_file_is_too_odd(damage, place):
    content = calendar(event("1", "A", "RRULE:FREQ=DAILY;COUNT=3"), event("2", "B", "EXDATE:20260302T090000Z"))

    for found in read_file(content[:place] + damage + content[place + len(damage) :]).events:
        if len(found.text) <= MAX_TEXT and len(found.uid) <= MAX_UID:
            prepare(found.text, PARIS, NOW)


def test_two_zones_of_one_name_stay_two_in_one_file():
    def zoned(uid, offset):
        zone = ["BEGIN:VTIMEZONE", "TZID:Mine", "BEGIN:STANDARD", "DTSTART:19700101T000000"]
        zone += [f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE"]
        return calendar(*zone, event(uid, start="DTSTART;TZID=Mine:20260302T090000"))

    texts = [read_file(zoned(uid, offset)).events[0].text for uid, offset in (("1", "+0500"), ("2", "-0300"))]

    again = [prepare(found.text, PARIS, NOW) for found in read_file(joined(texts, "x").encode()).events]

    assert [one.columns["starts_at"].hour for one in again] == [4, 12]


def test_a_masked_event_keeps_its_times_and_nothing_else():
    secret = event("1", "Secret", "LOCATION:Secret", "DESCRIPTION:Secret", "ATTENDEE;CN=Secret:mailto:secret@x.example")
    stored = read_file(calendar(secret.replace("END:VEVENT", "RRULE:FREQ=DAILY\nX-SECRET:Secret\nEND:VEVENT"))).events[
        0
    ]

    told = masked(stored.text, "Occupé")

    assert "secret" not in told.lower()
    (read,) = icalendar.Calendar.from_ical(told).events
    assert (str(read["SUMMARY"]), read["RRULE"]["FREQ"]) == ("Occupé", ["DAILY"])


def test_every_note_of_an_import_has_a_sentence_in_both_languages():
    import inspect

    from xrm_platform.agenda import files
    from xrm_platform.agenda.ical import components, editing, lines, recurrence
    from xrm_platform.agenda.ical import files as ical_files

    wording = load_wording()
    codes = set(
        re.findall(
            r'(?:note|Note|_skip)\((?:found, )?"([a-z_0-9]+)"', inspect.getsource(ical_files) + inspect.getsource(files)
        )
    )
    codes |= {f"line_{code}" for code in re.findall(r'_note\(faults, "([a-z_]+)"', inspect.getsource(lines))}
    for module in (components, recurrence):
        codes |= {f"event_{code}" for code in re.findall(r'Incomprehensible\("([a-z_]+)"', inspect.getsource(module))}
    assert len(codes) > 20
    assert inspect.getsource(editing)
    for language in ("fr", "en"):
        assert [code for code in sorted(codes) if not wording.knows("imports", code, language=language)] == []


async def test_events_come_in_once_and_are_changed_by_a_newer_file(xrm, admin):
    first = await xrm.agenda_files.load(admin, "COM", calendar(event("1", "A", "SEQUENCE:2"), event("2", "B")))
    again = await xrm.agenda_files.load(admin, "COM", calendar(event("1", "A", "SEQUENCE:2"), event("2", "B")))
    newer = await xrm.agenda_files.load(admin, "COM", calendar(event("1", "A2", "SEQUENCE:3")))
    older = await xrm.agenda_files.load(admin, "COM", calendar(event("1", "A0", "SEQUENCE:1")))

    counts = [(one.added, one.changed, one.unchanged, one.skipped) for one in (first, again, newer, older)]
    assert counts == [(2, 0, 0, 0), (0, 0, 2, 0), (0, 1, 0, 0), (0, 0, 0, 1)]
    assert [note.code for note in older.notes] == ["event_older"]
    assert [one.summary for one in (await xrm.agenda.list(admin, owner="COM")).items] == ["A2", "B"]


async def test_reminders_of_a_file_that_go_to_others_are_left_out_and_said_unless_they_are_here(xrm, admin, add):
    strange = "X-XRM-REMINDER;X-CHANNEL=SMS;X-TO=CONTACT;X-ADDRESS=+33899123456:-PT30M"
    (said,) = (await xrm.agenda_files.load(admin, "COM", calendar(event("1", "Gagnez", strange)))).notes
    assert (said.code, said.lost) == ("reminders_left_out", True)
    assert "33899123456" not in (await xrm.agenda_files.dump(admin, "COM")).text

    await add(owner="DIR", reminders=(ReminderGiven(30, "sms", "contact", "0698765432"),))
    own = (await xrm.agenda_files.dump(admin, "DIR")).text
    assert (await xrm.agenda_files.load(admin, "DIR", own.encode())).unchanged == 1


async def test_a_deleted_event_comes_back_with_a_file(xrm, admin):
    await xrm.agenda_files.load(admin, "COM", calendar(event()))
    (made,) = (await xrm.agenda.list(admin, owner="COM")).items
    await xrm.agenda.delete(admin, made.id)

    assert (await xrm.agenda_files.load(admin, "COM", calendar(event()))).added == 1
    assert [one.id for one in (await xrm.agenda.list(admin, owner="COM")).items] == [made.id]


async def test_what_was_exported_is_unchanged_when_it_is_imported(xrm, admin, add):
    await add(recurrence="FREQ=WEEKLY", participants=("DIR",), location="Lyon; étage 2")
    await add("Jour", start=date(2026, 3, 2), private=True)

    exported = (await xrm.agenda_files.dump(admin, "COM")).text
    again = await xrm.agenda_files.load(admin, "COM", exported.encode())

    assert (again.unchanged, again.changed, again.notes) == (2, 0, ())
    assert len(icalendar.Calendar.from_ical(exported).events) == 2


async def test_a_manager_exports_private_events_as_busy_and_does_not_overwrite_them(xrm, admin, as_, add):
    made = await add("Médecin", private=True)

    exported = (await xrm.agenda_files.dump(as_("DIR"), "COM", busy_word="Occupé")).text
    loaded = await xrm.agenda_files.load(as_("DIR"), "COM", exported.encode())

    assert "Médecin" not in exported
    assert [note.code for note in loaded.notes] == ["event_private"]
    assert (await xrm.agenda.get(admin, made.id)).summary == "Médecin"


async def test_a_colleague_neither_imports_nor_exports(xrm, as_, add):
    await add()

    with pytest.raises(Forbidden):
        await xrm.agenda_files.dump(as_("ALONE"), "COM")
    with pytest.raises(Forbidden):
        await xrm.agenda_files.load(as_("ALONE"), "COM", calendar(event()))


async def test_tasks_and_notes_of_others_are_kept_as_they_are(xrm, admin):
    todo = "BEGIN:VTODO\nUID:t\nSUMMARY:Call back\nDUE:20260305T170000Z\nEND:VTODO"
    undated = "BEGIN:VTODO\nUID:u\nSUMMARY:Some day\nEND:VTODO"
    journal = "BEGIN:VJOURNAL\nUID:j\nSUMMARY:Report\nDTSTART;VALUE=DATE:20260304\nEND:VJOURNAL"

    await xrm.agenda_files.load(admin, "COM", calendar(todo, undated, journal))

    found = (await xrm.agenda.list(admin, owner="COM")).items
    assert [(one.kind, one.summary, one.busy) for one in found] == [
        ("task", "Call back", False),
        ("task", "Some day", False),
        ("note", "Report", False),
    ]
    month = await xrm.schedule.range(admin, *MARCH, owner="COM")
    assert [one.summary for one in month] == ["Report", "Call back"]
    renamed = await xrm.agenda.change(admin, found[1].id, {"summary": "Never"})
    assert (renamed.summary, renamed.start) == ("Never", None)


async def test_a_feed_shows_an_agenda_until_it_is_revoked(xrm, admin, as_, add):
    await add(location="Lyon")
    await add("Médecin", private=True)
    feed, url = await xrm.feeds.create(as_("COM"), "COM")
    token = re.fullmatch(r"https://xrm\.example/feeds/(.+)\.ics", url)[1]

    shown = (await xrm.feeds.read(token)).text

    summaries = sorted(str(one["SUMMARY"]) for one in icalendar.Calendar.from_ical(shown).events)
    assert summaries == ["Occupé", "Visite"]
    assert (await xrm.feeds.list(as_("COM"), "COM")) == (feed,)

    await xrm.feeds.revoke(as_("COM"), feed.id)
    assert await xrm.feeds.read(token) is None


async def test_a_feed_opens_with_its_own_secret_only(xrm, admin, add):
    (first, url), (second, other) = [await xrm.feeds.create(admin, code) for code in ("COM", "DIR")]
    secret, others = url[-47:-4], other[-47:-4]

    for token in ("", "x", f"{first.id}_", f"{first.id}_{others}", f"{second.id}_{secret}", f"{first.id}_{secret}x"):
        assert await xrm.feeds.read(token) is None
    assert await xrm.feeds.read(f"{first.id}_{secret}") is not None


async def test_an_agenda_is_given_away_by_its_owner_only(xrm, as_, admin):
    feed, _ = await xrm.feeds.create(admin, "COM")

    with pytest.raises(Forbidden):
        await xrm.feeds.create(as_("DIR"), "COM")
    with pytest.raises(Missing):
        await xrm.feeds.revoke(as_("DIR"), feed.id)
    assert (await xrm.feeds.revoke(as_("ALONE", is_admin=True), feed.id)).revoked_at is not None


async def test_what_is_too_much_for_a_file_is_counted(xrm, admin, add, monkeypatch):
    monkeypatch.setattr(files, "MAX_EXPORTED", 2)
    monkeypatch.setattr(feeds, "MAX_EVENTS", 1)
    _, url = await xrm.feeds.create(admin, "COM")
    token = url.rpartition("/")[2].removesuffix(".ics")
    for number in range(2):
        await add(f"Visite {number}")
    assert (await xrm.agenda_files.dump(admin, "COM")).left_out == 0

    await add("Visite 2")
    exported = await xrm.agenda_files.dump(admin, "COM")
    read = await xrm.feeds.read(token)

    assert (exported.left_out, exported.text.count("BEGIN:VEVENT")) == (1, 2)
    assert (read.left_out, read.text.count("BEGIN:VEVENT")) == (2, 1)
