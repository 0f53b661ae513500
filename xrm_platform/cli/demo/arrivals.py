"""Whether what arrived is what was sent. Pure: values in, verdicts out."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage

from xrm_platform.testing.esendex_outbox import SentSms
from xrm_platform.testing.smtp_server import ReceivedMail

from .example import CUSTOMER_ADDRESS, CUSTOMER_NUMBER, ORIGINATOR, SENDER_ADDRESS, Letter


@dataclass(frozen=True, slots=True)
class Verdict:
    """`what` is a code of the section `demo` of the wording."""

    what: str
    right: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a mail: `filename` is empty for bodies; `shown_in_text` marks an image of the HTML."""

    content_type: str
    filename: str
    size: int
    shown_in_text: bool


def judge_mail(received: ReceivedMail, letter: Letter, image: bytes) -> tuple[Verdict, ...]:
    message = received.message
    signed = f"{letter.text}\n\n-- \n{letter.signature}"
    html = body_of(message, "html")
    return (
        Verdict("mail_encrypted", received.secured and received.username == SENDER_ADDRESS),
        Verdict("mail_addresses", (received.sender, received.recipients) == (SENDER_ADDRESS, (CUSTOMER_ADDRESS,))),
        Verdict("mail_subject", message["Subject"] == letter.subject),
        Verdict("mail_text", body_of(message, "plain") == signed),
        Verdict("mail_image", image in contents_of(message, "image/png") and "cid:" in html),
        Verdict("mail_attachment", (letter.attachment_name, letter.attachment) in attachments_of(message)),
    )


def judge_sms(sent: SentSms, text: str, state: str) -> tuple[Verdict, ...]:
    return (
        Verdict("sms_number", (sent.to, sent.sender) == (CUSTOMER_NUMBER, ORIGINATOR)),
        Verdict("sms_text", sent.text == text),
        Verdict("sms_unicode", sent.characterset == "Unicode"),
        Verdict("sms_delivered", state == "delivered"),
    )


def parts_of(message: EmailMessage) -> tuple[Part, ...]:
    return tuple(
        Part(
            part.get_content_type(),
            part.get_filename() or "",
            len(part.get_payload(decode=True) or b""),
            shown_in_text=part["Content-ID"] is not None,
        )
        for part in message.walk()
        if not part.is_multipart()
    )


def body_of(message: EmailMessage, kind: str) -> str:
    """The plain or HTML body with line feeds, without the ones at its end."""
    body = message.get_body((kind,))
    if body is None:
        return ""
    return str(body.get_content()).replace("\r\n", "\n").rstrip("\n")


def contents_of(message: EmailMessage, content_type: str) -> tuple[bytes, ...]:
    return tuple(_octets(part) for part in message.walk() if part.get_content_type() == content_type)


def attachments_of(message: EmailMessage) -> tuple[tuple[str, bytes], ...]:
    return tuple(
        (part.get_filename() or "", _octets(part))
        for part in message.walk()
        if part.get_content_disposition() == "attachment"
    )


def _octets(part: EmailMessage) -> bytes:
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""
