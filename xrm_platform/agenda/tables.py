"""Events, when they take place, what reminds of them, and who may read an agenda by an address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class Event(Record):
    """An event of a collaborator. `ical` is the truth, one VCALENDAR with its master and all exceptions; the columns
    after it are drawn from it (`ends_at` and `recurs_until` are the end of the first and of the last occurrence).

    `rev` is raised by every change. Deleted, it stays as a tombstone (`deleted_at`), so that it can be deleted
    elsewhere too. `zone` is as written, empty for floating times and dates. The occurrences of a series are there from
    `window_from` to `window_to`; `cut` tells that it has more than are kept.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        UniqueConstraint("base_id", "owner_id", "uid"),
        ForeignKeyConstraint(["base_id", "owner_id"], ["collaborator.base_id", "collaborator.id"]),
        Index(None, "base_id", "owner_id", "id"),
        Index(None, "base_id", "uid", "id"),
        Index(None, "base_id", "owner_id", "recurs", "starts_at"),
        Index(None, "recurs", "window_to"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    owner_id: Mapped[str]
    uid: Mapped[str]
    ical: Mapped[str]
    kind: Mapped[str]
    summary: Mapped[str]
    location: Mapped[str]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    zone: Mapped[str]
    all_day: Mapped[bool]
    status: Mapped[str]
    busy: Mapped[bool]
    private: Mapped[bool]
    recurs: Mapped[bool]
    recurs_until: Mapped[datetime | None]
    cut: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    window_from: Mapped[datetime | None]
    window_to: Mapped[datetime | None]
    rev: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    deleted_at: Mapped[datetime | None]


class OccurrenceRow(Record):
    """One time an event takes place, with what a view of a month shows of it.

    Something that lasts over the end of a month has a row for each month it touches: `segment_at` is its start, or the
    first instant of that month (UTC). So all that touches a range is one range of the index.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "event_id"], ["event.base_id", "event.id"]),
        Index(None, "base_id", "owner_id", "segment_at"),
    )

    event_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    segment_at: Mapped[datetime] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    owner_id: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str]
    all_day: Mapped[bool]
    kind: Mapped[str]
    summary: Mapped[str]
    location: Mapped[str]
    status: Mapped[str]
    busy: Mapped[bool]
    private: Mapped[bool]
    recurs: Mapped[bool]


class ReminderRow(Record):
    """Somebody is to be reminded of an occurrence at `due_at`. `state` is waiting, sent, skipped or failed, `note` the
    code of why; once per occurrence, reminder and time."""

    __tablename__ = "event_reminder"
    __table_args__ = (
        UniqueConstraint("event_id", "key", "reminder", "due_at"),
        ForeignKeyConstraint(["base_id", "event_id"], ["event.base_id", "event.id"]),
        Index(None, "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    owner_id: Mapped[str]
    event_id: Mapped[str]
    key: Mapped[str]
    reminder: Mapped[str]
    channel: Mapped[str]
    target: Mapped[str]
    address: Mapped[str]
    starts_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str]
    note: Mapped[str]
    message_id: Mapped[str | None]


class OwnerNotice(Record):
    """What the owner of an agenda is still to be told: somebody else changed an event of theirs."""

    __tablename__ = "owner_notice"
    __table_args__ = (ForeignKeyConstraint(["base_id", "event_id"], ["event.base_id", "event.id"]),)

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    owner_id: Mapped[str]
    event_id: Mapped[str]
    what: Mapped[str]
    by: Mapped[str]
    summary: Mapped[str]
    starts_at: Mapped[datetime | None]
    all_day: Mapped[bool]
    at: Mapped[datetime]


class FeedToken(Record):
    """A private address under which an agenda can be read. The secret itself is not stored, only its SHA-256."""

    __tablename__ = "feed_token"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "owner_id"], ["collaborator.base_id", "collaborator.id"]),
        Index(None, "base_id", "owner_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    owner_id: Mapped[str]
    secret_hash: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    revoked_at: Mapped[datetime | None]


class AgendaPreferences(Record):
    """What a base has set about agendas; without a row the defaults hold."""

    __tablename__ = "agenda_preferences"

    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"), primary_key=True)
    tell_owner: Mapped[bool] = mapped_column(default=True, server_default=true())
    invites: Mapped[bool] = mapped_column(default=True, server_default=true())
