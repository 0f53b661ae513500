"""What becomes of each row of a file: pure, so that a preview and an import decide alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who has a number, an address or a name: a contact, or, with a `line`, an earlier row of the file."""

    name_key: str
    contact: str | None = None
    line: int | None = None


@dataclass(slots=True)
class Index:
    """Who has what: of those who share a number, an address, or a name and company, one of each name."""

    by_number: dict[str, dict[str, Known]] = field(default_factory=dict)
    by_mail: dict[str, dict[str, Known]] = field(default_factory=dict)
    by_match_key: dict[str, dict[str, Known]] = field(default_factory=dict)

    def add(self, values: Values, known: Known) -> None:
        for index, keys in self._keys(values):
            for key in keys:
                index.setdefault(key, {}).setdefault(known.name_key, known)

    def find(self, values: Values) -> Known | None:
        """Who is probably the same: has a number or an address of theirs and no other name, or name and company."""
        name = folding.name_key(values.first_name, values.last_name)
        for index, keys in self._keys(values):
            for key in keys:
                who = index.get(key, {})
                same = who.get(name) or who.get("") or (next(iter(who.values()), None) if not name else None)
                if same is not None:
                    return same
        return None

    def _keys(self, values: Values) -> Iterator[tuple[dict[str, dict[str, Known]], Collection[str]]]:
        yield self.by_number, [phone.number for phone in values.phones]
        yield self.by_mail, [mail.folded for mail in values.mails]
        key = folding.match_key(values.first_name, values.last_name, values.company)
        yield self.by_match_key, [key] if key else []


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
    seen.index.add(values, Known(folding.name_key(values.first_name, values.last_name), line=row.line))
    if same is not None and not keep_duplicates:
        return Step(row, Outcome.DUPLICATE, contact_id=same.contact, faults={"row": _repeats(same)})
    return Step(row, Outcome.CREATED, after=values, consents=_without_none(checked.consents))


def _repeats(same: Known) -> Fault:
    if same.line is not None:
        return Fault("contact_repeats_line", {"line": same.line})
    return Fault("contact_repeats", {"contact": same.contact or ""})


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
