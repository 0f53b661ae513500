"""From people to rows: each with its text, or with the reason why it gets none. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xrm_platform.messaging.checks import MAX_SMS_PARTS, check_mail, check_sms_text
from xrm_platform.messaging.requests import MailRequest
from xrm_platform.messaging.rules.admission import Ground
from xrm_platform.messaging.rules.opt_outs import folded_address
from xrm_platform.messaging.rules.texts import sms_text
from xrm_platform.problems import Fault, Invalid, Problem
from xrm_platform.providers import Category, Channel

from .merge_fields import Template, filled, one_line
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
    "number_missing": "faulty_addresses",
    "number_unreadable": "faulty_addresses",
    "number_impossible": "faulty_addresses",
    "number_not_mobile": "faulty_addresses",
    "contact_without_mobile": "faulty_addresses",
    "mail_missing": "faulty_addresses",
    "contact_without_mail": "faulty_addresses",
    "address_control_character": "faulty_addresses",
    "address_name_too_long": "faulty_addresses",
    "address_local_part": "faulty_addresses",
    "address_domain": "faulty_addresses",
    "address_too_long": "faulty_addresses",
    "address_in_error": "faulty_addresses",
    "merge_field_empty": "empty_fields",
}
"""As what a reason is counted; anything else as one of the others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every text of a job is made of: templates of `text`, and of a mail's `subject` and `html`. `values` are
    those of the platform's own fields, `now` is when it is asked."""

    channel: Channel
    templates: Mapping[str, Template]
    category: Category
    ground: Ground
    values: Mapping[str, str]
    now: datetime


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
    """The columns of a row for each; `seen` are the addresses of those before, and learns these."""
    rows = []
    for person in people:
        row = _row(person)
        found = _texts_of(person, wanted, seen)
        if isinstance(found, Fault):
            refuse(row, found)
        else:
            row.update(found)
        rows.append(row)
    return rows


def refuse(row: dict[str, Any], fault: Fault) -> None:
    nothing = {"subject": "", "text": "", "html": None, "parts": 0}
    row.update(nothing, state=RowState.SKIPPED, code=fault.code, params=dict(fault.params))


def fault_of(problem: Problem) -> Fault:
    """A refusal as the reason of a row: what is wrong with its first field, where it is about fields."""
    if isinstance(problem, Invalid):
        first = next(iter(problem.fields.values()))
        return first if isinstance(first, Fault) else Fault("invalid")
    return Fault(problem.code, problem.params)


def _row(person: Person) -> dict[str, Any]:
    return {
        "position": person.position,
        "name": one_line(person.name)[:NAME_LIMIT],
        "written": one_line(person.written)[:WRITTEN_LIMIT],
        "address": person.address if isinstance(person.address, str) else None,
        "subject": "",
        "text": "",
        "html": None,
        "parts": 0,
        "state": RowState.READY,
        "code": None,
        "params": {},
        "message_id": None,
    }


def _texts_of(person: Person, wanted: Wanted, seen: set[str]) -> dict[str, Any] | Fault:
    """The columns of what is said. Of an address that comes twice, the first with texts of its own has it."""
    if isinstance(person.address, Fault):
        return person.address
    folded = folded_address(wanted.channel, person.address)
    if folded in seen:
        return Fault("duplicate", {"address": person.address})
    texts = filled_in(wanted.templates, {**wanted.values, **person.values})
    if isinstance(texts, Fault):
        return texts
    try:
        found = _mail(person.address, texts, wanted) if wanted.channel is Channel.MAIL else _sms(texts["text"], wanted)
    except Invalid as problem:
        return fault_of(problem)
    seen.add(folded)
    return found


def filled_in(templates: Mapping[str, Template], values: Mapping[str, str]) -> dict[str, str] | Fault:
    """The texts for one person, or which value it lacks."""
    texts = {}
    for name, template in templates.items():
        text = filled(template, values, escaped=name == "html")
        if isinstance(text, Fault):
            return text
        texts[name] = text
    return texts


def _mail(address: str, texts: Mapping[str, str], wanted: Wanted) -> dict[str, Any]:
    check_mail(MailRequest("", (address,), texts["subject"], texts["text"], texts.get("html")), wanted.now)
    return dict(texts)


def _sms(text: str, wanted: Wanted) -> dict[str, Any]:
    check_sms_text(text)
    parts = len(sms_text(text, wanted.category, wanted.ground.rules, wanted.ground.provider).segments.parts)
    if parts > MAX_SMS_PARTS:
        raise Invalid.field("text", "sms_too_long", parts=parts, limit=MAX_SMS_PARTS)
    return {"text": text, "parts": parts}
