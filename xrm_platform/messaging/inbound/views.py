"""What came in, and whole conversations, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InboundView:
    """A message that came in. `sender` is a number in E.164 (or what the vendor calls a sender without one); `contacts`
    are the ids of those who have it: several when they share it; `answers` is the message it answers; `stop` is what it
    asks to end (`marketing` or `all`)."""

    id: str
    channel: str
    account: str
    sender: str
    to: str
    text: str
    received_at: datetime
    contacts: tuple[str, ...]
    answers: str | None
    stop: str | None


@dataclass(frozen=True, slots=True)
class ConversationEntry:
    """A message of a conversation. `direction` is `in` or `out`; `address` is the other side's; `sender` the
    collaborator's code of one that went out, `state` how far it came."""

    id: str
    direction: str
    channel: str
    at: datetime
    address: str
    subject: str
    text: str
    sender: str | None
    state: str | None
    answers: str | None
    stop: str | None
