"""Slows guessing down: after some failures a key has to wait, twice as long after each further one.

Counted in memory: a restart forgets, and several processes count each for itself.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

FORGET_AFTER = timedelta(hours=1)
LONGEST_WAIT = timedelta(minutes=5)
KEYS_LIMIT = 20_000


def wait_after(failures: int, free: int) -> timedelta:
    """How long to wait after this many failures, of which `free` cost nothing: 1 s, 2 s, 4 s … to 5 minutes."""
    if failures <= free:
        return timedelta()
    doublings = min(failures - free - 1, 20)
    return min(timedelta(seconds=2**doublings), LONGEST_WAIT)


@dataclass(slots=True)
class _Record:
    failures: int
    last: datetime


class Throttle:
    """Counts failures by key. An attempt counts as failed until it is forgiven, so attempts at once help nobody."""

    def __init__(self, now: Callable[[], datetime], *, free: int) -> None:
        self._now = now
        self._free = free
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def seconds_to_wait(self, key: str) -> int:
        """0 when an attempt may be made now."""
        record = self._records.get(key)
        if record is None:
            return 0
        left = record.last + wait_after(record.failures, self._free) - self._now()
        return max(0, math.ceil(left.total_seconds()))

    def attempt(self, key: str) -> None:
        """Count an attempt as failed."""
        now = self._now()
        record = self._records.pop(key, None)
        if record is None or now - record.last > FORGET_AFTER:
            record = _Record(0, now)
        self._records[key] = _Record(record.failures + 1, now)
        while len(self._records) > KEYS_LIMIT:
            self._records.popitem(last=False)

    def forgive(self, key: str) -> None:
        """It succeeded: forget the failures before."""
        self._records.pop(key, None)

    def forgive_one(self, key: str) -> None:
        """It succeeded, which says nothing about the failures of others with this key."""
        record = self._records.get(key)
        if record is not None:
            record.failures -= 1
