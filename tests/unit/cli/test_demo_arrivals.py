"""The demo's verdicts: what arrived as it was sent is right, and each thing that did not is noticed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from PIL import Image

from xrm_platform.cli.demo.arrivals import judge_mail, judge_sms, parts_of
from xrm_platform.cli.demo.example import (
    CUSTOMER_ADDRESS,
    CUSTOMER_NUMBER,
    LETTERS,
    ORIGINATOR,
    SENDER_ADDRESS,
    SMS_TEXTS,
)
from xrm_platform.cli.demo.picture import signature_image
from xrm_platform.testing.esendex_outbox import DELIVERED, SentSms
from xrm_platform.testing.smtp_server import ReceivedMail

LETTER = LETTERS["fr"]
IMAGE = b"\x89PNG image"


def mail(**changed):
    """The letter as it should arrive, but for what is `changed`."""
    given = {"subject": LETTER.subject, "text": LETTER.text, "image": IMAGE, "name": LETTER.attachment_name, **changed}
    message = EmailMessage()
    message["Subject"] = given["subject"]
    message.set_content(f"{given['text']}\n\n-- \n{LETTER.signature}\n")
    message.add_alternative('<p>text</p><img src="cid:signature">', subtype="html")
    html = message.get_payload()[1]
    html.add_related(given["image"], "image", "png", cid="<signature>", filename="signature.png")
    message.add_attachment(LETTER.attachment, "text", "csv", filename=given["name"])
    return ReceivedMail(
        sender=SENDER_ADDRESS,
        recipients=(CUSTOMER_ADDRESS,),
        content=message.as_bytes(),
        username=SENDER_ADDRESS,
        secured=True,
    )


def wrong(verdicts):
    return [verdict.what for verdict in verdicts if not verdict.right]


def sms(**changed):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    sent = SentSms(
        id="1",
        batch_id="1",
        account="EX0123456",
        to=CUSTOMER_NUMBER,
        sender=ORIGINATOR,
        text=SMS_TEXTS["fr"],
        characterset="Unicode",
        parts=2,
        submitted_at=moment,
        send_at=moment,
        ending=DELIVERED,
    )
    return replace(sent, **changed)


def test_a_mail_that_arrived_as_sent_is_right():
    assert wrong(judge_mail(mail(), LETTER, IMAGE)) == []


@pytest.mark.parametrize(
    ("changed", "noticed"),
    [
        ({"subject": "Votre devis"}, "mail_subject"),
        ({"text": LETTER.text.replace("é", "e")}, "mail_text"),
        ({"image": b"\x89PNG other"}, "mail_image"),
        ({"name": "Devis renovation ete.csv"}, "mail_attachment"),
    ],
)
def test_what_changed_on_the_way_is_noticed(changed, noticed):
    assert wrong(judge_mail(mail(**changed), LETTER, IMAGE)) == [noticed]


def test_a_mail_in_clear_or_of_another_sender_is_noticed():
    assert wrong(judge_mail(replace(mail(), secured=False), LETTER, IMAGE)) == ["mail_encrypted"]
    assert wrong(judge_mail(replace(mail(), recipients=("x@y.fr",)), LETTER, IMAGE)) == ["mail_addresses"]


@pytest.mark.parametrize(
    ("changed", "state", "noticed"),
    [
        ({}, "delivered", []),
        ({}, "sent", ["sms_delivered"]),
        ({"text": "Bonjour ?"}, "delivered", ["sms_text"]),
        ({"to": "33600000000"}, "delivered", ["sms_number"]),
        ({"characterset": "GSM"}, "delivered", ["sms_unicode"]),
    ],
)
def test_an_sms_is_judged_by_number_text_alphabet_and_end(changed, state, noticed):
    assert wrong(judge_sms(sms(**changed), SMS_TEXTS["fr"], state)) == noticed


def test_the_parts_of_a_mail_are_told_apart():
    roles = [(part.content_type, part.filename, part.shown_in_text) for part in parts_of(mail().message)]

    assert roles == [
        ("text/plain", "", False),
        ("text/html", "", False),
        ("image/png", "signature.png", True),
        ("text/csv", LETTER.attachment_name, False),
    ]


def test_the_signature_image_is_a_small_png():
    picture = signature_image("COMMERCIAL")

    with Image.open(io.BytesIO(picture)) as image:
        assert (image.format, image.size) == ("PNG", (220, 60))
    assert len(picture) < 20_000
