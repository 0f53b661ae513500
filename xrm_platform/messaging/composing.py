"""From a checked request to the rows of a message, complete as it will be sent. Pure, but for fresh ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from xrm_platform.people.actor import Actor
from xrm_platform.people.lookup import Sender
from xrm_platform.people.signature_image import size_of
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Address, Category, Channel, OutgoingMail, OutgoingSms, SmsEncoding
from xrm_platform.store import new_id

from .checks import CheckedMail, CheckedRecipient
from .inbound.mail.html import html_as_text
from .mail.addresses import mail_address
from .mail.invitations import calendar_file
from .mail.outgoing import outgoing_mail
from .mail.signature import SIGNATURE_CID, Signature, sign
from .mail.tables import MailAnswer
from .requests import AttachmentGiven, MailRequest, SmsRequest, fingerprint
from .rules.texts import SmsText
from .states import State
from .tables import Attachment, Message, MessageRecipient


@dataclass(frozen=True, slots=True)
class File:
    """Something to attach; `cid` for an image that the HTML shows."""

    filename: str
    content_type: str
    content: bytes
    sha256: str
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The rows of a message that is not stored yet, and its files."""

    message: Message
    recipients: Sequence[MessageRecipient]
    attachments: Sequence[Attachment] = ()
    files: Sequence[File] = ()
    answer: MailAnswer | None = None

    def outgoing(self) -> Sequence[OutgoingMail | OutgoingSms]:
        """As a provider would get it, for those to whom it may go: what plugins are asked about."""
        rows = [row for row in self.recipients if row.state != State.CANCELLED]
        if self.message.channel == Channel.SMS:
            encoding = SmsEncoding(self.message.sms_encoding or SmsEncoding.UCS2)
            category = Category(self.message.category)
            return [OutgoingSms(row.id, row.address, self.message.text, encoding, category=category) for row in rows]
        files = [(row, file.content) for row, file in zip(self.attachments, self.files, strict=True)]
        return [outgoing_mail(self.message, rows, [row.address for row in rows], files, self.answer)]

    def size(self) -> int:
        """Roughly the bytes that will travel: attachments grow by a third when they are encoded."""
        bodies = len(self.message.text.encode()) + len((self.message.html or "").encode())
        return bodies + sum(len(file.content) for file in self.files) * 4 // 3


@dataclass(frozen=True, slots=True)
class Order:
    """Who asked for what, when, and how it is to go."""

    actor: Actor
    request: MailRequest | SmsRequest
    sender: Sender
    account_id: str
    idempotency_key: str | None
    now: datetime
    waits: str | None = None
    """What the message will wait for at its account."""
    bulk_id: str | None = None
    """The bulk job that it is of."""


def sender_address(sender: Sender) -> Address:
    """The address a collaborator's mail comes from. Raises `Conflicting` when there is none to use."""
    address = mail_address(sender.email) if sender.email else None
    if not isinstance(address, Address):
        raise Conflicting("sender_without_email", sender=sender.code)
    return Address(address.email, sender.name)


def unsigned(sender: Sender) -> Sender:
    """`sender` without a signature: their own mail software adds it."""
    return replace(sender, signature_text="", signature_image=None, signature_image_type=None)


def given_files(
    request: MailRequest, checked: CheckedMail, sender: Sender
) -> Sequence[tuple[AttachmentGiven, str | None]]:
    """What goes with a mail: its attachments, the image of the sender's signature with its Content-ID, and what makes
    it an invitation."""
    files: list[tuple[AttachmentGiven, str | None]] = [
        (AttachmentGiven(file.filename, file.content, content_type), None)
        for file, content_type in zip(request.attachments, checked.content_types, strict=True)
    ]
    signature = signature_of(sender)
    if sender.signature_image is not None and signature.image_type is not None:
        image = AttachmentGiven(signature.image_filename, sender.signature_image, signature.image_type)
        files.append((image, SIGNATURE_CID))
    if request.calendar is not None:
        files.append((calendar_file(request.calendar), None))
    return files


def worded(request: MailRequest) -> MailRequest:
    """`request` with a text: what its HTML says when it has none of its own, for those who see no HTML. Called in a
    thread, for a long one takes a moment."""
    return request if request.text.strip() else replace(request, text=html_as_text(request.html or ""))


def compose_mail(order: Order, request: MailRequest, checked: CheckedMail, files: Sequence[File]) -> Draft:
    address = sender_address(order.sender)
    message = _message(order, Channel.MAIL)
    message.mail_message_id = f"<{message.id}@{address.email.rpartition('@')[2]}>"
    message.sender_address, message.sender_name = address.email, address.name
    message.subject, message.reply_to = request.subject, checked.reply_to
    message.text, message.html = sign(request.text, request.html, signature_of(order.sender), alt=order.sender.name)
    attachments = [
        Attachment(
            id=new_id(),
            base_id=message.base_id,
            message_id=message.id,
            position=position,
            filename=file.filename,
            content_type=file.content_type,
            size=len(file.content),
            sha256=file.sha256,
            cid=file.cid,
        )
        for position, file in enumerate(files)
    ]
    return Draft(message, recipient_rows(message, checked.recipients), attachments, files)


def compose_sms(order: Order, text: SmsText, recipients: Sequence[CheckedRecipient]) -> Draft:
    """`text` is complete, with what marketing needs."""
    message = _message(order, Channel.SMS)
    message.text = text.text
    message.sms_encoding, message.sms_parts = text.segments.encoding, len(text.segments.parts)
    return Draft(message, recipient_rows(message, recipients))


def _message(order: Order, channel: Channel) -> Message:
    return Message(
        id=new_id(),
        base_id=order.actor.base_id,
        channel=channel,
        sender_id=order.sender.id,
        account_id=order.account_id,
        category=order.request.category,
        state=State.QUEUED,
        priority=order.request.priority,
        due_at=order.request.at or order.now,
        created_at=order.now,
        created_by=order.actor.name,
        idempotency_key=order.idempotency_key,
        request_hash=fingerprint(order.request),
        bulk_id=order.bulk_id,
        sender_address="",
        sender_name="",
        subject="",
        text="",
        attempts=0,
        error_params={},
        error_detail="",
    )


def recipient_rows(message: Message, recipients: Sequence[CheckedRecipient]) -> list[MessageRecipient]:
    return [
        MessageRecipient(
            id=new_id(),
            base_id=message.base_id,
            message_id=message.id,
            account_id=message.account_id,
            position=position,
            kind=recipient.kind,
            address=recipient.address,
            name=recipient.name,
            state=message.state,
            intended_for=[],
            error_params={},
            error_detail="",
        )
        for position, recipient in enumerate(recipients)
    ]


def signature_of(sender: Sender) -> Signature:
    """What the platform puts under the mails of `sender`."""
    if not sender.signature_image:
        return Signature(sender.signature_text)
    return Signature(sender.signature_text, sender.signature_image_type, size_of(sender.signature_image))
