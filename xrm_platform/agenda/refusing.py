"""What an event cannot become, said as a problem."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from xrm_platform.problems import Conflicting, Invalid, Missing

from .drawing import MAX_TEXT
from .ical.components import Incomprehensible


@contextlib.contextmanager
def as_problems() -> Iterator[None]:
    """Raise the problem that an `Incomprehensible` of an edit means."""
    try:
        yield
    except Incomprehensible as error:
        if error.code == "no_occurrence":
            raise Missing("unknown_occurrence", occurrence=error.part[:40]) from error
        if error.code == "not_a_series":
            raise Conflicting("not_a_series") from error
        if error.code == "rule_needs_new_days":
            raise Conflicting("rule_needs_new_days", rule=error.part) from error
        if error.code == "event_too_large":
            raise Invalid.field("description", "event_too_large", limit_kb=MAX_TEXT // 1000) from error
        raise Conflicting("event_unreadable", reason=str(error)) from error
