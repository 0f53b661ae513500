"""After a move, what was answered to the old time is no answer to the new one (RFC 5546 §3.2.2.1). Pure."""

from __future__ import annotations

from xrm_platform.agenda.ical.components import address_of
from xrm_platform.agenda.ical.lines import Block, Line, text_of, with_param
from xrm_platform.people.contacts.folding import fold_mail

from .seen import WHOLE, Matter, Seen, matter, outside_of

OPEN = "NEEDS-ACTION"


def asked_again(before: Seen | None, after: Seen, text: str) -> str:
    """`text`, which `after` is read from, with the answers of those outside open again where it is at another time."""
    moved = {id(read.block) for key, read in after.parts.items() if _moved(before, after, key)}
    if before is not None and WHOLE in after.parts and id(after.parts[WHOLE].block) in moved:
        # The exceptions that went along have other keys now.
        moved |= {id(read.block) for key, read in after.parts.items() if key not in before.parts}
    if not moved or not after.outside:
        return text
    items = [
        _opened(item, after) if id(item) in moved and isinstance(item, Block) else item for item in after.calendar.items
    ]
    return text_of(after.calendar.with_items(items))


def _moved(before: Seen | None, after: Seen, key: str) -> bool:
    is_now = matter(after.parts[key], after.series)
    was = None if before is None else _was(before, after, key)
    return was is None or (was.start, was.length, was.recurrence) != (is_now.start, is_now.length, is_now.recurrence)


def _was(before: Seen, after: Seen, key: str) -> Matter | None:
    read = before.parts.get(key)
    if read is not None:
        return matter(read, before.series)
    master = before.parts.get(WHOLE)
    return None if master is None else matter(master, before.series).at(after.originals[key])


def _opened(part: Block, after: Seen) -> Block:
    outside = outside_of(part, after.inside)
    items: list[Line | Block] = []
    for item in part.items:
        if isinstance(item, Line) and item.name == "ATTENDEE" and fold_mail(address_of(item)) in outside:
            items.append(with_param(with_param(item, "PARTSTAT", OPEN), "RSVP", "TRUE"))
        else:
            items.append(item)
    return part.with_items(items)
