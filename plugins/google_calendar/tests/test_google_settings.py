import json

import pytest
from marshmallow import ValidationError
from xrm_google_calendar.plugin import GOOGLE_CALENDAR
from xrm_google_calendar.settings import API_URL, AUTH_URL, TOKEN_URL, GoogleCalendarSettings

from xrm_platform.testing.translations import assert_explained

CLIENT = {"account": "com@example.com", "client_id": "x.apps.googleusercontent.com", "client_secret": "secret"}
KEY = {"type": "service_account", "client_email": "s@p.iam.gserviceaccount.com", "private_key": "-----BEGIN…"}


def refused(**changes):
    with pytest.raises(ValidationError) as caught:
        GoogleCalendarSettings().load({**CLIENT, **changes})
    for codes in caught.value.messages_dict.values():
        for code in codes:
            assert_explained(GOOGLE_CALENDAR, code, {})
    return {name: codes[0] for name, codes in caught.value.messages_dict.items()}


def test_the_addresses_are_googles_unless_somebody_says_otherwise():
    loaded = GoogleCalendarSettings().load(CLIENT)
    assert (loaded["url"], loaded["token_url"], loaded["auth_url"]) == (API_URL, TOKEN_URL, AUTH_URL)
    assert all(address.startswith("https://") for address in (API_URL, TOKEN_URL, AUTH_URL))
    assert loaded["calendar_id"] == "primary"


@pytest.mark.parametrize("name", ["url", "token_url", "auth_url"])
@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("http://www.googleapis.com", "token_in_clear"),
        ("ftp://www.googleapis.com", "not_a_url"),
        ("https://user:pw@www.googleapis.com", "not_a_url"),
        ("https://www.googleapis.com?a=b", "not_a_url"),
        ("https://[::1", "not_a_url"),
        ("nonsense", "not_a_url"),
    ],
)
def test_an_address_that_is_unfit_for_tokens_is_refused(name, address, code):
    assert refused(**{name: address}) == {name: code}


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:2", "https://x.fr/a"])
def test_a_stand_in_on_this_machine_needs_no_certificate(address):
    assert GoogleCalendarSettings().load({**CLIENT, "url": address})["url"] == address


def test_a_client_or_a_service_account_is_needed():
    assert refused(client_id="", client_secret=" ") == dict.fromkeys(
        ("client_id", "client_secret"), "client_or_service_account"
    )
    by_key = {"account": "com@example.com", "service_account": json.dumps(KEY)}
    assert GoogleCalendarSettings().load(by_key)["client_id"] == ""


@pytest.mark.parametrize(
    "written",
    ["not json", "[]", "{}", json.dumps({**KEY, "type": "authorized_user"}), json.dumps({**KEY, "private_key": 7})],
)
def test_what_is_no_key_file_is_refused_without_being_repeated(written):
    told = refused(service_account=written)
    assert told == {"service_account": "not_a_service_account"}


def test_the_account_is_a_mail_address():
    assert refused(account="somebody") == {"account": "not_an_email"}
