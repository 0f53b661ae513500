"""How the state of a message follows from its recipients, and what a report may change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.messaging.states import FINAL, UNDER_WAY, State, after_report, of_message
from xrm_platform.providers import DeliveryStatus

states = st.sampled_from(State)


@pytest.mark.parametrize(
    ("recipients", "message"),
    [
        ([State.SENT, State.SENT], State.SENT),
        ([State.SENT, State.DELIVERED], State.SENT),
        ([State.SENT, State.FAILED], State.SENT),
        ([State.DELIVERED, State.QUEUED], State.QUEUED),
        ([State.SENT, State.UNKNOWN], State.UNKNOWN),
        ([State.FAILED, State.EXPIRED], State.FAILED),
        ([State.CANCELLED, State.EXPIRED], State.EXPIRED),
        ([State.HANDED_OVER, State.FAILED], State.HANDED_OVER),
        ([State.SENDING, State.UNKNOWN], State.SENDING),
    ],
)
def test_the_state_of_a_message(recipients, message):
    assert of_message(recipients) is message


@given(st.lists(states, min_size=1, max_size=6))
def test_a_message_is_in_a_state_of_one_of_its_recipients_or_partly_sent(recipients):
    state = of_message(recipients)

    assert state in recipients or state is State.SENT
    assert (state in UNDER_WAY) == any(one in UNDER_WAY for one in recipients)


@given(states, st.lists(st.sampled_from(DeliveryStatus), max_size=6))
def test_a_final_state_never_changes_whatever_is_reported(current, reports):
    state = current
    for report in reports:
        following = after_report(state, report)
        assert state not in FINAL or following is state
        state = following


@given(st.sampled_from(sorted(UNDER_WAY)), st.sampled_from(DeliveryStatus))
def test_a_report_does_not_touch_what_is_not_handed_over(current, report):
    assert after_report(State(current), report) is current
