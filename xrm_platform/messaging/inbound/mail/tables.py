"""What mail has beside an SMS, and how far each mailbox was read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class ReceivedMail(Record):
    """The mail of an `inbound_message`.

    `references` are ids of the mails before it, oldest first, apart by spaces; `digest` is the SHA-256 of its octets.
    `about_id` is the message that an automatic answer or a report is about: those answer nothing. `copied` says that
    the same mail is there from another mailbox, or as one that we sent. `state` is `whole`, `original` (it could not be
    taken apart, and is its own file) or `too_large` (it stayed with the server).
    """

    __tablename__ = "received_mail"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "inbound_id"], ["inbound_message.base_id", "inbound_message.id"]),
        ForeignKeyConstraint(["base_id", "about_id"], ["message.base_id", "message.id"]),
        Index(None, "base_id", "message_id"),
        Index(None, "account_id", "digest"),
    )

    inbound_id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    account_id: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    digest: Mapped[str]
    size: Mapped[int]
    message_id: Mapped[str | None]
    references: Mapped[str]
    sender_name: Mapped[str]
    reply_to: Mapped[str | None]
    to: Mapped[list[str]]
    cc: Mapped[list[str]]
    subject: Mapped[str]
    html: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    about_id: Mapped[str | None]
    copied: Mapped[bool]


class UnreadCalendar(Record):
    """The calendar object of a mail, from when the mail is written down until all who read such objects have read it;
    `due_at` is when that is tried next."""

    __tablename__ = "unread_calendar"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "inbound_id"], ["inbound_message.base_id", "inbound_message.id"]),
        Index(None, "due_at", "inbound_id"),
    )

    inbound_id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    account_id: Mapped[str]
    sender: Mapped[str]
    method: Mapped[str]
    ical: Mapped[str]
    at: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int]


class ReceivedFile(Record):
    """A file of a mail that came in. The bytes lie with those of messages that go out, under their SHA-256."""

    __tablename__ = "received_file"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "inbound_id"], ["inbound_message.base_id", "inbound_message.id"]),
        Index(None, "inbound_id", "position"),
        Index(None, "sha256"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    inbound_id: Mapped[str]
    position: Mapped[int]
    filename: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    cid: Mapped[str | None]


class Mailbox(Record):
    """From where a mailbox is looked at the next time."""

    __tablename__ = "mailbox"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    account_id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    cursor: Mapped[str | None]


class OtherKey(Record):
    """A further key of a mail that is there already: the server numbered its mails anew."""

    __tablename__ = "mailbox_other_key"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
    )

    account_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
