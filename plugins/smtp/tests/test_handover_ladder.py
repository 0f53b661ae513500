"""Which way a mail goes that gets into no mailbox, and what that way carries."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from marshmallow import ValidationError
from xrm_smtp.handover.descriptors import APPLE_MAIL, OUTLOOK
from xrm_smtp.handover.ladder import Ways, without_mailbox
from xrm_smtp.handover.mailto import LIMIT, losses, mailto
from xrm_smtp.handover.settings import HandoverSettings
from xrm_smtp.parts import AttachmentEncoder

from xrm_platform.providers import Address, PermanentError, Rung, Unsupported, draft_id
from xrm_platform.testing.handover_contract import assert_told
from xrm_platform.testing.mail_vendor import INVITATION, PICTURE, QUOTE, outgoing_mail

OUTLOOK_WAYS, MAIL_WAYS = Ways("auto", opens_files=True), Ways("auto", opens_files=False)


def drafted(mail, ways, refused=None):
    return without_mailbox(mail, ways, AttachmentEncoder(), refused, watched=False)


@pytest.mark.parametrize(
    ("ways", "attachments", "rung"),
    [
        (OUTLOOK_WAYS, (), Rung.FILE),
        (MAIL_WAYS, (), Rung.LINK),
        (MAIL_WAYS, (QUOTE,), Rung.FILE),
        (Ways("link", opens_files=True), (QUOTE,), Rung.LINK),
        (Ways("file", opens_files=False), (), Rung.FILE),
    ],
)
def test_a_link_is_taken_where_it_carries_all_or_is_wanted(ways, attachments, rung):
    assert drafted(outgoing_mail(attachments=attachments), ways).rung is rung


def test_a_text_too_long_for_a_link_goes_as_a_file():
    assert drafted(outgoing_mail(text="x" * LIMIT), Ways("link", opens_files=False)).rung is Rung.FILE


def test_the_link_carries_people_subject_and_text_with_their_accents():
    mail = outgoing_mail(
        to=(Address("anna@client.example", "Anna"), Address("o'neil+été@société.example")),
        cc=(Address("ben@client.example"),),
        bcc=(Address("cleo@client.example"),),
        subject="Devis n° 7 : 20 % & plus ?",
        text="Bonjour Élodie,\n\nÀ bientôt !\n",
        headers={"In-Reply-To": "<1@client.example>"},
    )
    link = urlsplit(mailto(mail))
    fields = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert link.scheme == "mailto"
    assert unquote(link.path) == "anna@client.example,o'neil+été@xn--socit-esab.example"
    assert fields == {
        "cc": "ben@client.example",
        "bcc": "cleo@client.example",
        "subject": mail.subject,
        "in-reply-to": "<1@client.example>",
        "body": "Bonjour Élodie,\r\n\r\nÀ bientôt !",
    }


def test_a_link_to_what_answers_nothing_names_its_draft():
    mail = outgoing_mail()
    assert parse_qs(urlsplit(mailto(mail)).query)["in-reply-to"] == [draft_id(mail.message_id)]


def test_what_a_link_loses_is_told():
    mail = outgoing_mail(
        html="<p>Hello</p>", attachments=(PICTURE, QUOTE), calendar=INVITATION, reply_to=Address("a@b.example")
    )
    assert losses(mail) == ("attachments", "invitation", "pictures", "reply_to")
    assert losses(outgoing_mail(html="<b>Hello</b>")) == ("formatting",)
    assert losses(outgoing_mail()) == ()
    for descriptor in (OUTLOOK, APPLE_MAIL):
        assert_told(descriptor, drafted(mail, Ways("link", opens_files=True)))


def test_why_it_is_not_in_the_mailbox_stays_with_the_draft():
    refused = Unsupported("mailbox_refuses", detail="quota")
    assert drafted(outgoing_mail(), OUTLOOK_WAYS, refused).refused is refused


def test_a_field_that_cannot_be_written_is_an_error_and_no_draft():
    with pytest.raises(PermanentError, match="bad_address"):
        drafted(outgoing_mail(bcc=(Address("nobody"),)), OUTLOOK_WAYS)


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"receive": "imap"}, "receive_host", "receive_host_missing"),
        ({"receive": "imap", "receive_host": "imap.example"}, "receive_username", "receive_without_user"),
        (
            {"receive": "imap", "receive_host": "imap.example", "receive_username": "a"},
            "receive_password",
            "receive_without_password",
        ),
        (
            {
                "receive": "imap",
                "receive_host": "imap.example",
                "receive_username": "a",
                "receive_password": "b",
                "receive_security": "none",
            },
            "receive_security",
            "password_in_clear",
        ),
        (
            {
                "receive": "imap",
                "receive_host": "imap.example",
                "receive_port": 993,
                "receive_security": "starttls",
            },
            "receive_security",
            "port_993_needs_tls",
        ),
        ({"without_mailbox": "pigeon"}, "without_mailbox", "not_a_way_to_hand_over"),
        ({"own_signature": "perhaps"}, "own_signature", "not_yes_or_no"),
    ],
)
def test_settings_that_cannot_work_are_named(given, field, code):
    with pytest.raises(ValidationError) as caught:
        HandoverSettings().load(given)
    assert caught.value.messages_dict == {field: [code]}


def test_nothing_has_to_be_set():
    loaded = HandoverSettings().load({"receive_port": "", "own_signature": "true"})
    assert (loaded["receive"], loaded["without_mailbox"], loaded["own_signature"]) == ("none", "auto", True)
