"""The listings of Esendex: when an entry is of, and when a listing has been read far enough."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from .answers import Record, child, moment, number, text


def received_at(header: Record) -> datetime | None:
    """When an inbound message came in."""
    dates = (moment(text(header, name)) for name in ("receivedat", "laststatusat", "submittedat"))
    return next((date for date in dates if date), None)


def submitted_at(header: Record) -> datetime | None:
    """When a message was taken."""
    return moment(text(header, "submittedat")) or moment(text(header, "laststatusat"))


def opted_out_at(entry: Record) -> datetime | None:
    """When an opt-out was received."""
    return moment(text(entry, "receivedat"))


DateOf = Callable[[Record], datetime | None]


def is_since(date: DateOf, entry: Record, since: datetime) -> bool:
    """Whether an entry is of `since` or later. One without a readable date is taken for new: it is told twice rather
    than never."""
    at = date(entry)
    return at is None or at >= since


def goes_back_beyond(date: DateOf, page: Sequence[Record], since: datetime) -> bool:
    """Whether all that follows `page` is older than `since`. The order of a listing is not documented: only a page that
    runs from newer to older and ends before `since` says so."""
    dates = [at for entry in page if (at := date(entry))]
    newest_first = all(later >= earlier for later, earlier in itertools.pairwise(dates))
    return newest_first and bool(dates) and dates[0] > dates[-1] and dates[-1] < since


def written(at: datetime) -> str:
    """A time as listings take it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def total(answer: Record, plural: str, seen: int, page: int) -> int:
    """How many entries a listing has in all; where it does not tell, one more than `seen` while its pages are full."""
    told = number({**child(answer, plural), **answer}, "totalcount")
    if told is not None:
        return told
    return seen + 1 if seen % page == 0 else seen
