"""Messages that go out and come in, whom they are for, and everything that happened to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class Message(Record):
    """One mail or SMS, complete as it will be sent. `due_at` is when it may next be tried.

    While it is `sending`, `lease_owner` works on it until `lease_until`; a lease that ran out means its owner died. One
    that was given up as `unknown` then still names its owner, whose late answer is wanted.
    While it is `held`, `held_for` says for what. After `purged_at` its texts are gone. `bulk_id` is the bulk job that
    it is of, and `unsubscribe_url` where the one recipient of a mailing leaves it.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        UniqueConstraint("base_id", "idempotency_key"),
        ForeignKeyConstraint(["base_id", "sender_id"], ["collaborator.base_id", "collaborator.id"]),
        ForeignKeyConstraint(["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"]),
        Index(None, "base_id", "account_id", "state", "priority", "due_at", "id"),
        Index(None, "state", "due_at"),
        Index(None, "base_id", "sender_id", "id"),
        Index(
            "ix_message_bulk",
            "bulk_id",
            "state",
            sqlite_where=text("bulk_id IS NOT NULL"),
            postgresql_where=text("bulk_id IS NOT NULL"),
        ),
        Index(
            "ix_message_unpurged",
            "base_id",
            "created_at",
            sqlite_where=text("purged_at IS NULL"),
            postgresql_where=text("purged_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    channel: Mapped[str]
    sender_id: Mapped[str]
    account_id: Mapped[str]
    category: Mapped[str]
    state: Mapped[str]
    priority: Mapped[int]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[str]
    sender_address: Mapped[str]
    sender_name: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str | None]
    reply_to: Mapped[str | None]
    mail_message_id: Mapped[str | None] = mapped_column(index=True)
    sms_encoding: Mapped[str | None]
    sms_parts: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    held_for: Mapped[str | None]
    bulk_id: Mapped[str | None]
    unsubscribe_url: Mapped[str | None]
    purged_at: Mapped[datetime | None]
    lease_owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    error_code: Mapped[str | None]
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error_detail: Mapped[str] = mapped_column(default="")


class MessageRecipient(Record):
    """One person or number a message is for, and how far it came there. `reference` is the vendor's id of it.

    `not_before` is when law and manners let it go there. `intended_for` are the addresses it would have gone to if the
    base were not in test mode: only then `address` is one of those that the administrator gave.
    """

    __tablename__ = "message_recipient"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        ForeignKeyConstraint(["base_id", "message_id"], ["message.base_id", "message.id"]),
        Index(None, "base_id", "message_id", "position"),
        Index(None, "base_id", "account_id", "reference"),
        Index(None, "base_id", "address"),
        Index(None, "base_id", "account_id", "report_due_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    message_id: Mapped[str]
    account_id: Mapped[str]
    position: Mapped[int]
    kind: Mapped[str]
    address: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    not_before: Mapped[datetime | None]
    intended_for: Mapped[list[str]] = mapped_column(default=list)
    reference: Mapped[str | None]
    report_due_at: Mapped[datetime | None]
    error_code: Mapped[str | None]
    error_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error_detail: Mapped[str] = mapped_column(default="")


class MessageEvent(Record):
    """Something happened to a message. Rows are only added; `dedup_key` keeps a vendor's repetition out."""

    __tablename__ = "message_event"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "message_id"], ["message.base_id", "message.id"]),
        UniqueConstraint("base_id", "dedup_key"),
        Index(None, "message_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    message_id: Mapped[str]
    recipient_id: Mapped[str | None]
    at: Mapped[datetime]
    state: Mapped[str]
    actor: Mapped[str] = mapped_column(default="platform")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    dedup_key: Mapped[str | None]


class Attachment(Record):
    """A file of a message. The bytes lie on disk under their SHA-256; `cid` marks an image shown inside the HTML."""

    __tablename__ = "attachment"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "message_id"], ["message.base_id", "message.id"]),
        Index(None, "message_id", "position"),
        Index(None, "sha256"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    message_id: Mapped[str]
    position: Mapped[int]
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    cid: Mapped[str | None]
