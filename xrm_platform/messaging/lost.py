"""Which of the things that a vendor has is a message whose answer was lost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xrm_platform.providers import SentSms

EARLIER = timedelta(minutes=30)
"""How far before the loss the request may have been made: time limits, a lease, and clocks that differ."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A recipient of whom nobody knows whether the message went. `since` is when the answer was lost."""

    recipient_id: str
    message_id: str
    number: str
    text: str
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


def _is(lost: Lost, sent: SentSms) -> bool:
    """White space does not count: vendors trim what they show."""
    wanted, shown = " ".join(lost.text.split()), " ".join(sent.text.split())
    same = shown == wanted if sent.whole else bool(shown) and wanted.startswith(shown)
    return same and lost.since - EARLIER <= sent.at
