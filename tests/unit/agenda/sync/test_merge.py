"""What both sides changed comes together; what neither changed stays as it is, letter for letter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.agenda.sync.merge import carried, changed, chosen, differs, merge, united
from xrm_platform.agenda.sync.said import LEFT_OUT, MASTER, WHEN, WHOLE, Unsaid, fingerprint, read, same
from xrm_platform.testing.calendar_shapes import PARIS, SHAPES
from xrm_platform.testing.calendar_vendor import vcalendar, vevent

ICS = Path(__file__).parents[5] / "shared" / "ics"
SERIES = SHAPES["series"]
MOVED = "20270317T090000Z"


def event(*lines: str, start: str = "DTSTART:20270310T090000Z", title: str = "Titre") -> str:
    return vcalendar(*vevent("one@example.com", title, *lines, start=start))


def edited(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


BASE = event("LOCATION:Lyon", "DESCRIPTION:Texte", "X-OTHER;P=1:kept")


def test_changes_of_different_properties_come_together():
    ours = edited(BASE, ("LOCATION:Lyon", "LOCATION:Paris"))
    theirs = edited(BASE, ("SUMMARY:Titre", "SUMMARY:Autre"))
    merged = merge(ours, theirs, BASE, BASE)
    assert same(merged.ours, edited(ours, ("SUMMARY:Titre", "SUMMARY:Autre")))
    assert not merged.lost_ours
    assert not merged.lost_theirs
    assert same(carried(theirs, merged.base, merged.ours), merged.ours)


@pytest.mark.parametrize(("ours_wins", "wanted"), [(True, "Paris"), (False, "Nantes")])
def test_where_both_changed_the_same_one_wins_and_the_other_is_named(ours_wins, wanted):
    ours = edited(BASE, ("Lyon", "Paris"))
    theirs = edited(BASE, ("Lyon", "Nantes"))
    merged = merge(ours, theirs, BASE, BASE, ours_wins=ours_wins)
    assert f"LOCATION:{wanted}" in merged.ours
    assert f"LOCATION:{wanted}" in carried(theirs, merged.base, merged.ours)
    assert (merged.lost_theirs if ours_wins else merged.lost_ours) == ((MASTER, "LOCATION"),)


def test_the_same_change_on_both_sides_is_no_conflict_and_nothing_to_write():
    there = edited(BASE, ("Lyon", "Paris"))
    merged = merge(there, there, BASE, BASE)
    assert merged.lost_theirs == merged.lost_ours == ()
    assert not differs(merged.base, merged.ours)


def test_what_a_vendor_cannot_say_is_not_taken_for_deleted():
    agreed_there = edited(BASE, ("X-OTHER;P=1:kept\r\n", ""), ("LOCATION:Lyon", "LOCATION:LYON"))
    theirs = edited(agreed_there, ("Titre", "Autre"))
    merged = merge(BASE, theirs, BASE, agreed_there)
    assert merged.ours == edited(BASE, ("Titre", "Autre"))


def test_a_line_that_nobody_changed_stays_as_it_is_written():
    odd = edited(BASE, ("X-OTHER;P=1:kept", 'x-other;p="1":ke\r\n pt\\,;'))
    merged = merge(odd, edited(odd, ("Titre", "Autre")), odd, odd)
    assert 'x-other;p="1":ke\r\n pt\\,;' in merged.ours


def test_guests_are_merged_one_by_one():
    base = event("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@x.example", "ATTENDEE:mailto:b@x.example")
    ours = edited(base, ("END:VEVENT", "ATTENDEE:mailto:c@x.example\r\nEND:VEVENT"))
    theirs = edited(base, ("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED"), ("ATTENDEE:mailto:b@x.example\r\n", ""))
    merged = merge(ours, theirs, base, base)
    assert "PARTSTAT=ACCEPTED:mailto:a@x.example" in merged.ours
    assert "b@x.example" not in merged.ours
    assert "c@x.example" in merged.ours
    assert not merged.lost_theirs


def test_occurrences_left_out_on_both_sides_are_both_left_out():
    left_here = edited(SERIES, ("EXDATE;", "EXDATE;TZID=Europe/Paris:20270407T100000\r\nEXDATE;"))
    left_there = edited(SERIES, (":20270324T100000\r\n", ":20270324T100000,20270414T100000\r\n"))
    merged = merge(left_here, left_there, SERIES, SERIES)
    found = {unit[1] for unit in read(merged.ours).units if unit[1].startswith(LEFT_OUT)}
    assert found == {LEFT_OUT + f"2027{day}T0{hour}0000Z" for day, hour in (("0324", 9), ("0407", 8), ("0414", 8))}


def test_exceptions_of_different_occurrences_come_together():
    here = edited(SERIES, ("SUMMARY:Weekly\\, moved", "SUMMARY:Ours"))
    there = edited(SERIES, ("SUMMARY:Weekly\\, elsewhere", "SUMMARY:Theirs"))
    merged = merge(here, there, SERIES, SERIES)
    assert "SUMMARY:Ours" in merged.ours
    assert "SUMMARY:Theirs" in merged.ours


def without(text: str, which: str) -> str:
    return chosen(
        text,
        edited(text, ("RECURRENCE-ID;TZID=Europe/Paris:20270317T100000\r\n", "RECURRENCE-ID:20300101T000000Z\r\n")),
        [(which, WHOLE)],
    )


@pytest.mark.parametrize("ours_wins", [True, False])
@pytest.mark.parametrize("here_deletes", [True, False])
def test_the_edit_of_an_exception_survives_its_deletion(ours_wins, here_deletes):
    deleted, changed_there = without(SERIES, MOVED), edited(SERIES, ("SUMMARY:Weekly\\, moved", "SUMMARY:Edited"))
    assert "moved" not in deleted
    ours, theirs = (deleted, changed_there) if here_deletes else (changed_there, deleted)
    merged = merge(ours, theirs, SERIES, SERIES, ours_wins=ours_wins)
    assert "SUMMARY:Edited" in merged.ours
    assert "SUMMARY:Edited" in carried(theirs, merged.base, merged.ours)
    assert (merged.lost_ours if here_deletes else merged.lost_theirs) == ((MOVED, WHOLE),)


@pytest.mark.parametrize("ours_wins", [True, False])
def test_a_series_that_moved_takes_no_exceptions_of_its_old_times(ours_wins):
    moved = edited(
        SERIES,
        ("DTSTART;TZID=Europe/Paris:20270310T100000", "DTSTART;TZID=Europe/Paris:20270310T110000"),
        ("RECURRENCE-ID;TZID=Europe/Paris:20270317T100000", "RECURRENCE-ID;TZID=Europe/Paris:20270317T110000"),
        ("RECURRENCE-ID;TZID=Europe/Paris:20270331T100000", "RECURRENCE-ID;TZID=Europe/Paris:20270331T110000"),
        ("EXDATE;TZID=Europe/Paris:20270324T100000", "EXDATE;TZID=Europe/Paris:20270324T110000"),
    )
    retitled = edited(SERIES, ("SUMMARY:Weekly\\, moved", "SUMMARY:Edited"))
    for ours, theirs in ((moved, retitled), (retitled, moved)):
        merged = merge(ours, theirs, SERIES, SERIES, ours_wins=ours_wins)
        assert same(merged.ours, moved)
        assert same(carried(theirs, merged.base, merged.ours), moved)
        assert merged.lost_ours or merged.lost_theirs


def test_a_zone_comes_along_with_the_time_that_names_it():
    paris = vcalendar(*PARIS, *vevent("one@example.com", "Titre", start="DTSTART;TZID=Europe/Paris:20270310T103000"))
    plain = event()
    merged = merge(plain, paris, plain, plain)
    assert "BEGIN:VTIMEZONE" in merged.ours
    assert same(merged.ours, paris)


def test_the_uid_of_each_side_stays_its_own():
    theirs = edited(SERIES.replace("series@example.com", "abc@google.com"), ("moved", "later"))
    merged = merge(without(SERIES, MOVED), theirs, SERIES, SERIES.replace("series@example.com", "abc@google.com"))
    assert "SUMMARY:Weekly\\, later" in merged.ours
    assert "abc@google.com" not in merged.ours


def test_a_higher_number_of_changes_is_kept():
    ours = edited(BASE, ("END:VEVENT", "SEQUENCE:5\r\nEND:VEVENT"))
    theirs = edited(BASE, ("Titre", "Autre"), ("END:VEVENT", "SEQUENCE:2\r\nEND:VEVENT"))
    assert "SEQUENCE:5" in merge(ours, theirs, BASE, BASE).ours


def test_without_an_agreed_state_nothing_that_one_side_says_is_dropped():
    ours = event("LOCATION:Lyon", "X-OURS:1")
    theirs = event("LOCATION:Nantes", "X-THEIRS:1", title="Titre")
    merged = united(ours, theirs)
    assert "X-THEIRS:1" in merged.ours
    assert "LOCATION:Lyon" in merged.ours
    assert merged.lost_theirs == ((MASTER, "LOCATION"),)
    assert same(carried(theirs, merged.base, merged.ours), merged.ours)


SAYINGS = [
    (event("DTEND:20270310T103000Z"), event("DURATION:PT90M")),
    (event("DTEND:20270310T103000Z"), event("DTEND;TZID=Europe/Paris:20270310T113000")),
    (event("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;INTERVAL=1"), event("RRULE:BYDAY=WE,MO;WKST=MO;FREQ=WEEKLY")),
    (event("EXDATE:20270317T090000Z,20270324T090000Z"), event("EXDATE:20270324T090000Z", "EXDATE:20270317T090000Z")),
    (event("STATUS:CONFIRMED", "TRANSP:OPAQUE", "CLASS:PUBLIC", "PRIORITY:0"), event()),
    (event("DESCRIPTION:a\\, b"), event("DESCRIPTION:a, b")),
    (event("LOCATION:"), event()),
    (event("X-A:1", "X-B:2"), event("X-B:2", "X-A:1")),
    (event("DTSTAMP:20270101T000000Z"), event("CREATED:20260101T000000Z", "SEQUENCE:3")),
    (event("ATTENDEE;ROLE=REQ-PARTICIPANT:mailto:A@x.example"), event("ATTENDEE:MAILTO:a@x.example")),
    (event(start="DTSTART;VALUE=DATE-TIME:20270310T090000Z"), event()),
]


@pytest.mark.parametrize("number", range(len(SAYINGS)))
def test_the_same_said_in_another_way_is_the_same(number):
    one, other = SAYINGS[number]
    assert same(one, other)
    assert fingerprint(one) == fingerprint(other)
    assert not differs(one, other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        BASE.replace("END:VEVENT", "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nEND:VEVENT"),
    ],
)
def test_what_is_no_event_is_refused(text):
    with pytest.raises(Unsaid):
        read(text)
    assert same(text, text)
    assert not same(text, BASE)


def test_files_of_other_people_are_read_or_refused_and_nothing_else():
    files = sorted(ICS.rglob("*.ics")) if ICS.is_dir() else []
    if not files:
        pytest.skip("the folder with files of other people is not here")
    understood = 0
    for file in files:
        text = file.read_text(errors="replace")
        try:
            said = read(text)
        except Unsaid:
            continue
        understood += 1
        assert not changed(said, read(text))
        assert same(carried(text, text, text), text)
    assert understood > len(files) / 4


TITLES = st.sampled_from(["Un", "Deux", "Trois"])
PLACES = st.sampled_from(["", "Lyon", "Paris"])
STARTS = st.sampled_from(["20270310T090000Z", "20270310T110000Z", "20270311T090000Z"])
DAYS = st.sets(st.sampled_from(["17", "24", "31"]))


@st.composite
def texts(draw) -> str:
    """Series with occurrences left out and others changed."""
    start = draw(STARTS)
    hour = start[9:]
    left, different = draw(DAYS), draw(DAYS)
    place = draw(PLACES)
    guests = draw(st.sets(st.sampled_from(["a", "b", "c"])))
    lines = [f"EXDATE:202703{day}T{hour}" for day in sorted(left)]
    lines += [f"LOCATION:{place}"] if place else []
    lines += [f"ATTENDEE:mailto:{name}@x.example" for name in sorted(guests)]
    parts = [vevent("one@example.com", draw(TITLES), "RRULE:FREQ=WEEKLY;COUNT=5", *lines, start=f"DTSTART:{start}")]
    parts += [
        vevent(
            "one@example.com", draw(TITLES), f"RECURRENCE-ID:202703{day}T{hour}", start=f"DTSTART:202703{day}T150000Z"
        )
        for day in sorted(different - left)
    ]
    return vcalendar(*(line for part in parts for line in part))


@given(base=texts(), ours=texts(), theirs=texts(), ours_wins=st.booleans())
def test_after_a_merge_both_sides_say_the_same_and_nothing_is_left_to_do(base, ours, theirs, ours_wins):
    merged = merge(ours, theirs, base, base, ours_wins=ours_wins)
    there = carried(theirs, merged.base, merged.ours)
    assert same(merged.ours, there)
    again = merge(merged.ours, there, merged.ours, there)
    assert again.ours == merged.ours
    assert not differs(again.base, again.ours)


@given(base=texts(), theirs=texts())
def test_the_change_of_one_side_becomes_that_of_both(base, theirs):
    heard = merge(base, theirs, base, base)
    assert same(heard.ours, theirs)
    assert not differs(heard.base, heard.ours)
    assert heard.lost_theirs == heard.lost_ours == ()
    told = merge(theirs, base, base, base)
    assert same(told.ours, theirs)
    assert same(carried(base, told.base, told.ours), theirs)


@given(base=texts(), ours=texts(), theirs=texts())
def test_what_gives_way_is_named_and_all_else_is_in_the_result(base, ours, theirs):
    merged = merge(ours, theirs, base, base)
    read_base, read_ours = read(base), read(merged.ours)
    for side, lost in ((read(ours), merged.lost_ours), (read(theirs), merged.lost_theirs)):
        gone = {which for which, name in lost if name == WHOLE}
        for unit, told in changed(read_base, side).items():
            if unit in lost or unit[0] in gone:
                continue
            if unit[1] == WHOLE:
                assert (unit[0] in read_ours.parts) == (told is not None)
            else:
                assert read_ours.units.get(unit, None) is None if told is None else told.value == read_ours.values[unit]


@given(ours=texts(), theirs=texts())
def test_without_an_agreed_state_both_sides_still_come_to_say_the_same(ours, theirs):
    merged = united(ours, theirs)
    assert same(carried(theirs, merged.base, merged.ours), merged.ours)
    if (MASTER, WHEN) in read(ours).units:
        assert read(merged.ours).values[MASTER, WHEN] == read(ours).values[MASTER, WHEN]


def test_a_chosen_part_of_the_loser_can_be_put_back():
    loser = edited(BASE, ("Lyon", "Nantes"), ("Titre", "Autre"))
    assert same(chosen(BASE, loser, [(MASTER, "LOCATION")]), edited(BASE, ("Lyon", "Nantes")))
