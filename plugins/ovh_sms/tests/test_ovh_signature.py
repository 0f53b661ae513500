import hashlib

from xrm_ovh_sms.signature import Keys, headers, signature

KEYS = Keys("APPKEY", "APPSECRET", "CONSUMER")
URL = "https://eu.api.ovh.com/1.0/sms?creationDatetime.from=2026-11-24T10%3A00%3A00%2B00%3A00"


def test_a_signature_is_the_sha1_of_what_is_asked_joined_by_plus_signs():
    signed = f"APPSECRET+CONSUMER+POST+{URL}+{{}}+1700000000".encode()
    assert signature(KEYS, "POST", URL, "{}", 1_700_000_000) == "$1$" + hashlib.sha1(signed).hexdigest()


def test_a_read_signs_an_empty_body():
    expected = hashlib.sha1(f"APPSECRET+CONSUMER+GET+{URL}++1700000000".encode()).hexdigest()
    assert headers(KEYS, "GET", URL, "", 1_700_000_000) == {
        "X-Ovh-Application": "APPKEY",
        "X-Ovh-Consumer": "CONSUMER",
        "X-Ovh-Timestamp": "1700000000",
        "X-Ovh-Signature": f"$1${expected}",
    }


def test_every_part_of_a_request_changes_its_signature():
    asked = [
        ("GET", URL, "", 1),
        ("POST", URL, "", 1),
        ("GET", URL + "x", "", 1),
        ("GET", URL, "é", 1),
        ("GET", URL, "", 2),
    ]
    assert len({signature(KEYS, *one) for one in asked}) == len(asked)


def test_keys_show_no_secret():
    assert repr(KEYS) == "Keys(APPKEY)"
    assert f"{KEYS}" == "Keys(APPKEY)"
