"""What came in, and how it comes in: calls of vendors and what was asked of them when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class InboundMessage(Record):
    """An SMS or a mail that came in, once.

    `sender` is a number or a folded mail address, `contact_id` the one contact that has it; None when nobody has it or
    several share it. `answers_id` is the message it answers. `stop` is what it asks to end, `stop_told` whether the
    vendor knows. `created_at` is when it was written down here, whatever time it bears. After `purged_at` its text is
    gone, and what else a mail says.
    """

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        UniqueConstraint("account_id", "key"),
        ForeignKeyConstraint(["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"]),
        ForeignKeyConstraint(["base_id", "answers_id"], ["message.base_id", "message.id"]),
        Index(None, "base_id", "sender", "id"),
        Index(None, "base_id", "contact_id", "id"),
        Index(
            "ix_inbound_message_unpurged",
            "base_id",
            "created_at",
            sqlite_where=text("purged_at IS NULL"),
            postgresql_where=text("purged_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    account_id: Mapped[str]
    channel: Mapped[str]
    key: Mapped[str]
    sender: Mapped[str]
    recipient: Mapped[str]
    text: Mapped[str]
    received_at: Mapped[datetime]
    contact_id: Mapped[str | None]
    answers_id: Mapped[str | None]
    stop: Mapped[str | None]
    stop_told: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    purged_at: Mapped[datetime | None]


class PushAddress(Record):
    """The secret in the address at which a vendor calls about an account; only its SHA-256 is stored."""

    __tablename__ = "push_address"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    account_id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class PushCall(Record):
    """A call of a vendor as it came, kept before it is answered. `state` is `waiting`, `done` or `unreadable`."""

    __tablename__ = "push_call"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
        Index(None, "account_id", "state", "id"),
        Index(None, "state", "received_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    account_id: Mapped[str]
    received_at: Mapped[datetime]
    content_type: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str]
    error_code: Mapped[str | None]


class Asked(Record):
    """When a vendor was last asked about an account, and when it last answered: for its `inbox`, or for what it has of
    messages that are `unknown`."""

    __tablename__ = "asked"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    account_id: Mapped[str] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
