"""What an account is asked for, and what is refused before anything is reached."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError
from xrm_ical.settings import IcalSettings


@pytest.mark.parametrize(
    "url",
    [
        "https://caldav.icloud.com/",
        "https://cloud.example.com:8443/remote.php/dav/",
        "http://127.0.0.1:5232/com/",
        "http://localhost:5232",
        "http://[::1]:5232/",
        "webcal://example.com/holidays",
        "https://example.com/private-0123/basic.ics?x=1",
        "file:///srv/calendars/com",
    ],
)
def test_good_addresses_are_taken(url):
    assert IcalSettings().load({"url": url})["url"] == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://cloud.example.com/", "not_encrypted"),
        ("http://127.0.0.1.example.com/", "not_encrypted"),
        ("http://192.168.0.1/", "not_encrypted"),
        ("ftp://example.com/", "not_a_url"),
        ("caldav.icloud.com", "not_a_url"),
        ("https://", "not_a_url"),
        ("https://com:s3cret@example.com/", "not_a_url"),
        ("https://example.com/#agenda", "not_a_url"),
        ("https://example.com:99999/", "not_a_url"),
        ("https://[::1/", "not_a_url"),
        ("file:calendars", "not_a_folder"),
        ("file://server/calendars", "not_a_folder"),
    ],
)
def test_other_addresses_are_refused_with_what_to_write(url, code):
    with pytest.raises(ValidationError) as caught:
        IcalSettings().load({"url": url})
    assert caught.value.messages_dict == {"url": [code]}


@pytest.mark.parametrize(
    ("settings", "field", "code"),
    [
        ({"username": "com"}, "password", "username_without_password"),
        ({"password": "s3cret"}, "username", "password_without_username"),
        ({"url": "file:///srv", "username": "com", "password": "s3cret"}, "username", "folder_has_no_user"),
    ],
)
def test_what_does_not_fit_together_is_refused(settings, field, code):
    with pytest.raises(ValidationError) as caught:
        IcalSettings().load({"url": "https://example.com/", **settings})
    assert caught.value.messages_dict == {field: [code]}


def test_what_a_form_leaves_empty_is_absent_and_a_password_keeps_its_blanks():
    loaded = IcalSettings().load({"url": " https://example.com/ ", "username": "com", "password": " s ", "ca_file": ""})
    assert loaded == {
        "url": "https://example.com/",
        "username": "com",
        "password": " s ",
        "ca_file": None,
        "allow_private": False,
    }
