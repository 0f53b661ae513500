"""Handing a batch to OVHcloud, message by message.

A job may have many receivers, but which of its ids is whose is told nowhere; so each message is a job of its own, and
its id is beyond doubt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from xrm_platform.providers import (
    Handover,
    InvalidRecipient,
    OutcomeUnknown,
    OutgoingSms,
    ProviderError,
    RecipientResult,
    SendResult,
    TooLarge,
    TransientError,
)

from .refusals import MessageRefused

Offer = Callable[[OutgoingSms], Awaitable[str]]
"""Offers one message to the vendor: its reference, or an error."""

ABOUT_A_MESSAGE = (MessageRefused, InvalidRecipient, TooLarge)
"""Refusals for what was sent, not for who sends: another message may pass."""

TIME_FOR_A_BATCH = 25.0
"""Seconds after which no further message is offered: with the timeout of one request, less than the platform waits."""


async def hand_over(
    batch: Sequence[OutgoingSms], unfit: Callable[[OutgoingSms], ProviderError | None], offer: Offer
) -> list[SendResult]:
    """One result for each message, in order. Raises the vendor's error only when it met the first message.

    After an error that is not about a message nothing more is offered: the rest was not handed over, so an unknown
    outcome is not theirs.
    """
    deadline = asyncio.get_running_loop().time() + TIME_FOR_A_BATCH
    results: list[SendResult] = []
    given_up: ProviderError | None = None
    for sms in batch:
        if given_up is not None:
            results.append(SendResult(sms.id, error=given_up))
            continue
        reason = unfit(sms)
        if reason is not None:
            results.append(_refused(sms, reason))
            continue
        try:
            reference = await offer(sms)
            results.append(SendResult(sms.id, (RecipientResult(sms.to, Handover.ACCEPTED, reference),)))
        except ABOUT_A_MESSAGE as error:
            results.append(_refused(sms, error))
        except ProviderError as error:
            if not results and (not isinstance(error, OutcomeUnknown) or len(batch) == 1):
                raise
            results.append(SendResult(sms.id, error=error))
            given_up = TransientError() if isinstance(error, OutcomeUnknown) else error
        if given_up is None and asyncio.get_running_loop().time() > deadline:
            given_up = TransientError()
    return results


def _refused(sms: OutgoingSms, error: ProviderError) -> SendResult:
    return SendResult(sms.id, (RecipientResult(sms.to, Handover.FAILED, error=error),))
