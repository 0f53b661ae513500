"""Which event here is which there, over all of an agenda and a calendar. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xrm_platform.agenda.tables import Event
from xrm_platform.providers import RemoteEvent

from .pairs import agreed_of, pair_of, sent_of
from .plan import Pair
from .tables import EventLink


def counterparts(
    rows: Sequence[EventLink], events: Sequence[Event], listed: Mapping[str, RemoteEvent]
) -> Sequence[Pair]:
    """A pair for every event on either side: those that are linked, those with the same UID, and the rest alone."""
    by_id = {event.id: event for event in events}
    by_uid = {event.uid: event for event in events}
    linked = {row.event_id for row in rows if row.event_id is not None and row.ref is not None}
    pairs = [
        pair_of(row, by_id.get(row.event_id or ""), listed.get(row.ref or ""))
        for row in rows
        if row.ref is not None and (agreed_of(row) is not None or row.ref in listed)
    ]
    refs = {row.ref for row in rows}
    waiting = {row.event_id: row for row in rows if row.ref is None}
    met: set[str] = set()
    for ref, event in listed.items():
        if ref in refs:
            continue
        ours = by_uid.get(event.uid)
        if ours is None or ours.id in linked:
            pairs.append(Pair(ref, None, event))
            continue
        met.add(ours.id)
        text = None if ours.deleted_at is not None else ours.ical
        sent = sent_of(waiting[ours.id]) if ours.id in waiting else None
        pairs.append(Pair(ref, text, event, sent=sent))
    pairs += [
        Pair(event.id, event.ical, None)
        for event in events
        if event.deleted_at is None and event.id not in linked and event.id not in met
    ]
    return pairs
