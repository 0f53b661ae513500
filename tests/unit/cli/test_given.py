"""What is read from a command line: settings, secrets, times, files."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.cli.given import Ungiven, content_of, moment, secrets_given, settings_given, text_of
from xrm_platform.problems import Invalid

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1)


@given(st.dictionaries(NAMES, st.text()))
def test_settings_come_back_as_they_were_given(settings):
    assert settings_given([f"{name}={value}" for name, value in settings.items()], ()) == settings


@given(NAMES, st.text())
def test_a_secret_in_a_setting_is_refused_and_never_shown(name, value):
    with pytest.raises(Ungiven) as refused:
        settings_given([f"{name}={value}!s3cr3t"], {name})

    assert "s3cr3t" not in f"{refused.value} {refused.value.params}"


def test_each_dash_takes_a_line_of_the_standard_input_in_order():
    lines = iter(["first", "second"])

    assert secrets_given(["b=-", "a=-"], lambda: next(lines)) == {"b": "first", "a": "second"}


@pytest.mark.parametrize("written", ["the key", " the\tkey ", "-----BEGIN\nof many\n\nlines-----"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_file_is_taken_whole_but_for_its_end(tmp_path, written, end):
    (tmp_path / "key").write_bytes(f"{written}{end}".encode())

    assert secrets_given([f"password=@{tmp_path / 'key'}"]) == {"password": written}


def test_a_secret_can_be_taken_away_on_the_command_line():
    assert settings_given(["password=", "host="], {"password"}) == {"password": None, "host": ""}


@pytest.mark.parametrize("pair", ["password=hunter2", "password", "password=@", "password="])
def test_a_secret_in_any_other_form_is_refused_and_not_shown(pair):
    with pytest.raises(Ungiven) as refused:
        secrets_given([pair])

    assert refused.value.code == "secret_on_command_line"
    assert "hunter2" not in f"{refused.value} {refused.value.params}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-12-01T09:00", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
        ("2026-07-01 09:00:30", datetime(2026, 7, 1, 7, 0, 30, tzinfo=UTC)),
        ("2026-12-01T09:00Z", datetime(2026, 12, 1, 9, 0, tzinfo=UTC)),
        ("2026-12-01T09:00-05:00", datetime(2026, 12, 1, 14, 0, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_zone_is_local_time_of_the_base(written, meant):
    assert moment(written, "Europe/Paris") == meant


@pytest.mark.parametrize(
    ("written", "fault"),
    [("tomorrow", "time_malformed"), ("", "time_malformed"), ("2026-03-29T02:30", "time_left_out")],
)
def test_what_is_no_time_is_refused(written, fault):
    with pytest.raises(Invalid) as refused:
        moment(written, "Europe/Paris")

    assert refused.value.fields["at"].code == fault


def test_a_file_over_the_limit_is_named_without_being_read(tmp_path):
    (tmp_path / "big").write_bytes(bytes(11))

    with pytest.raises(Ungiven) as refused:
        content_of(tmp_path / "big", 10)
    assert refused.value.params["path"] == str(tmp_path / "big")


def test_a_text_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "old").write_bytes("été".encode("latin-1"))

    with pytest.raises(Ungiven) as refused:
        text_of(tmp_path / "old")
    assert refused.value.code == "file_not_utf8"
