"""Which of the things that a vendor has is a message whose answer was lost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xrm_platform.providers import SentSms

EARLIER = timedelta(hours=3)
"""How far before an attempt began the vendor may say that it took the message: a clock that was set to local time is
hours ahead of theirs."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A recipient of whom nobody knows whether the message went. `begun` is when the attempt began, `since` when it was
    known that its answer is lost: hours later, where the platform was down meanwhile."""

    recipient_id: str
    message_id: str
    number: str
    text: str
    begun: datetime
    since: datetime


def found_at_vendor(lost: Sequence[Lost], sent: Sequence[SentSms], known: Collection[str]) -> Mapping[str, str]:
    """References of what was lost, by recipient: each thing the vendor has is one message at most. Pure.

    `known` are the references that other messages have. Of equal texts to one number, the earlier is the earlier.
    """
    free: dict[str, list[SentSms]] = defaultdict(list)
    for held in sorted(sent, key=lambda held: held.at):
        if held.reference not in known:
            free[held.to].append(held)
    found: dict[str, str] = {}
    for one in sorted(lost, key=lambda one: (one.since, one.recipient_id)):
        match = next((candidate for candidate in free[one.number] if _is(one, candidate)), None)
        if match is not None:
            free[one.number].remove(match)
            found[one.recipient_id] = match.reference
    return found


def perhaps_at_vendor(lost: Sequence[Lost], sent: Sequence[SentSms], known: Collection[str]) -> frozenset[str]:
    """Recipients to whom something went of which the vendor does not show the text: it may be theirs. Pure."""
    nameless = [held for held in sent if not held.text.strip() and held.reference not in known]
    return frozenset(
        one.recipient_id for one in lost if any(held.to == one.number and _in_time(one, held) for held in nameless)
    )


def _is(lost: Lost, sent: SentSms) -> bool:
    """White space does not count, nor dots where a text was cut: vendors trim what they show."""
    wanted, shown = " ".join(lost.text.split()), " ".join(sent.text.split())
    if sent.whole:
        return shown == wanted and _in_time(lost, sent)
    starts = [start for start in (shown, shown.rstrip(".…").rstrip()) if start]
    return any(wanted.startswith(start) for start in starts) and _in_time(lost, sent)


def _in_time(lost: Lost, sent: SentSms) -> bool:
    return lost.begun - EARLIER <= sent.at
