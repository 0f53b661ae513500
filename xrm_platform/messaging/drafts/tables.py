"""Drafts that were handed over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record

GONE_AFTER = 2
"""Looks in a row that find a draft nowhere. One may fall into the moment in which it is being sent."""


class HandedOver(Record):
    """How a mail got into the person's mail software, the last time that it did: `rung`, what the person does next,
    what could not go that way, why a better way was not taken (`refused_code`).

    `sha256` is a file of the rung `file`. `look_at` is when the mailbox is looked into next, None when it cannot be or
    need not be; `missed` is how many times in a row it was neither among the drafts nor among the sent mail.
    """

    __tablename__ = "handed_over"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "message_id"], ["message.base_id", "message.id"]),
        Index(None, "look_at", "account_id"),
        Index(None, "sha256"),
    )

    message_id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    account_id: Mapped[str]
    at: Mapped[datetime]
    rung: Mapped[str]
    next_step: Mapped[str]
    params: Mapped[dict[str, Any]]
    losses: Mapped[list[str]]
    refused_code: Mapped[str | None]
    refused_params: Mapped[dict[str, Any]]
    uri: Mapped[str | None]
    filename: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str | None]
    look_at: Mapped[datetime | None]
    missed: Mapped[int]
