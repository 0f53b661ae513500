"""Mail addresses as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.messaging.mail.addresses import mail_address
from xrm_platform.problems import Fault
from xrm_platform.providers import Address


@pytest.mark.parametrize(
    ("written", "email", "name"),
    [
        ("a@b.fr", "a@b.fr", ""),
        ("  a@b.fr ", "a@b.fr", ""),
        ("Ann Été <ann@société.fr>", "ann@xn--socit-esab.fr", "Ann Été"),
        ('"Martin, Léa" <lea@acme.fr>', "lea@acme.fr", "Martin, Léa"),
        ("léa@acme.fr", "léa@acme.fr", ""),
        ("a.b+c@ACME.FR", "a.b+c@acme.fr", ""),
    ],
)
def test_addresses_that_can_be_written_to(written, email, name):
    assert mail_address(written) == Address(email, name)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "address_local_part"),
        ("nobody", "address_local_part"),
        ("a b@c.fr", "address_local_part"),
        (".a@c.fr", "address_local_part"),
        ("a..b@c.fr", "address_local_part"),
        ("a@", "address_domain"),
        ("a@-c.fr", "address_domain"),
        ("a@c..fr", "address_domain"),
        ("a@b.fr\r\nBcc: x@y.fr", "address_control_character"),
        ("a@b.fr, c@d.fr", "address_local_part"),
        ("x" * 65 + "@b.fr", "address_too_long"),
        ("x" * 64 + "@" + ".".join(["b" * 63] * 3), "address_too_long"),
        ("n" * 201 + " <a@b.fr>", "address_name_too_long"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(written, code):
    refused = mail_address(written)

    assert isinstance(refused, Fault)
    assert refused.code == code


@given(st.text(max_size=80))
def test_an_accepted_address_never_breaks_a_header(written):
    address = mail_address(written)
    if isinstance(address, Address):
        assert not any(char in address.email + address.name for char in "\r\n\0")
        assert address.email.count("@") == 1
        assert address.email.rpartition("@")[2].isascii()
