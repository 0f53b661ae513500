import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from xrm_platform.web.request_values import address_of, is_loopback, printable


@given(st.binary(max_size=300))
def test_a_header_can_always_be_stored(raw: bytes) -> None:
    kept = printable(raw.decode("utf-8", "surrogateescape"), 100)
    assert len(kept) <= 100
    assert kept.encode("utf-8").decode() == kept
    assert "\0" not in kept


def test_loopback_is_told_from_other_addresses() -> None:
    assert is_loopback("127.0.0.1")
    assert is_loopback("::1")
    assert not is_loopback("192.0.2.1")
    assert not is_loopback("localhost.example")
    assert not is_loopback("")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", "203.0.113.9, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", "not an address", "127.0.0.1"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("198.51.100.1", "192.0.2.7", "198.51.100.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_a_proxy_of_this_machine_says_who_calls(peer: str, forwarded: str | None, address: str) -> None:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=peer)
    assert address_of(request) == address


def test_a_proxy_that_adds_a_header_of_its_own_is_believed_and_not_the_caller() -> None:
    """As HAProxy does (`option forwardfor`): the first of the two is what the caller invented."""
    headers = CIMultiDict([("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "192.0.2.7")])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote="127.0.0.1")
    assert address_of(request) == "192.0.2.7"
