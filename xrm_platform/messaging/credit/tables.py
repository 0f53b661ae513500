"""What is left at the vendor of an account, and from when on that is too little."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class SmsCredit(Record):
    """`warn_below` is how many messages have to be left; `balance` is what the vendor said last, at `asked_at`.
    `warned_at` is when administrators were told last."""

    __tablename__ = "sms_credit"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    warn_below: Mapped[int]
    balance: Mapped[int | None]
    asked_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
