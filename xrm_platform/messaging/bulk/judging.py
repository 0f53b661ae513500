"""From people to rows: each with its text, or with the reason why it gets none. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xrm_platform.messaging.checks import MAX_SMS_PARTS, check_sms_text
from xrm_platform.messaging.rules.admission import Ground
from xrm_platform.messaging.rules.texts import sms_text
from xrm_platform.problems import Fault, Invalid, Problem
from xrm_platform.providers import Category

from .merge_fields import Template, filled
from .people import Person
from .states import RowState
from .views import BulkCounts

NAME_LIMIT = 200
WRITTEN_LIMIT = 80

_COUNTED = {
    "duplicate": "duplicates",
    "opted_out": "opted_out",
    "consent_missing": "without_consent",
    "consent_withdrawn": "without_consent",
    "number_missing": "faulty_numbers",
    "number_unreadable": "faulty_numbers",
    "number_impossible": "faulty_numbers",
    "number_not_mobile": "faulty_numbers",
    "contact_without_mobile": "faulty_numbers",
    "merge_field_empty": "empty_fields",
}
"""As what a reason is counted; anything else as one of the others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every text of a job is made of. `values` are those of the platform's own fields."""

    template: Template
    category: Category
    ground: Ground
    values: Mapping[str, str]


@dataclass(slots=True)
class Tally:
    """What was found so far."""

    counts: dict[str, int] = field(default_factory=dict)
    parts: int = 0

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            ready = row["state"] == RowState.READY
            self.parts += row["parts"]
            kind = "ready" if ready else _COUNTED.get(row["code"], "others")
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.counts["total"] = self.counts.get("total", 0) + 1


def counts_of(counts: Mapping[str, int]) -> BulkCounts:
    return BulkCounts(**{name: counts.get(name, 0) for name in BulkCounts.__dataclass_fields__})


def judged(people: Sequence[Person], wanted: Wanted, seen: set[str]) -> list[dict[str, Any]]:
    """The columns of a row for each; `seen` are the numbers of those before, and learns these."""
    rows = []
    for person in people:
        row = _row(person)
        found = _text_of(person, wanted, seen)
        if isinstance(found, Fault):
            refuse(row, found)
        else:
            row["text"], row["parts"] = found
        rows.append(row)
    return rows


def refuse(row: dict[str, Any], fault: Fault) -> None:
    row.update(state=RowState.SKIPPED, code=fault.code, params=dict(fault.params), text="", parts=0)


def fault_of(problem: Problem) -> Fault:
    """A refusal as the reason of a row: what is wrong with its first field, where it is about fields."""
    if isinstance(problem, Invalid):
        first = next(iter(problem.fields.values()))
        return first if isinstance(first, Fault) else Fault("invalid")
    return Fault(problem.code, problem.params)


def _row(person: Person) -> dict[str, Any]:
    return {
        "position": person.position,
        "name": _plain(person.name)[:NAME_LIMIT],
        "written": _plain(person.written)[:WRITTEN_LIMIT],
        "number": person.number if isinstance(person.number, str) else None,
        "text": "",
        "parts": 0,
        "state": RowState.READY,
        "code": None,
        "params": {},
        "message_id": None,
    }


def _text_of(person: Person, wanted: Wanted, seen: set[str]) -> tuple[str, int] | Fault:
    """The text and its parts. Of a number that comes twice, the first with a text of its own has it."""
    if isinstance(person.number, Fault):
        return person.number
    if person.number in seen:
        return Fault("duplicate", {"number": person.number})
    text = filled(wanted.template, {**wanted.values, **person.values})
    if isinstance(text, Fault):
        return text
    try:
        check_sms_text(text)
    except Invalid as problem:
        return fault_of(problem)
    parts = len(sms_text(text, wanted.category, wanted.ground.rules, wanted.ground.provider).segments.parts)
    if parts > MAX_SMS_PARTS:
        return Fault("sms_too_long", {"parts": parts, "limit": MAX_SMS_PARTS})
    seen.add(person.number)
    return text, parts


def _plain(text: str) -> str:
    """Without what no database keeps."""
    return text.replace("\x00", "").encode(errors="replace").decode()
