"""From the results of a call to one answer for each message of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from xrm_platform.providers import (
    BadResponse,
    Handover,
    OutcomeUnknown,
    OutgoingMail,
    OutgoingSms,
    ProviderError,
    RecipientResult,
    SendResult,
)

from .outcomes import Outcome, Terms, settle
from .sendables import Sendable

Answer = SendResult | ProviderError


def matched(sent: Sequence[OutgoingMail | OutgoingSms], results: object) -> Sequence[Answer]:
    """`results` if there is one for each that was sent, in order; else nobody can know what became of any of them. A
    plugin may answer anything at all."""
    if (
        isinstance(results, Sequence)
        and all(_is_readable(result) for result in results)
        and [result.id for result in results] == [one.id for one in sent]
    ):
        return results
    return [OutcomeUnknown("results_mismatched")] * len(sent)


def _is_readable(result: object) -> bool:
    return (
        isinstance(result, SendResult)
        and isinstance(result.error, ProviderError | None)
        and isinstance(result.recipients, tuple | list)
        and all(
            isinstance(answer, RecipientResult) and isinstance(answer.error, ProviderError | None)
            for answer in result.recipients
        )
    )


def settled(batch: Sequence[Sendable], answers: Sequence[Answer], terms: Terms, now: datetime) -> list[Outcome]:
    """What becomes of the messages of `batch`; `answers` are for all their outgoing parts, in order."""
    outcomes: list[Outcome] = []
    position = 0
    for sendable in batch:
        mine = answers[position : position + len(sendable.outgoing)]
        position += len(sendable.outgoing)
        outcomes.append(settle(sendable.attempt, sendable.error or _one_answer(sendable, mine), terms, now))
    return outcomes


def _one_answer(sendable: Sendable, answers: Sequence[Answer]) -> Answer:
    """An SMS to several numbers was sent once for each: their answers together are that of the message."""
    if len(answers) == 1:
        return answers[0]
    recipients: list[RecipientResult] = []
    for outgoing, answer in zip(sendable.outgoing, answers, strict=True):
        assert isinstance(outgoing, OutgoingSms)  # noqa: S101 - a mail is sent as one
        error = answer if isinstance(answer, ProviderError) else answer.error
        if isinstance(answer, SendResult) and answer.recipients:
            recipients.extend(answer.recipients)
        else:
            recipients.append(RecipientResult(outgoing.to, Handover.FAILED, error=error or BadResponse()))
    return SendResult(sendable.attempt.message_id, tuple(recipients))
