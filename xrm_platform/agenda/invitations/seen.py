"""An event as the people outside see it who take part in it: what of it matters to whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo
from functools import cached_property

from xrm_platform.agenda.ical.components import Participant, dates, participants_of
from xrm_platform.agenda.ical.editing import calendar_of
from xrm_platform.agenda.ical.lines import Block
from xrm_platform.agenda.ical.recurrence import Read, Series, aligned, like, read_series
from xrm_platform.agenda.ical.values import Moment, key_of, text
from xrm_platform.messaging.mail.addresses import mail_address
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.providers import Address

WHOLE = ""
"""What stands for the event itself where its occurrences are named by their keys."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What of an event, or of one occurrence, those who take part have to know. Notes, alarms and colours are not.
    `start` is an instant, or a date, however it is written; of a series with its zone."""

    start: str
    length: timedelta
    recurrence: tuple[str, ...]
    summary: str
    location: str
    status: str
    conference: tuple[str, ...]

    def at(self, original: Moment) -> Matter:
        """The same for one occurrence, as the series has it."""
        return replace(self, start=key_of(original), recurrence=())


Standing = Mapping[str, Matter | None]
"""Where somebody stands: what they take part in, by its key; None for an occurrence that they are not part of although
they are of the series."""


@dataclass(frozen=True)
class Seen:
    """A stored event, read. `inside` are the folded addresses of those who need no invitation: the collaborators of the
    base, and who invites."""

    calendar: Block
    series: Series
    inside: frozenset[str]
    home: tzinfo

    @classmethod
    def of(cls, ical: str, inside: frozenset[str], home: tzinfo) -> Seen:
        """Raises `Incomprehensible`."""
        calendar = calendar_of(ical)
        return cls(calendar, read_series(calendar), inside, home)

    @cached_property
    def parts(self) -> Mapping[str, Read]:
        """The master under `WHOLE`, and the exceptions by their keys."""
        found = {key_of(aligned(read.item.recurrence_id, self.series)): read for read in self.series.exceptions}
        return found if self.series.master is None else {WHOLE: self.series.master, **found}

    @cached_property
    def originals(self) -> Mapping[str, Moment]:
        """When the occurrences are by the rule that are described apart, or left out."""
        found = {key: aligned(read.item.recurrence_id, self.series) for key, read in self.parts.items() if key != WHOLE}
        return {**self._left_out, **found}

    @cached_property
    def _left_out(self) -> Mapping[str, Moment]:
        master = self.series.master
        if master is None or master.item.start is None:
            return {}
        moments = [
            like(master.item.start, moment, self.home) for moment in dates(master.block, "EXDATE", self.series.zones)
        ]
        return {key_of(moment): moment for moment in moments}

    @cached_property
    def outside(self) -> Mapping[str, Participant]:
        """Everybody to invite, by folded address; as the first component that names them does."""
        found: dict[str, Participant] = {}
        for read in self.parts.values():
            for folded, participant in outside_of(read.block, self.inside).items():
                found.setdefault(folded, participant)
        return found

    def standing(self, folded: str) -> Standing:
        told: dict[str, Matter | None] = {}
        master = self.parts.get(WHOLE)
        in_all = master is not None and self._takes_part(master, folded)
        if master is not None and in_all:
            told[WHOLE] = matter(master, self.series)
            told |= dict.fromkeys(self._left_out)
        for key, read in self.parts.items():
            if key == WHOLE:
                continue
            if self._takes_part(read, folded):
                told[key] = matter(read, self.series)
            elif in_all:
                told[key] = None
        return told

    def _takes_part(self, read: Read, folded: str) -> bool:
        return read.item.status != "cancelled" and folded in outside_of(read.block, self.inside)


def outside_of(block: Block, inside: frozenset[str]) -> Mapping[str, Participant]:
    """Those of a component's participants who are no collaborators and to whom mail can go, by folded address."""
    found: dict[str, Participant] = {}
    for one in participants_of(block):
        if not one.email or one.collaborator or not isinstance(mail_address(one.email), Address):
            continue
        folded = fold_mail(one.email)
        if folded not in inside:
            found.setdefault(folded, one)
    return found


def matter(read: Read, series: Series) -> Matter:
    item, block = read.item, read.block
    recurrence = (
        *(line.value.strip() for line in block.all("RRULE", "EXRULE")),
        *sorted(key_of(moment) for moment in dates(block, "RDATE", series.zones)),
    )
    if item.recurrence_id is not None:
        recurrence = ()
    start = "" if item.start is None else key_of(item.start)
    return Matter(
        start=f"{start} {item.start.tzid}" if recurrence and item.start is not None else start,
        length=item.length,
        recurrence=recurrence,
        summary=item.summary,
        location=item.location,
        status=item.status,
        conference=tuple(text(line.value) for line in block.all("CONFERENCE")),
    )
