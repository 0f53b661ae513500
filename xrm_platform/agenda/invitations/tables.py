"""What people outside are told of events, whether it went, what they answered, and who does not invite."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class Invitation(Record):
    """A scheduling message (RFC 5546): `ical` is what goes out, `what` it tells (invited, changed, cancelled,
    uninvited). `keys` are the occurrences that it is about, none for an event as a whole. `language` is that of the
    people whom it is for."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        ForeignKeyConstraint(["base_id", "event_id"], ["event.base_id", "event.id"]),
        Index(None, "base_id", "event_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    owner_id: Mapped[str]
    event_id: Mapped[str]
    method: Mapped[str]
    what: Mapped[str]
    keys: Mapped[list[str]] = mapped_column(default=list)
    sequence: Mapped[int]
    language: Mapped[str]
    ical: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Invited(Record):
    """Somebody whom a scheduling message is for. `address` is folded, `email` as it is written. `state` is waiting,
    sent, skipped or failed, `note` the code of why with `note_params`; whether what was sent arrived, its message says.
    `link_id` is a calendar whose server tells them instead, if it is one that writes to people."""

    __tablename__ = "invited"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "invitation_id"], ["invitation.base_id", "invitation.id"]),
        Index(None, "state", "invitation_id"),
        Index(None, "base_id", "event_id", "invitation_id"),
    )

    invitation_id: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    event_id: Mapped[str]
    email: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    note_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    link_id: Mapped[str | None]
    message_id: Mapped[str | None]


class InvitationAnswer(Record):
    """What came back about an event. `kind` is reply or counter; `taken` whether it changed the participant's status,
    `note` the code of why not. `key` is the occurrence that it is about, empty for the event as a whole. `sequence` and
    `stamp` say which of two answers is the later one (RFC 5546 §2.1.5)."""

    __tablename__ = "invitation_answer"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "event_id"], ["event.base_id", "event.id"]),
        Index(None, "base_id", "event_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    event_id: Mapped[str]
    address: Mapped[str]
    key: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    taken: Mapped[bool]
    note: Mapped[str]
    comment: Mapped[str]
    sequence: Mapped[int]
    stamp: Mapped[datetime]
    proposed_start: Mapped[str | None]
    proposed_end: Mapped[str | None]
    received_at: Mapped[datetime]


class InvitingSwitch(Record):
    """Whether events of a collaborator invite people outside; without a row they do."""

    __tablename__ = "inviting_switch"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "collaborator_id"], ["collaborator.base_id", "collaborator.id"]),
    )

    collaborator_id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    invites: Mapped[bool] = mapped_column(default=True, server_default=true())
