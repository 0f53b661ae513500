import pytest
from marshmallow import ValidationError
from xrm_esendex.plugin import ESENDEX
from xrm_esendex.settings import ESENDEX_URL, EsendexSettings

from xrm_platform.testing.translations import assert_explained

GOOD = {
    "username": "marie@example.com",
    "password": "api:password é",
    "account_reference": "EX0123456",
    "originator": "XRM",
}


def refused(**changed):
    with pytest.raises(ValidationError) as caught:
        EsendexSettings().load({**GOOD, **changed})
    (name,) = caught.value.normalized_messages()
    (code,) = caught.value.normalized_messages()[name]
    assert_explained(ESENDEX, code, {})
    return name, code


def test_the_real_api_is_the_default():
    assert EsendexSettings().load(GOOD)["url"] == ESENDEX_URL


@pytest.mark.parametrize("name", ["XRM", "8sens XRM", "33937123456", "+33937123456", "36111", "A1B2C3D4E5F"])
def test_what_french_networks_show_is_an_originator(name):
    assert EsendexSettings().load({**GOOD, "originator": name})["originator"] == name


@pytest.mark.parametrize(
    "name", ["AB", "ABCDEFGHIJKL", "12 34", "123", "1234567890123456", "Café", "A-B-C", "+", "XRM!", "٣٤٥٦"]
)
def test_what_french_networks_do_not_show_is_no_originator(name):
    assert refused(originator=name) == ("originator", "not_an_originator")


@pytest.mark.parametrize(
    "number",
    ["0612345678", "33639980100", "+33712345678", "0033612345678", "+330612345678", "+262692123456", "590690001234"],
)
def test_a_french_mobile_number_is_nobodys_but_its_owners(number):
    assert refused(originator=number) == ("originator", "mobile_originator")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80", "https://api.esendex.com/"]
)
def test_a_safe_address_is_taken(url):
    assert EsendexSettings().load({**GOOD, "url": url})["url"] == url


@pytest.mark.parametrize("url", ["http://api.esendex.com", "http://127.0.0.1.example.com", "http://10.0.0.1"])
def test_a_password_does_not_leave_this_machine_unencrypted(url):
    assert refused(url=url) == ("url", "password_in_clear")


@pytest.mark.parametrize(
    "url", ["api.esendex.com", "ftp://h", "https://", "https://u:p@h", "https://h/?a=b", "https://h:x", "https://[x"]
)
def test_what_is_no_address_of_an_api_is_refused(url):
    assert refused(url=url) == ("url", "not_a_url")


@pytest.mark.parametrize("reference", ["0123456", "EX", "EXA", "EX012 3456", "EX0123456/../x"])
def test_an_account_reference_is_ex_and_digits(reference):
    assert refused(account_reference=reference) == ("account_reference", "not_an_account_reference")


@pytest.mark.parametrize("username", ["marie", "marie:x", "EX0123456"])
def test_the_user_is_an_e_mail_address(username):
    assert refused(username=username) == ("username", "not_an_email")


def test_spaces_around_what_was_pasted_do_no_harm_but_stay_in_the_password():
    loaded = EsendexSettings().load({**GOOD, "account_reference": " EX0123456\n", "password": " p "})
    assert (loaded["account_reference"], loaded["password"]) == ("EX0123456", " p ")


def test_what_a_form_left_empty_is_missing():
    with pytest.raises(ValidationError) as caught:
        EsendexSettings().load({**GOOD, "password": "", "originator": " "})
    assert set(caught.value.normalized_messages()) == {"password", "originator"}


@pytest.mark.parametrize(("written", "hours"), [("24", 24), (1, 1), (72, 72)])
def test_a_validity_is_hours(written, hours):
    assert EsendexSettings().load({**GOOD, "validity_hours": written})["validity_hours"] == hours


@pytest.mark.parametrize("written", [0, 73, "a day", "1.5", -1])
def test_what_esendex_does_not_take_is_no_validity(written):
    assert refused(validity_hours=written) == ("validity_hours", "not_a_validity")


def test_a_validity_may_be_left_empty():
    assert "validity_hours" not in EsendexSettings().load({**GOOD, "validity_hours": ""})
