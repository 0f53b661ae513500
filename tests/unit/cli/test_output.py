"""How answers look: JSON for programs, columns for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from xrm_platform.cli.failures import complain, option_of
from xrm_platform.cli.output import as_json, show, show_list
from xrm_platform.cli.ticks import show_ticks


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    address: str
    state: str


@dataclass(frozen=True)
class View:
    id: str
    at: datetime
    colours: frozenset[Colour]
    recipients: tuple[Inner, ...]
    note: str | None = None


VIEW = View("1", datetime(2026, 1, 2, 3, 4, tzinfo=UTC), frozenset({Colour.RED}), (Inner("a@b.fr", "sent"),))
PLAIN = {
    "id": "1",
    "at": "2026-01-02T03:04:00+00:00",
    "colours": ["red"],
    "recipients": [{"address": "a@b.fr", "state": "sent"}],
    "note": None,
}


def test_a_view_becomes_plain_values_of_the_same_names():
    assert as_json(VIEW) == PLAIN


def test_json_is_one_object_on_one_line(capsys):
    show(VIEW, json_wanted=True)

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == PLAIN


def test_a_listing_is_items_and_what_to_go_on_with(capsys):
    show_list([VIEW], (), json_wanted=True)
    show_list([VIEW], (), json_wanted=True, following="1")

    last, more = map(json.loads, capsys.readouterr().out.splitlines())
    assert last == {"items": [PLAIN]}
    assert more == {"items": [PLAIN], "next": "1"}


def test_an_empty_listing_says_so_beside_the_answer(capsys, monkeypatch):
    monkeypatch.setenv("XRM_LANGUAGE", "en")
    show_list([], ("id",), json_wanted=False)

    assert capsys.readouterr() == ("", "Nothing to show.\n")


def test_people_see_fields_in_their_words_and_nothing_empty(capsys, monkeypatch):
    monkeypatch.setenv("XRM_LANGUAGE", "fr")
    show(VIEW, json_wanted=False)

    out = capsys.readouterr().out
    assert "envoyé" in out
    assert "note" not in out


@pytest.mark.parametrize(("language", "said"), [("en", "no answer yet"), ("fr", "pas encore de réponse")])
def test_people_see_values_in_their_words(capsys, monkeypatch, language, said):
    monkeypatch.setenv("XRM_LANGUAGE", language)
    show({"status": "needs-action", "direction": "two_way"}, json_wanted=False)
    assert said in capsys.readouterr().out

    show({"status": "needs-action"}, json_wanted=True)
    assert "needs-action" in capsys.readouterr().out


def test_columns_hold_each_row_on_one_line(capsys):
    show_list([{"id": "1", "text": "two\nlines"}, {"id": "22", "text": ""}], ("id", "text"), json_wanted=False)

    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("field", "option"),
    [
        ("to.0", "--to (1)"),
        ("last_name", "--last-name"),
        ("settings.port", "--set port"),
        ("mail_software.windows", "--windows"),
        ("sender", "--from"),
        ("code", "CODE"),
        ("attachments.1.filename", "--attach (2) filename"),
    ],
)
def test_a_field_is_named_as_it_was_given(field, option):
    assert option_of(field) == option


def test_why_a_message_waits_is_said_with_what_lets_it_go(capsys, monkeypatch):
    monkeypatch.setenv("XRM_LANGUAGE", "fr")

    show({"state": "held", "waiting_for": "sms_paused"}, json_wanted=False)

    assert "xrm sms release" in capsys.readouterr().out


@dataclass(frozen=True)
class FromAStranger:
    id: str
    text: str


def test_what_a_server_answered_gives_no_commands_to_a_terminal_either(capsys):
    show_ticks([("failed", "signed in", "535 \x1b]0;owned\x07 no")])
    complain("535 \x1b[2J no")

    written = capsys.readouterr()
    assert "535" in written.out
    assert "535" in written.err
    assert "\x1b" not in written.out + written.err


@pytest.mark.parametrize("on_a_terminal", [False, True])
def test_what_a_stranger_wrote_gives_no_commands_to_a_terminal(capsys, monkeypatch, on_a_terminal):
    monkeypatch.setattr("sys.stdout.isatty", lambda: on_a_terminal)
    came = FromAStranger("1", "Oui\r\n\x1b]0;pwn\x07\x1b[31m\x9b2J\x7f\x85\tnon")
    show(came, json_wanted=False)
    show_list([came], ("id", "text"), json_wanted=False)

    said = capsys.readouterr().out
    assert said.count("Oui") == said.count("non") == 2
    assert "pwn" in said
    assert not set(said.replace("\n", "")) & {chr(code) for code in (*range(9), *range(10, 32), *range(127, 160))} - {
        "\x1b"
    }
    assert "\x1b]" not in said
    assert "\x1b[31m" not in said
