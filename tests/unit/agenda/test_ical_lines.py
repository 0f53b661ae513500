"""Text as lines in blocks, without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.agenda.ical.lines import fold, line, parse, text_of, unfold, with_param

EVENT = 'BEGIN:VEVENT\r\nUID:1\r\nX-ODD;P="a:b;c";Q=1:va:lue\r\nSUMMARY:A lo\r\n ng one\r\nEND:VEVENT\r\n'


def test_what_is_read_is_written_as_it_was():
    blocks, faults = parse(EVENT)

    assert (text_of(*blocks), faults) == (EVENT, ())


def test_a_line_is_name_parameters_and_value():
    (event,), _ = parse(EVENT)

    odd, summary = event.line("X-ODD"), event.value("SUMMARY")
    assert (odd.params, odd.value, summary) == ((("P", "a:b;c"), ("Q", "1")), "va:lue", "A long one")


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"])
def test_every_ending_of_lines_is_understood(ending):
    blocks, _ = parse(EVENT.replace("\r\n", ending))

    assert text_of(*blocks) == EVENT


@pytest.mark.parametrize(
    ("text", "code", "number"),
    [
        ("BEGIN:VEVENT\nwhat is this\nEND:VEVENT", "not_a_line", 2),
        ("END:VEVENT", "end_without_begin", 1),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR", "unclosed", 2),
        ("SUMMARY:alone", "outside", 1),
    ],
)
def test_what_is_left_out_is_told_with_its_line(text, code, number):
    _, faults = parse(text)

    assert [(fault.code, fault.number) for fault in faults] == [(code, number)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\t ")))
def test_folding_breaks_no_character_and_no_line_is_too_long(text):
    folded = fold(text)

    assert unfold(folded) == text
    assert all(len(part.encode()) <= 75 for part in folded.split("\r\n"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_new_line_is_read_as_it_was_meant(param, value):
    (event,), faults = parse(f"BEGIN:X\r\n{line('A', value, CN=param).written}\r\nEND:X")

    found = event.line("A")
    assert (found.value, found.param("CN"), faults) == (value, param.strip(), ())


@given(st.text(st.sampled_from('BEGIN:VCALENDARENDVT;="\\\r\n \t^é\x00,-1')))
def test_no_text_is_too_odd(text):
    parse(text)


@given(st.lists(st.sampled_from(["BEGIN:A", "BEGIN:B", "END:A", "END:B", "X:1", " folded", "?"])))
def test_blocks_that_were_read_are_read_again(pieces):
    blocks, _ = parse("\n".join(pieces))

    again, faults = parse(text_of(*blocks))
    assert (text_of(*again), faults) == (text_of(*blocks), ())


def line_of(written):
    (block,), _ = parse(f"BEGIN:VEVENT\r\n{fold(written)}\r\nEND:VEVENT")
    return next(block.lines)


def test_one_parameter_is_exchanged_and_all_others_stay_as_they_are_written():
    old = line_of(
        'ATTENDEE;CN="Dupont; Anna";partstat=accepted;MEMBER="mailto:a@x.fr","mailto:b@x.fr":mailto:anna@x.fr'
    )

    declined = with_param(old, "PARTSTAT", "DECLINED")

    assert declined.unfolded == (
        'ATTENDEE;CN="Dupont; Anna";PARTSTAT=DECLINED;MEMBER="mailto:a@x.fr","mailto:b@x.fr":mailto:anna@x.fr'
    )
    assert (declined.param("PARTSTAT"), declined.param("CN"), declined.value) == ("DECLINED", "Dupont; Anna", old.value)
    assert with_param(declined, "PARTSTAT", None).param("PARTSTAT") == ""
    assert with_param(line_of("ATTENDEE:mailto:anna@x.fr"), "RSVP", "TRUE").unfolded == (
        "ATTENDEE;RSVP=TRUE:mailto:anna@x.fr"
    )
