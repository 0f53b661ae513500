"""What has to happen for an agenda and a calendar elsewhere to be equal. Pure: no database, no network, no clock.

An event here and its counterpart there are a `Pair`. What both looked like when they last agreed tells who changed
something since; so a `Step` follows for each pair by itself, and `plan` is no more than all steps together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from xrm_platform.agenda.ical.strangers import without_strange_reminders
from xrm_platform.providers import RemoteEvent

from .merge import Merged, carried, differs, merge, united
from .said import WHOLE, Unit, Unsaid, same


class Direction(StrEnum):
    """`PULL` never writes there; `PUSH` takes nothing in from there."""

    TWO_WAY = "two_way"
    PULL = "pull"
    PUSH = "push"

    @property
    def pulls(self) -> bool:
        return self is not Direction.PUSH

    @property
    def pushes(self) -> bool:
        return self is not Direction.PULL


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both sides looked like when they last agreed, each in its own words."""

    ref: str
    uid: str
    etag: str
    ours: str
    theirs: str

    def event(self) -> RemoteEvent:
        return RemoteEvent(self.ref, self.etag, self.uid, self.theirs)


@dataclass(frozen=True, slots=True)
class Sent:
    """A write that was begun and whose end nobody knows: our text then, and what was to be there."""

    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Pair:
    """An event here (`ours`, None when deleted or not yet there) and there (`theirs`, likewise). `id` names it."""

    id: str
    ours: str | None
    theirs: RemoteEvent | None
    agreed: Agreed | None = None
    sent: Sent | None = None


class Do(StrEnum):
    KEEP = "keep"
    MAKE = "make"
    CHANGE = "change"
    DROP = "drop"


class Kind(StrEnum):
    """Which wishes could not both be had."""

    BOTH_CHANGED = "both_changed"
    DELETED_HERE = "deleted_here"
    DELETED_THERE = "deleted_there"


@dataclass(frozen=True, slots=True)
class Lost:
    """A wish that gave way: ours, or (`theirs_lost`) theirs, in `units`. An empty text is a deletion."""

    kind: Kind
    ours: str
    theirs: str
    theirs_lost: bool = False
    units: tuple[Unit, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What one pair needs: `ours` and `theirs` are the texts that a side gets. `agreed` is to be kept for the next time
    once `here` is done; `there` is done later, and by itself. `parked` says why the pair cannot be brought together."""

    here: Do = Do.KEEP
    ours: str = ""
    there: Do = Do.KEEP
    theirs: str = ""
    agreed: Agreed | None = None
    lost: tuple[Lost, ...] = ()
    parked: str = ""


@dataclass(frozen=True, slots=True)
class Brake:
    """More deletions than `most`, or than this `share` of what there is (but not for up to `few`), are held until
    somebody agrees."""

    most: int = 50
    share: float = 0.2
    few: int = 5

    def holds(self, vanishing: int, of: int, *, all_at_once: bool = False) -> bool:
        """`all_at_once`: a listing names nothing at all any more, which more often is a fault than a wish."""
        if all_at_once and vanishing > 1:
            return True
        return vanishing > self.most or (vanishing > self.few and vanishing > self.share * of)


@dataclass(frozen=True, slots=True)
class Planned:
    pair: Pair
    step: Step


def plan(pairs: Iterable[Pair], direction: Direction = Direction.TWO_WAY) -> Sequence[Planned]:
    """The step of each pair, in their order."""
    return tuple(Planned(pair, step(pair, direction)) for pair in pairs)


def step(pair: Pair, direction: Direction = Direction.TWO_WAY) -> Step:
    """What `pair` needs. Never raises: what is no event is parked. Reminders that only the other side holds stay
    there."""
    return _without_strange_reminders(pair, _step(pair, direction))


def _without_strange_reminders(pair: Pair, wanted: Step) -> Step:
    known = pair.ours or (pair.agreed.ours if pair.agreed is not None else "")
    agreed = wanted.agreed
    if agreed is not None:
        agreed = replace(agreed, ours=without_strange_reminders(agreed.ours, known))
    return replace(wanted, ours=without_strange_reminders(wanted.ours, known), agreed=agreed)


def _step(pair: Pair, direction: Direction) -> Step:
    try:
        if pair.agreed is None:
            return _first_meeting(pair, direction)
        if pair.theirs is None:
            return _gone_there(pair, pair.agreed, direction)
        if pair.ours is None:
            return _gone_here(pair.theirs, pair.agreed, direction)
        return _both_there(pair.ours, pair.theirs, _as_answered(pair.theirs, pair.agreed, pair.sent), direction)
    except Unsaid:
        return Step(agreed=pair.agreed, parked="event_not_understood")


def agreeing(event: RemoteEvent, ours: str) -> Agreed:
    """That `event` there and our text `ours` are the same thing, as of now."""
    return Agreed(event.ref, event.uid, event.etag, ours, event.ical)


def _first_meeting(pair: Pair, direction: Direction) -> Step:
    ours, theirs = pair.ours, pair.theirs
    if theirs is None:
        return Step(there=Do.MAKE, theirs=ours) if ours is not None and direction.pushes else Step()
    if ours is None:
        return Step(here=Do.MAKE, ours=theirs.ical, agreed=agreeing(theirs, theirs.ical)) if direction.pulls else Step()
    if pair.sent is not None and same(theirs.ical, pair.sent.theirs):
        return _both_there(ours, theirs, agreeing(theirs, pair.sent.ours), direction)
    if same(ours, theirs.ical):
        return Step(agreed=agreeing(theirs, ours))
    if not direction.pulls:
        return _outcome(ours, theirs, Merged(ours, theirs.ical), direction)
    return _outcome(ours, theirs, united(ours, theirs.ical), direction)


def _as_answered(theirs: RemoteEvent, agreed: Agreed, sent: Sent | None) -> Agreed:
    """What was agreed last, a write of ours that turns out to have arrived included."""
    if sent is None or theirs.etag == agreed.etag or not same(theirs.ical, sent.theirs):
        return agreed
    return agreeing(theirs, sent.ours)


def _gone_there(pair: Pair, agreed: Agreed, direction: Direction) -> Step:
    if pair.ours is None:
        return Step()
    changed_here = differs(agreed.ours, pair.ours)
    lost = Lost(Kind.DELETED_THERE, pair.ours, "", theirs_lost=direction.pushes)
    if not direction.pulls:
        return Step(there=Do.MAKE, theirs=pair.ours) if changed_here else Step(agreed=agreed, parked="deleted_there")
    if not changed_here:
        return Step(here=Do.DROP)
    if not direction.pushes:
        return Step(here=Do.DROP, lost=(lost,))
    return Step(there=Do.MAKE, theirs=pair.ours, lost=(lost,))


def _gone_here(theirs: RemoteEvent, agreed: Agreed, direction: Direction) -> Step:
    if not direction.pulls:
        return Step(there=Do.DROP, agreed=agreeing(theirs, agreed.ours))
    if theirs.etag == agreed.etag or not differs(agreed.theirs, theirs.ical):
        kept = replace(agreeing(theirs, agreed.ours), theirs=theirs.ical)
        return Step(there=Do.DROP if direction.pushes else Do.KEEP, agreed=kept)
    ours = carried(agreed.ours, agreed.theirs, theirs.ical)
    lost = Lost(Kind.DELETED_HERE, "", theirs.ical)
    return Step(here=Do.MAKE, ours=ours, agreed=agreeing(theirs, ours), lost=(lost,))


def _both_there(ours: str, theirs: RemoteEvent, agreed: Agreed, direction: Direction) -> Step:
    if theirs.etag == agreed.etag and ours == agreed.ours:
        return Step(agreed=agreed)
    if not direction.pulls:
        return _outcome(ours, theirs, Merged(ours, agreed.ours), direction)
    ours_wins = direction.pushes
    return _outcome(ours, theirs, merge(ours, theirs.ical, agreed.ours, agreed.theirs, ours_wins=ours_wins), direction)


def _outcome(ours: str, theirs: RemoteEvent, merged: Merged, direction: Direction) -> Step:
    pending = differs(merged.base, merged.ours)
    there = Do.CHANGE if pending and direction.pushes else Do.KEEP
    lost = []
    if merged.lost_ours:
        lost.append(Lost(_kind(merged.lost_ours), ours, theirs.ical, units=merged.lost_ours))
    if merged.lost_theirs:
        lost.append(Lost(_kind(merged.lost_theirs), ours, theirs.ical, theirs_lost=True, units=merged.lost_theirs))
    return Step(
        here=Do.CHANGE if differs(ours, merged.ours) else Do.KEEP,
        ours=merged.ours,
        there=there,
        theirs=carried(theirs.ical, merged.base, merged.ours) if there is Do.CHANGE else "",
        agreed=agreeing(theirs, merged.base if pending else merged.ours),
        lost=tuple(lost),
    )


def _kind(units: Sequence[Unit]) -> Kind:
    return Kind.DELETED_THERE if all(name == WHOLE for _, name in units) else Kind.BOTH_CHANGED
