"""What becomes of each row of a file: pure, so that a preview and an import decide alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from xrm_platform.problems import Conflicting, Fault, Invalid

from . import consent, folding, writing
from .given import Values, changed
from .rows import ConsentGiven, Row
from .views import ConsentState, ConsentView, ContactView


class Outcome(StrEnum):
    """`DUPLICATE`: probably known already under no or another reference; `UNCHANGED`: known, and nothing new."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that has been held against the rules for contacts. Without `values` it has `faults`."""

    row: Row
    values: Values | None
    consents: tuple[ConsentView, ...] = ()
    faults: Mapping[str, Fault | str] = field(default_factory=dict)


Who = int | str
"""An earlier row of the file, by its line, or a contact, by its id."""


class Index:
    """Who has a number, an address, or a name and company.

    One flat mapping of plain values: of a hundred thousand rows that is little, and nothing for the garbage collector
    to walk through, which would hold up everybody else.
    """

    def __init__(self) -> None:
        self._who: dict[str, Who] = {}

    def add(self, key: str, name: str, who: Who) -> None:
        """`key` is one of `keys_of`, `name` the `name_key` of whoever has it."""
        self._who.setdefault(f"{key}\n{name}", who)
        self._who.setdefault(f"{key}\n{_ANY}", who)

    def add_all(self, values: Values, who: Who) -> None:
        for key in keys_of(values):
            self.add(key, _name(values), who)

    def find(self, values: Values) -> Who | None:
        """Who is probably the same: has a number or an address of theirs and no other name, or name and company."""
        name = _name(values)
        for key in keys_of(values):
            for other in (name, "") if name else (_ANY,):
                who = self._who.get(f"{key}\n{other}")
                if who is not None:
                    return who
        return None


_ANY = "*"


def keys_of(values: Values) -> list[str]:
    """What tells contacts apart."""
    match_key = folding.match_key(values.first_name, values.last_name, values.company)
    return [
        *(f"number {phone.number}" for phone in values.phones),
        *(f"mail {mail.folded}" for mail in values.mails),
        *([f"name {match_key}"] if match_key else []),
    ]


def _name(values: Values) -> str:
    return folding.name_key(values.first_name, values.last_name)


@dataclass(slots=True)
class Seen:
    """What the rows before had."""

    index: Index = field(default_factory=Index)
    lines_by_reference: dict[str, int] = field(default_factory=dict)
    lines_by_contact: dict[str, int] = field(default_factory=dict)

    def reference(self, reference: str, contact: ContactView | None, line: int) -> int:
        """The first line that had this reference, or another one that leads to the same contact."""
        first = self.lines_by_reference.setdefault(reference, line)
        return first if contact is None else min(first, self.lines_by_contact.setdefault(contact.id, first))


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one row. `contact` is the one it updates or probably repeats; `after` is what is to be stored, if
    anything is. `faults` say why not, or with an update what of the row was left out."""

    row: Row
    outcome: Outcome
    contact: ContactView | None = None
    contact_id: str | None = None
    after: Values | None = None
    consents: tuple[ConsentView, ...] = ()
    faults: Mapping[str, Fault | str] = field(default_factory=dict)


def check(row: Row, *, country: str, by: str, now: datetime) -> Checked:
    """Hold a row against the rules; `country` is the base's."""
    faults = dict(row.faults)
    values = None
    try:
        values = changed(Values(), row.changes, country=country)
    except Invalid as invalid:
        faults.update({} if "row" in faults else invalid.fields)
    consents = []
    for said in row.consents:
        try:
            consents.append(_consent(said, by=by, now=now))
        except Invalid as invalid:
            faults.update({f"{said.channel} {said.purpose} {name}": fault for name, fault in invalid.fields.items()})
    return Checked(row, None if faults else values, tuple(consents), faults)


def plan(
    batch: Sequence[Checked],
    *,
    seen: Seen,
    known: Index,
    by_reference: Mapping[str, ContactView],
    keep_duplicates: bool,
) -> list[Step]:
    """Decide about some rows, of which `seen` remembers what they had."""
    return [_step(checked, seen, known, by_reference, keep_duplicates=keep_duplicates) for checked in batch]


def _step(
    checked: Checked, seen: Seen, known: Index, by_reference: Mapping[str, ContactView], *, keep_duplicates: bool
) -> Step:
    row, values = checked.row, checked.values
    if values is None:
        return Step(row, Outcome.FAULT, faults=checked.faults)
    if values.reference is not None:
        contact = by_reference.get(values.reference)
        earlier = seen.reference(values.reference, contact, row.line)
        if earlier != row.line:
            return Step(
                row, Outcome.FAULT, faults={"reference": Fault("contact_reference_repeated", {"line": earlier})}
            )
        if contact is not None:
            return _update(checked, values, contact)
    same = seen.index.find(values) or known.find(values)
    seen.index.add_all(values, row.line)
    if same is not None and not keep_duplicates:
        contact_id = same if isinstance(same, str) else None
        return Step(row, Outcome.DUPLICATE, contact_id=contact_id, faults={"row": _repeats(same)})
    return Step(row, Outcome.CREATED, after=values, consents=_without_none(checked.consents))


def _repeats(same: Who) -> Fault:
    if isinstance(same, int):
        return Fault("contact_repeats_line", {"line": same})
    return Fault("contact_repeats", {"contact": same})


def _update(checked: Checked, given: Values, contact: ContactView) -> Step:
    """What the row has takes the place of what was there; what it leaves empty stays. Numbers and addresses are added:
    the base may know some that the host application does not."""
    before = writing.values_of(contact)
    after = Values(
        first_name=given.first_name or before.first_name,
        last_name=given.last_name or before.last_name,
        company=given.company or before.company,
        phones=(
            *given.phones,
            *(one for one in before.phones if one.number not in {new.number for new in given.phones}),
        ),
        mails=(*given.mails, *(one for one in before.mails if one.folded not in {new.folded for new in given.mails})),
        country=given.country or before.country,
        language=given.language or before.language,
        notes=given.notes or before.notes,
        reference=before.reference,
    )
    consents, faults = contact.consents, {}
    for said in checked.consents:
        try:
            consents = _said_by_file(consents, said, dated=_is_dated(checked.row, said))
        except Conflicting as older:
            faults[f"{said.channel} {said.purpose}"] = Fault(older.code, older.params)
    outcome = Outcome.UNCHANGED if (after, consents) == (before, contact.consents) else Outcome.UPDATED
    return Step(checked.row, outcome, contact, contact.id, after, consents, faults)


def _said_by_file(before: tuple[ConsentView, ...], said: ConsentView, *, dated: bool) -> tuple[ConsentView, ...]:
    """A file without dates cannot know what was said last: it never undoes a withdrawal, nor renews what is known."""
    for consent_before in before:
        if (consent_before.channel, consent_before.purpose) != (said.channel, said.purpose):
            continue
        if replace(said, recorded_by=consent_before.recorded_by) == consent_before:
            return before
        if not dated and consent_before.state == said.state:
            return before
        if not dated and consent_before.state == ConsentState.WITHDRAWN:
            raise Conflicting("consent_undated", at=consent_before.at.isoformat())
    return consent.with_said(before, said)


def _is_dated(row: Row, said: ConsentView) -> bool:
    return any(one.at is not None for one in row.consents if (one.channel, one.purpose) == (said.channel, said.purpose))


def _without_none(consents: Sequence[ConsentView]) -> tuple[ConsentView, ...]:
    return tuple(said for said in consents if said.state != ConsentState.NONE)


def _consent(said: ConsentGiven, *, by: str, now: datetime) -> ConsentView:
    return consent.checked(
        channel=said.channel,
        purpose=said.purpose,
        state=said.state,
        source=said.source,
        wording=said.wording,
        at=said.at or now,
        by=by,
        now=now,
    )
