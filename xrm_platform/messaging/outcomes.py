"""From what a provider answered to what becomes of a message and its recipients. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from xrm_platform.providers import BadResponse, Handover, ProviderError, RecipientResult, SendResult
from xrm_platform.providers.errors import storable

from .retry import Decision, Then, decide, jittered
from .states import State, of_message

FIRST_REPORT_AFTER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Pending:
    """A recipient that is being sent to."""

    id: str
    address: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A message that is being sent. `attempts` counts this one, `settled` are the states of the recipients that it is
    not for: an earlier attempt was done with them, or they wait for their hour, the first of them until `later`."""

    message_id: str
    attempts: int
    pending: tuple[Pending, ...]
    settled: tuple[State, ...] = ()
    later: datetime | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the provider offers that bears on outcomes."""

    idempotent: bool
    reports: bool


@dataclass(frozen=True, slots=True)
class RecipientOutcome:
    id: str
    state: State
    reference: str | None = None
    error: ProviderError | None = None
    report_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is written for one message after its attempt of the number `attempt`; `attempts` is how many count. `due_at`
    is set when it goes back into the queue. `rest` and `suspend` are what the account has to do."""

    message_id: str
    attempt: int
    state: State
    attempts: int
    recipients: tuple[RecipientOutcome, ...]
    due_at: datetime | None = None
    error: ProviderError | None = None
    rest: timedelta | None = None
    suspend: ProviderError | None = None
    copy_wanted: bool = False
    """A copy is to be put into the sender's folder of sent mail."""


def settle(attempt: Attempt, result: SendResult | ProviderError, terms: Terms, now: datetime) -> Outcome:
    """What becomes of `attempt` after `result`: the provider's answer for it, or the error of the whole call.

    A provider that does not answer for one of the recipients gave an answer that nobody can read: that recipient fails
    as `BadResponse`, which a person sees.
    """
    if isinstance(result, ProviderError):
        given: Mapping[str, RecipientResult] = {}
        whole: ProviderError | None = result
    else:
        given = {answer.recipient: answer for answer in result.recipients}
        whole = result.error
    judged = [_judge(one, given.get(one.address), whole, attempt.attempts, terms, now) for one in attempt.pending]
    outcome = _gather(attempt, judged, now)
    sent = any(one.state is State.SENT for one in outcome.recipients)
    return replace(outcome, copy_wanted=sent and isinstance(result, SendResult) and result.copy_wanted is True)


def _judge(
    pending: Pending,
    answer: RecipientResult | None,
    whole: ProviderError | None,
    attempts: int,
    terms: Terms,
    now: datetime,
) -> tuple[RecipientOutcome, Decision | None]:
    reference = storable(answer.reference) if answer is not None and answer.reference is not None else None
    if answer is not None and answer.outcome is Handover.ACCEPTED:
        report_at = now + FIRST_REPORT_AFTER if terms.reports and reference else None
        return RecipientOutcome(pending.id, State.SENT, reference, report_due_at=report_at), None
    if answer is not None and answer.outcome is Handover.DRAFTED:
        return RecipientOutcome(pending.id, State.HANDED_OVER, reference), None
    error = (answer.error if answer is not None else whole) or BadResponse("recipient_unanswered")
    decision = decide(error, attempts=attempts, idempotent=terms.idempotent)
    told = None if decision.then is Then.GIVE_BACK else error
    return RecipientOutcome(pending.id, _STATE_AFTER[decision.then], error=told), decision


_STATE_AFTER = {
    Then.RETRY: State.QUEUED,
    Then.REST: State.QUEUED,
    Then.GIVE_BACK: State.QUEUED,
    Then.SUSPEND: State.QUEUED,
    Then.UNKNOWN: State.UNKNOWN,
    Then.FAIL: State.FAILED,
}


_UNCOUNTED = frozenset({Then.REST, Then.GIVE_BACK, Then.SUSPEND})


def _gather(
    attempt: Attempt,
    judged: Sequence[tuple[RecipientOutcome, Decision | None]],
    now: datetime,
) -> Outcome:
    recipients = tuple(outcome for outcome, _ in judged)
    decisions = [(outcome, decision) for outcome, decision in judged if decision is not None]
    state = of_message((*attempt.settled, *(outcome.state for outcome in recipients)))
    waits = [decision.wait for _, decision in decisions if _STATE_AFTER[decision.then] is State.QUEUED]
    rests = [decision.wait for _, decision in decisions if decision.then is Then.REST]
    suspending = [outcome.error for outcome, decision in decisions if decision.then is Then.SUSPEND]
    counted = not decisions or any(decision.then not in _UNCOUNTED for _, decision in decisions)
    untried = state is State.QUEUED and not decisions  # only those are left that wait for their hour
    return Outcome(
        message_id=attempt.message_id,
        attempt=attempt.attempts,
        state=state,
        attempts=0 if untried else attempt.attempts if counted else attempt.attempts - 1,
        recipients=recipients,
        due_at=_due(state, waits, attempt.later, now),
        error=next((outcome.error for outcome, _ in decisions), None),
        rest=max(rests) if rests else None,
        suspend=suspending[0] if suspending else None,
    )


def _due(state: State, waits: Sequence[timedelta], later: datetime | None, now: datetime) -> datetime | None:
    """When the next of its recipients may be tried: those that failed after the longest of `waits`, those that wait for
    their hour at `later`."""
    if state is not State.QUEUED:
        return None
    again = [now + jittered(max(waits))] if waits else []
    return min([*again, *([] if later is None else [later])], default=now)
