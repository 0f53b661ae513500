from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.web.request_values import is_loopback, printable


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
