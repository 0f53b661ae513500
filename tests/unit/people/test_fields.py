import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.people import fields
from xrm_platform.problems import Invalid


def fault_of(call, *args, **kwargs):
    with pytest.raises(Invalid) as caught:
        call(*args, **kwargs)
    return {name: fault.code for name, fault in caught.value.fields.items()}


@pytest.mark.parametrize(
    ("given_code", "stored"), [("com", "COM"), (" COM ", "COM"), ("a-1_b", "A-1_B"), ("X" * 20, "X" * 20)]
)
def test_a_code_is_kept_in_capitals(given_code, stored):
    assert fields.code(given_code) == stored


@pytest.mark.parametrize("given_code", ["", " ", "A B", "É", "X" * 21, "A\nB", "A\x00", "../A"])
def test_other_codes_are_refused(given_code):
    assert fault_of(fields.code, given_code) == {"code": "code_malformed"}


@given(st.text())
def test_whatever_is_given_a_code_is_plain_or_refused(text):
    try:
        code = fields.code(text)
    except Invalid:
        return
    assert fields.CODE.fullmatch(code)
    assert fields.code(code) == code


@given(st.text())
def test_a_login_that_was_accepted_is_found_however_it_is_typed(text):
    try:
        login = fields.login(text)
    except Invalid:
        return
    for typed in (
        login,
        unicodedata.normalize("NFD", login),
        f" {login} ",
        login.upper() if login.isascii() else login,
    ):
        assert fields.login_to_find(typed) == login


@pytest.mark.parametrize("login", ["", "marie martin", "a" * 65, "a\x00b", "a\nb", "a/b"])
def test_other_logins_are_refused_and_found_nowhere(login):
    assert fault_of(fields.login, login) == {"login": "login_malformed"}
    assert fields.login_to_find(login) == ""


@pytest.mark.parametrize(
    "address",
    ["marie@example.fr", "m.martin+xrm@sous.example.fr", "marie@exämple.fr", "marie@例え.jp", f"{'a' * 64}@example.fr"],
)
def test_a_mail_address_is_stored_as_typed(address):
    assert fields.email(f" {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        "marie",
        "@example.fr",
        "marie@",
        "marie@localhost",
        "marie@example.fr, paul@example.fr",
        "marie@example.fr\r\nBcc: x@example.fr",
        "marie@example.fr\n.fr",
        "Marie <marie@example.fr>",
        "marie martin@example.fr",
        "a..b@example.fr",
        ".a@example.fr",
        "é@example.fr",
        "marie@exa_mple.fr",
        "marie@-example.fr",
        "marie@example..fr",
        "marie@example.fr.",
        f"{'a' * 65}@example.fr",
        f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.fr",
        "a@\x00.fr",
        "\ud800@example.fr",
    ],
)
def test_other_mail_addresses_are_refused(address):
    assert fault_of(fields.email, address) == {"email": "email_malformed"}


@given(st.text() | st.from_regex(r"[a-z.\r\n ]{1,5}@[a-zé.\r\n]{1,9}", fullmatch=True))
def test_whatever_is_given_a_mail_address_is_one_line_and_has_one_at_sign(text):
    try:
        address = fields.email(text)
    except Invalid:
        return
    if address is not None:
        assert address.isprintable()
        assert address.count("@") == 1
        assert len(address.encode()) <= 2 * fields.EMAIL_LIMIT


@pytest.mark.parametrize(
    ("number", "country", "stored"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+33 6 12 34 56 78", "BE", "+33612345678"),
        ("0033612345678", "FR", "+33612345678"),
        ("01 42 68 53 00", "FR", "+33142685300"),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("", "FR", None),
        ("  ", "FR", None),
        (None, "FR", None),
    ],
)
def test_a_phone_number_is_stored_as_e164(number, country, stored):
    assert fields.phone("mobile", number, country=country) == stored


@pytest.mark.parametrize("number", ["12", "abc", "06 12 34 56 78 ext. 3", "+999 123", "06 12 34 56 7", "\x00"])
def test_other_phone_numbers_are_refused(number):
    assert fault_of(fields.phone, "mobile", number, country="FR") == {"mobile": "phone_malformed"}


@given(st.text())
def test_whatever_is_given_a_phone_number_is_e164_or_refused(text):
    try:
        number = fields.phone("phone", text, country="FR")
    except Invalid:
        return
    assert number is None or (number[0] == "+" and number[1:].isdecimal() and number.isascii())


def test_a_line_has_no_line_break_and_a_paragraph_keeps_its_own():
    assert fields.line("name", "  Martin ") == "Martin"
    assert fault_of(fields.line, "name", "Mar\ntin") == {"name": "text_not_printable"}
    assert fields.paragraph("signature_text", "Marie\r\nAcme\r\n", limit=50) == "Marie\nAcme"
    assert fault_of(fields.paragraph, "signature_text", "a\x00b", limit=50) == {"signature_text": "text_not_printable"}


def test_spaces_that_do_not_break_and_joined_emoji_are_text_as_people_paste_it():
    assert fields.line("name", "\u00a0Devis\u00a0: été\u202f!") == "Devis : été !"
    signature = "Tél.\u00a0: 01\u202f23\n\N{WOMAN}\u200d\N{PERSONAL COMPUTER}"
    assert fields.paragraph("signature_text", signature, limit=50) == signature
    for hidden in ("\u202e", "\x1b", "\ufeff", "\ud800"):
        for rule in (fields.line, fields.paragraph):
            assert fault_of(rule, "name", f"a{hidden}b", limit=50) == {"name": "text_not_printable"}


def test_what_is_too_long_or_missing_is_refused():
    assert fault_of(fields.line, "name", "x" * 101) == {"name": "text_too_long"}
    assert fault_of(fields.line, "name", " ", required=True) == {"name": "required"}
    assert fault_of(fields.paragraph, "signature_text", "x" * 51, limit=50) == {"signature_text": "text_too_long"}


def test_a_country_is_two_letters_that_exist():
    assert fields.country(" fr") == "FR"
    for country in ("XX", "", "France", "001"):
        assert fault_of(fields.country, country) == {"country": "country_unknown"}
