import pytest
from marshmallow import ValidationError
from xrm_ovh_sms.plugin import OVH_SMS
from xrm_ovh_sms.settings import OVH_URL, OvhSettings

from xrm_platform.testing.translations import assert_explained

GOOD = {
    "application_key": "abcDEF123",
    "application_secret": "s3cret",
    "consumer_key": "c0nsumer",
    "service_name": "sms-ab12345-1",
    "sender": "XRM",
}


def refused(**changed):
    with pytest.raises(ValidationError) as caught:
        OvhSettings().load({**GOOD, **changed})
    (name,) = caught.value.normalized_messages()
    (code,) = caught.value.normalized_messages()[name]
    assert_explained(OVH_SMS, code, {})
    return name, code


def test_the_real_api_is_the_default():
    assert OvhSettings().load(GOOD)["url"] == OVH_URL


def test_the_sender_may_be_left_empty():
    assert "sender" not in OvhSettings().load({**GOOD, "sender": " "})


@pytest.mark.parametrize("sender", ["XRM", "8sens XRM", "ab", "+33639980100", "36111"])
def test_a_sender_is_a_short_name_or_a_number(sender):
    assert OvhSettings().load({**GOOD, "sender": sender})["sender"] == sender


@pytest.mark.parametrize("sender", ["ABCDEFGHIJKL", "Café", "a-b", "12 34", "+", "12345678901234"])
def test_what_ovhcloud_does_not_take_is_no_sender(sender):
    assert refused(sender=sender) == ("sender", "not_a_sender")


@pytest.mark.parametrize("name", ["sms", "sms-ab-x", "ab12345-1", "sms-a/b-1", "sms-ab12345-1/jobs"])
def test_a_service_name_is_that_of_an_sms_account(name):
    assert refused(service_name=name) == ("service_name", "not_a_service_name")


def test_messages_do_not_leave_this_machine_unencrypted():
    assert refused(url="http://eu.api.ovh.com/1.0") == ("url", "messages_in_clear")
    assert OvhSettings().load({**GOOD, "url": "http://127.0.0.1:1/1.0"})


@pytest.mark.parametrize("url", ["eu.api.ovh.com", "ftp://h", "https://u:p@h", "https://h/?a=b", "https://h:x"])
def test_what_is_no_address_of_an_api_is_refused(url):
    assert refused(url=url) == ("url", "not_a_url")


def test_an_application_key_is_letters_and_digits():
    assert refused(application_key="a b") == ("application_key", "not_a_key")
