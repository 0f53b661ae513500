"""Which of the things a vendor has is a message whose answer was lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.messaging.lost import EARLIER, Lost, found_at_vendor, perhaps_at_vendor
from xrm_platform.providers import SentSms

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def lost(recipient: str, text: str = "Bonjour", number: str = "+33612345678", since: datetime = NOW) -> Lost:
    return Lost(recipient, f"m-{recipient}", number, text, since, since)


def sent(reference: str, text: str = "Bonjour", number: str = "+33612345678", at: datetime = NOW, **more) -> SentSms:
    return SentSms(reference, number, text, at, **more)


def test_the_same_text_to_the_same_number_is_the_message():
    assert found_at_vendor([lost("a")], [sent("v1")], ()) == {"a": "v1"}


def test_another_text_or_number_is_another_message():
    assert found_at_vendor([lost("a")], [sent("v1", "Bonsoir"), sent("v2", number="+33699999999")], ()) == {}


def test_what_another_message_has_already_is_not_found_again():
    assert found_at_vendor([lost("a")], [sent("v1")], {"v1"}) == {}


def test_two_equal_messages_need_two_at_the_vendor():
    assert found_at_vendor([lost("a"), lost("b")], [sent("v1")], ()) == {"a": "v1"}


def test_the_start_of_a_text_is_enough_where_the_vendor_shows_no_more():
    vendor = [sent("v1", "Bon", whole=False)]

    assert found_at_vendor([lost("a")], vendor, ()) == {"a": "v1"}
    assert found_at_vendor([lost("a")], [sent("v1", "", whole=False)], ()) == {}


def test_dots_where_the_vendor_cut_a_text_are_not_of_the_text():
    assert found_at_vendor([lost("a")], [sent("v1", "Bon…", whole=False)], ()) == {"a": "v1"}
    assert found_at_vendor([lost("a")], [sent("v1", "...", whole=False)], ()) == {}


def test_what_the_vendor_shows_without_a_text_may_be_it():
    vendor = [sent("v1", "", whole=False)]

    assert perhaps_at_vendor([lost("a"), lost("b", number="+33699999999")], vendor, ()) == {"a"}
    assert perhaps_at_vendor([lost("a")], vendor, {"v1"}) == frozenset()
    assert perhaps_at_vendor([lost("a", since=NOW + EARLIER + timedelta(hours=1))], vendor, ()) == frozenset()


def test_what_went_long_before_is_not_it():
    assert found_at_vendor([lost("a")], [sent("v1", at=NOW - EARLIER - timedelta(seconds=1))], ()) == {}


few = st.sampled_from(["x", "y"])


@given(st.lists(few, max_size=6), st.lists(few, max_size=6))
def test_nothing_at_the_vendor_is_two_messages(texts, vendor_texts):
    messages = [lost(str(index), text) for index, text in enumerate(texts)]
    vendor = [sent(f"v{index}", text) for index, text in enumerate(vendor_texts)]
    found = found_at_vendor(messages, vendor, ())

    assert len(set(found.values())) == len(found)
    assert len(found) == sum(min(texts.count(text), vendor_texts.count(text)) for text in "xy")
