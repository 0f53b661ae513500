"""A mail as its provider gets it, made from its rows."""

from __future__ import annotations

from collections.abc import Sequence

from xrm_platform.messaging import tables
from xrm_platform.providers import Address, Attachment, CalendarPart, OutgoingMail

from .addresses import mail_address
from .invitations import calendar_part, is_calendar_part
from .tables import MailAnswer
from .ways_out import unsubscribe_headers

PLATFORM = "platform"
"""What the name of who wrote a message begins with when it was nobody: `platform`, `platform:agenda`."""


def outgoing_mail(
    message: tables.Message,
    recipients: Sequence[tables.MessageRecipient],
    envelope: Sequence[str],
    attachments: Sequence[tuple[tables.Attachment, bytes]],
    answer: MailAnswer | None = None,
) -> OutgoingMail:
    """`recipients` are all of the message, `envelope` the addresses this attempt is for, `answer` which mail it
    answers."""
    files = [(row, content) for row, content in attachments if not is_calendar_part(row)]
    by_kind = {kind: tuple(_address(row) for row in recipients if row.kind == kind) for kind in ("to", "cc", "bcc")}
    calendar = calendar_part(attachments)
    return OutgoingMail(
        id=message.id,
        message_id=message.mail_message_id or "",
        date=message.created_at,
        sender=Address(message.sender_address, message.sender_name),
        envelope=tuple(envelope),
        to=by_kind["to"],
        cc=by_kind["cc"],
        bcc=by_kind["bcc"],
        subject=message.subject,
        text=message.text,
        html=message.html,
        reply_to=_reply_to(message.reply_to),
        attachments=tuple(Attachment(row.filename, row.content_type, content, row.cid) for row, content in files),
        headers=unsubscribe_headers(message) | _thread(answer) | _automatic(message, calendar),
        calendar=calendar,
    )


def _thread(answer: MailAnswer | None) -> dict[str, str]:
    return {} if answer is None else {"In-Reply-To": answer.in_reply_to, "References": answer.references}


def _automatic(message: tables.Message, calendar: CalendarPart | None) -> dict[str, str]:
    """That no person wrote it, so that no machine answers (RFC 3834 §5.1). An invitation is a person's."""
    nobody = message.created_by.partition(":")[0] == PLATFORM and calendar is None
    return {"Auto-Submitted": "auto-generated"} if nobody else {}


def _address(row: tables.MessageRecipient) -> Address:
    return Address(row.address, row.name)


def _reply_to(written: str | None) -> Address | None:
    address = mail_address(written) if written else None
    return address if isinstance(address, Address) else None
