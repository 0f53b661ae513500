"""What an event that was written elsewhere may not bring along: reminders that reach others, or cost something.

Such lines are ours and nobody else's to write. Taken in from a calendar that strangers write to, they would have mail
and SMS sent to whom the stranger likes, in the owner's name.
"""

from __future__ import annotations

from .components import COMPONENTS, MAX_REMINDERS, REMINDER
from .lines import Block, Line, parse, text_of


def without_strange_reminders(text: str, known: str = "") -> str:
    """`text` without the reminders that `known`, the event as it is here, does not hold either; mail to its owner, a
    handful an event, stays."""
    if REMINDER not in text:
        return text
    trusted = {_said(line) for calendar in parse(known)[0] for line in _reminders(calendar)}
    calendars, _ = parse(text)
    if all(_said(line) in trusted for calendar in calendars for line in _reminders(calendar)):
        return text
    return text_of(*(_cleaned(calendar, trusted) for calendar in calendars))


def _cleaned(block: Block, trusted: set[tuple[str, ...]]) -> Block:
    items: list[Line | Block] = []
    kept = 0
    for item in block.items:
        if isinstance(item, Block):
            items.append(_cleaned(item, trusted) if item.name in COMPONENTS else item)
            continue
        if item.name == REMINDER:
            kept += 1
            if kept > MAX_REMINDERS or not (_said(item) in trusted or _to_owner_by_mail(item)):
                continue
        items.append(item)
    return block.with_items(items)


def _reminders(calendar: Block) -> list[Line]:
    return [line for part in calendar.blocks if part.name in COMPONENTS for line in part.all(REMINDER)]


def _said(line: Line) -> tuple[str, ...]:
    return (line.value.strip(), *(line.param(name) for name in ("X-CHANNEL", "X-TO", "X-ADDRESS")))


def _to_owner_by_mail(line: Line) -> bool:
    return line.param("X-CHANNEL").upper() == "MAIL" and line.param("X-TO").upper() in ("", "OWNER")
