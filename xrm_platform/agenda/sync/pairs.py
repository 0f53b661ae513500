"""Between the rows of events and their links, and the pairs that the plan is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xrm_platform.agenda.tables import Event
from xrm_platform.providers import RemoteEvent

from .plan import Agreed, Pair, Sent
from .states import Standing
from .tables import EventLink

NEVER_LISTED = -1
"""In the place of the number of a listing: we made it there, and no listing has named it yet. Whoever deletes it before
the next listing leaves no trace: what came and went since a token need not be told (RFC 6578 §3.5.2)."""


_COLUMNS = tuple(EventLink.__table__.columns)


def pair_of(row: EventLink, event: Event | None, theirs: RemoteEvent | None) -> Pair:
    """An event as it is here, its counterpart as it is there, and what the link knows of both."""
    return Pair(
        id=row.id,
        ours=None if event is None or event.deleted_at is not None else event.ical,
        theirs=theirs,
        agreed=agreed_of(row),
        sent=sent_of(row),
    )


def agreed_of(row: EventLink) -> Agreed | None:
    """None while both never agreed. A text that is the same on both sides is stored once."""
    if row.agreed_ours is None or row.ref is None:
        return None
    theirs = row.agreed_ours if row.agreed_theirs is None else row.agreed_theirs
    return Agreed(row.ref, row.remote_uid or "", row.etag or "", row.agreed_ours, theirs)


def sent_of(row: EventLink) -> Sent | None:
    if row.sent_ours is None or row.sent_theirs is None:
        return None
    return Sent(row.sent_ours, row.sent_theirs)


def agree(row: EventLink, agreed: Agreed | None, *, waiting: bool, now: datetime) -> None:
    """Keep what both agree on; `waiting` is whether something is still to be written there. Without `agreed` the event
    is to be made there anew, under a key that was never used."""
    if agreed is None:
        row.generation += row.ref is not None or row.agreed_ours is not None
        row.ref = row.remote_uid = row.etag = row.agreed_ours = row.agreed_theirs = None
    else:
        row.ref, row.remote_uid, row.etag = agreed.ref, agreed.uid, agreed.etag
        row.agreed_ours = agreed.ours
        row.agreed_theirs = None if agreed.theirs == agreed.ours else agreed.theirs
    row.sent_ours = row.sent_theirs = None
    row.state = Standing.DIRTY if waiting else Standing.CLEAN
    row.reason, row.reason_params = None, {}
    row.attempts, row.missing, row.released = 0, False, False
    row.changed_at = now


def park(row: EventLink, reason: str, params: Mapping[str, Any]) -> None:
    """Wait until either side changes."""
    row.state, row.reason, row.reason_params = Standing.PARKED, reason, dict(params)
    row.sent_ours = row.sent_theirs = None


def columns_of(row: EventLink) -> dict[str, Any]:
    """A row that is not in the database yet, as an insertion of many takes it."""
    return {column.key: getattr(row, column.key) for column in _COLUMNS}


def key_of(row: EventLink) -> str:
    """What the event is made with there: the same at every attempt, and never the same for two events."""
    return f"{row.id}-{row.generation}"
