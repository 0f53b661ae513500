"""Handing a batch to Esendex so that every message gets its own true result.

Esendex answers a batch as a whole: it takes all messages or, for a single bad one, none. A definite refusal means that
nothing was taken, so the batch is then offered in halves until the bad message stands alone. After an unknown outcome
nothing is offered again.
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
    TransientError,
)

from .mapping import is_number
from .refusals import ABOUT_A_MESSAGE, MessageRefused
from .settings import is_french_mobile, is_originator

Offer = Callable[[Sequence[OutgoingSms]], Awaitable[Sequence[str]]]
"""Offers messages to the vendor at once: their references in order, or an error that holds for all of them."""

TIME_FOR_HALVES = 25.0
"""Seconds after which no further part is offered: with the timeout of one request, less than the platform waits."""


async def hand_over(batch: Sequence[OutgoingSms], offer: Offer) -> list[SendResult]:
    """One result for each message, in order. Raises the vendor's error only when it met the whole batch."""
    results: dict[int, SendResult] = {}
    fit = []
    for index, sms in enumerate(batch):
        error = unfit(sms)
        if error is None:
            fit.append(index)
        else:
            results[index] = refused(sms, error)
    await _offer_in_parts(batch, fit, offer, results)
    return [results[index] for index in range(len(batch))]


def unfit(sms: OutgoingSms) -> ProviderError | None:
    """Why a message cannot be offered at all, None when it can."""
    if sms.sender is not None and not is_originator(sms.sender):
        return MessageRefused(
            "mobile_originator" if is_french_mobile(sms.sender) else "originator_refused", originator=sms.sender
        )
    return None if is_number(sms.to) else InvalidRecipient()


async def _offer_in_parts(
    batch: Sequence[OutgoingSms], fit: Sequence[int], offer: Offer, results: dict[int, SendResult]
) -> None:
    deadline = asyncio.get_running_loop().time() + TIME_FOR_HALVES
    parts = [fit] if fit else []
    while parts:
        part = parts.pop()
        messages = [batch[index] for index in part]
        try:
            references = await offer(messages)
        except ABOUT_A_MESSAGE as error:
            if len(part) == 1:
                results[part[0]] = refused(messages[0], error)
            else:
                parts += [part[len(part) // 2 :], part[: len(part) // 2]]
        except ProviderError as error:
            if len(part) == len(batch):
                raise
            _give_up(batch, part, parts, error, results)
            return
        else:
            results.update(zip(part, map(accepted, messages, references), strict=True))
        if asyncio.get_running_loop().time() > deadline:
            _give_up(batch, [], parts, TransientError(), results)
            return


def _give_up(
    batch: Sequence[OutgoingSms],
    part: Sequence[int],
    parts: Sequence[Sequence[int]],
    error: ProviderError,
    results: dict[int, SendResult],
) -> None:
    """`error` met `part`; the other `parts` were not offered any more, so an unknown outcome is not theirs."""
    for index in part:
        results[index] = SendResult(batch[index].id, error=error)
    of_the_rest = TransientError() if isinstance(error, OutcomeUnknown) else error
    for index in (index for rest in parts for index in rest):
        results[index] = SendResult(batch[index].id, error=of_the_rest)


def accepted(sms: OutgoingSms, reference: str) -> SendResult:
    """The vendor took it and calls it `reference`."""
    return SendResult(sms.id, (RecipientResult(sms.to, Handover.ACCEPTED, reference),))


def refused(sms: OutgoingSms, error: ProviderError) -> SendResult:
    """The vendor would not have it."""
    return SendResult(sms.id, (RecipientResult(sms.to, Handover.FAILED, error=error),))
