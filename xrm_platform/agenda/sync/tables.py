"""Which agenda is kept equal with which calendar, how far each event is, and what was done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class CalendarLink(Record):
    """A collaborator's agenda and one calendar elsewhere.

    `remote_key` is the same for all accounts that reach the same calendar. `state` is `new` until the first
    synchronisation was asked for, then `active`; `gone` when the calendar is no longer there. While `lease_owner` works
    on it, until `lease_until`, nobody else does. `pass_no` counts full listings: what a complete one did not name is
    gone. `held_here` and `held_there` are deletions that wait for somebody to agree.
    """

    __tablename__ = "calendar_link"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        UniqueConstraint("base_id", "remote_key"),
        ForeignKeyConstraint(["base_id", "collaborator_id"], ["collaborator.base_id", "collaborator.id"]),
        ForeignKeyConstraint(["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"]),
        Index(None, "base_id", "collaborator_id", "id"),
        Index(None, "state", "next_run_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    collaborator_id: Mapped[str]
    account_id: Mapped[str] = mapped_column(index=True)
    calendar: Mapped[str]
    remote_key: Mapped[str]
    name: Mapped[str]
    color: Mapped[str | None]
    writable: Mapped[bool] = mapped_column(default=True, server_default=true())
    direction: Mapped[str]
    auto_sync: Mapped[bool] = mapped_column(default=True, server_default=true())
    poll_minutes: Mapped[int]
    state: Mapped[str]
    cursor: Mapped[str | None]
    cursor_at: Mapped[datetime | None]
    pass_no: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    looked_at: Mapped[datetime | None]
    next_run_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    failing_since: Mapped[datetime | None]
    error_code: Mapped[str | None]
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    told_at: Mapped[datetime | None]
    held_here: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    held_there: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class EventLink(Record):
    """An event and its counterpart in the calendar of a link; the outbox of what is still to be written there.

    `state` is `clean`, `dirty` (something is to be written), or `parked` for the `reason`, until either side changes.
    `agreed_ours` and `agreed_theirs` are what both looked like when they last agreed, `sent_ours` and `sent_theirs` a
    write that was begun. `generation` belongs to the key under which the event is made there: it rises when it is made
    anew after it was deleted there. `missing` is what the other side no longer has; `released` deletions are no longer
    held.
    """

    __tablename__ = "event_link"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        UniqueConstraint("link_id", "ref"),
        UniqueConstraint("link_id", "event_id"),
        ForeignKeyConstraint(["base_id", "link_id"], ["calendar_link.base_id", "calendar_link.id"]),
        ForeignKeyConstraint(["base_id", "event_id"], ["event.base_id", "event.id"]),
        Index(None, "link_id", "state"),
        Index(None, "base_id", "event_id"),
        Index(None, "base_id", "remote_uid"),
        Index(
            "ix_event_link_missing",
            "link_id",
            sqlite_where=text("missing"),
            postgresql_where=text("missing"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    link_id: Mapped[str]
    event_id: Mapped[str | None]
    ref: Mapped[str | None]
    remote_uid: Mapped[str | None]
    etag: Mapped[str | None]
    agreed_ours: Mapped[str | None]
    agreed_theirs: Mapped[str | None]
    sent_ours: Mapped[str | None]
    sent_theirs: Mapped[str | None]
    generation: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    state: Mapped[str]
    reason: Mapped[str | None]
    reason_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    seen_pass: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    missing: Mapped[bool] = mapped_column(default=False, server_default=false())
    released: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed_at: Mapped[datetime]


class SyncConflict(Record):
    """A wish that gave way to another. `ours` and `theirs` are both texts as they were, empty for a deletion; `units`
    are what they differed in. It stays open until somebody looked at it."""

    __tablename__ = "sync_conflict"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "link_id"], ["calendar_link.base_id", "calendar_link.id"]),
        ForeignKeyConstraint(["base_id", "event_id"], ["event.base_id", "event.id"]),
        Index(None, "base_id", "link_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    link_id: Mapped[str]
    event_id: Mapped[str]
    at: Mapped[datetime]
    kind: Mapped[str]
    theirs_lost: Mapped[bool]
    title: Mapped[str]
    ours: Mapped[str]
    theirs: Mapped[str]
    units: Mapped[list[Any]] = mapped_column(JSON, default=list)
    resolution: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]


class SyncRun(Record):
    """One synchronisation of a link. `state` is `running`, `done`, `failed`, `undoing` or `undone`."""

    __tablename__ = "sync_run"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        ForeignKeyConstraint(["base_id", "link_id"], ["calendar_link.base_id", "calendar_link.id"]),
        Index(None, "base_id", "link_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    link_id: Mapped[str]
    state: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    cursor_before: Mapped[str | None]
    error_code: Mapped[str | None]
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SyncEffect(Record):
    """Something a run did on one side (`here` or `there`), with what is needed to undo it: both texts, and the event's
    link as it was. Kept for the last run that did anything."""

    __tablename__ = "sync_effect"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "run_id"], ["sync_run.base_id", "sync_run.id"]),
        Index(None, "base_id", "run_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    run_id: Mapped[str]
    event_id: Mapped[str]
    event_link_id: Mapped[str]
    side: Mapped[str]
    did: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    link_before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    undone: Mapped[bool] = mapped_column(default=False, server_default=false())


class CalendarChannel(Record):
    """The vendor calls us when the calendar of a link changes: one channel, at an address and with a secret of its own,
    of both of which only the SHA-256 is stored.

    `state` is `opening` until the vendor answered, `open`, `closing` when it is no longer wanted, or `failed`; `due_at`
    is when the next thing is done about it: it is renewed, closed, or tried again. It may outlive its link, until it is
    closed at the vendor.
    """

    __tablename__ = "push_channel"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    account_id: Mapped[str]
    link_id: Mapped[str] = mapped_column(index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[str]
    state: Mapped[str]
    channel: Mapped[str | None]
    resource: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    due_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    error_code: Mapped[str | None]
    created_at: Mapped[datetime]
