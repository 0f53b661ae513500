"""The rules of a base, who wants no more messages, who sends none for the moment, and what SMS cost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class MessagingRules(Record):
    """The settings of a base that law and manners are kept by. A base without a row has the defaults."""

    __tablename__ = "messaging_rules"

    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"), primary_key=True)
    test_mode: Mapped[bool]
    test_mails: Mapped[list[str]]
    test_numbers: Mapped[list[str]]
    consent: Mapped[str]
    stop_mention: Mapped[bool]
    stop_template: Mapped[str]
    stop_number: Mapped[str | None]
    hours_start: Mapped[str]
    hours_end: Mapped[str]
    days: Mapped[list[int]] = mapped_column(JSON)
    holidays: Mapped[bool]
    keep_bodies_days: Mapped[int | None]


class OptOut(Record):
    """`address` (E.164, or a folded mail address) wants no more messages of `purpose` on `channel`.

    Lifted, the row stays: it proves when somebody opted out and who took it back why, and an older word of a vendor
    does not opt them out again.
    """

    __tablename__ = "opt_out"
    __table_args__ = (
        UniqueConstraint("base_id", "channel", "address", "purpose"),
        Index(None, "base_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    channel: Mapped[str]
    address: Mapped[str]
    purpose: Mapped[str]
    source: Mapped[str]
    at: Mapped[datetime]
    recorded_by: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]
    lifted_why: Mapped[str] = mapped_column(default="")


class PausedSender(Record):
    """A collaborator whose SMS are held for the moment."""

    __tablename__ = "paused_sender"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "collaborator_id"], ["collaborator.base_id", "collaborator.id"]),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    collaborator_id: Mapped[str] = mapped_column(primary_key=True)
    paused_at: Mapped[datetime]
    paused_by: Mapped[str]


class SmsPrice(Record):
    """What one part to one recipient costs by an account; `amount` is a decimal number as text."""

    __tablename__ = "sms_price"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[str]
    currency: Mapped[str]
