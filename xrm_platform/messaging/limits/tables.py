"""The limits of accounts, and what counts towards them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class SendingLimit(Record):
    """Recipients that an account may write to within any hour and any day; None is no limit. Without a row: neither."""

    __tablename__ = "sending_limit"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    hourly: Mapped[int | None]
    daily: Mapped[int | None]


class SendingCount(Record):
    """Recipients that an account with a limit was set to write to in the minute that begins `at`; kept for a day."""

    __tablename__ = "sending_count"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    recipients: Mapped[int]
