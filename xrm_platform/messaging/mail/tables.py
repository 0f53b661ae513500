"""What holds mails together that went out and came in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class MailReference(Record):
    """A Message-ID, of a mail that is here or of one that another only speaks of, and the thread that it is of."""

    __tablename__ = "mail_reference"
    __table_args__ = (Index(None, "base_id", "thread_id"),)

    base_id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(primary_key=True)
    thread_id: Mapped[str]


class MailAnswer(Record):
    """What a message that answers a mail says of it in its headers (RFC 5322 §3.6.4)."""

    __tablename__ = "mail_answer"
    __table_args__ = (ForeignKeyConstraint(["base_id", "message_id"], ["message.base_id", "message.id"]),)

    message_id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    inbound_id: Mapped[str]
    in_reply_to: Mapped[str]
    references: Mapped[str]


class SentCopy(Record):
    """A message whose copy is still to be put into the sender's folder of sent mail."""

    __tablename__ = "sent_copy"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "message_id"], ["message.base_id", "message.id"]),
        Index(None, "account_id", "due_at"),
    )

    message_id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    account_id: Mapped[str]
    due_at: Mapped[datetime]
    attempts: Mapped[int]


class AddressInError(Record):
    """A mail address (folded) of which a server said for good that there is none. It is one no longer when mail comes
    from there."""

    __tablename__ = "mail_address_in_error"
    __table_args__ = (ForeignKeyConstraint(["base_id", "message_id"], ["message.base_id", "message.id"]),)

    base_id: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    message_id: Mapped[str]
    status: Mapped[str]
    detail: Mapped[str]
