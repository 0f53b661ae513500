"""Bulk jobs with a row for each person, and selections of contacts that are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class BulkJob(Record):
    """`subject`, `text` and `html` are the templates. `counts` and `parts` are what the preparation found; what became
    of it is in the rows.

    `source` says where the people came from (contacts, search, selection, file) and `source_name` which. `at` is when
    the messages are due. `code` and `params` are why it paused itself, until a person takes it up again.
    """

    __tablename__ = "bulk_job"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        ForeignKeyConstraint(["base_id", "sender_id"], ["collaborator.base_id", "collaborator.id"]),
        ForeignKeyConstraint(["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"]),
        Index(None, "base_id", "sender_id", "id"),
        Index(None, "state"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    name: Mapped[str]
    state: Mapped[str]
    sender_id: Mapped[str]
    account_id: Mapped[str]
    channel: Mapped[str]
    category: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    html: Mapped[str | None]
    source: Mapped[str]
    source_name: Mapped[str]
    at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]]
    parts: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    code: Mapped[str | None]
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)


class BulkRow(Record):
    """One person of a job. `position` is the line of the file, or the place in the list of contacts.

    `written` is the number or mail address as it was given, `address` as it is sent to. `subject`, `text` and `html`
    are filled in, and go where the message is as soon as there is one.
    """

    __tablename__ = "bulk_row"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "job_id"], ["bulk_job.base_id", "bulk_job.id"]),
        ForeignKeyConstraint(["base_id", "message_id"], ["message.base_id", "message.id"]),
        Index(None, "job_id", "state"),
    )

    job_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    name: Mapped[str]
    written: Mapped[str]
    address: Mapped[str | None]
    subject: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    html: Mapped[str | None]
    parts: Mapped[int]
    state: Mapped[str]
    code: Mapped[str | None]
    params: Mapped[dict[str, Any]]
    message_id: Mapped[str | None]


class Selection(Record):
    """A search for contacts that is kept under a name: whom it finds is asked anew each time."""

    __tablename__ = "selection"
    __table_args__ = (UniqueConstraint("base_id", "name"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    name: Mapped[str]
    search: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
