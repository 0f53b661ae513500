"""From a request to a mail at its provider."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xrm_platform.messaging import AttachmentGiven, MailRequest
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing
from xrm_platform.providers import Channel, TransientError, Veto, hookimpl
from xrm_platform.registry import InProcessPlugin

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e366"
    "0000000049454e44ae426082"
)


def request(**changes) -> MailRequest:
    return MailRequest(
        **{"sender": "COM", "to": ("ann@client.example",), "subject": "Devis", "text": "Bonjour", **changes}
    )


async def test_a_mail_arrives_as_it_was_asked_for(xrm, admin, mail_account, mail_service):
    sent = await xrm.sending.send_mail(
        admin,
        request(
            to=("Ann Été <ann@société.example>",),
            cc=("bob@client.example",),
            bcc=("boss@acme.example",),
            html="<p>Bonjour</p>",
            attachments=(AttachmentGiven("devis é.pdf", b"%PDF"),),
        ),
    )
    await xrm.run_until_idle()

    mail = mail_service.accepted[0].mail
    assert mail.sender.email == "lea@acme.example"
    assert mail.sender.name == "Léa Martin"
    assert [address.email for address in mail.to] == ["ann@xn--socit-esab.example"]
    assert mail.envelope == ("ann@xn--socit-esab.example", "bob@client.example", "boss@acme.example")
    assert [(file.filename, file.content_type, file.content) for file in mail.attachments] == [
        ("devis é.pdf", "application/pdf", b"%PDF")
    ]
    assert mail.message_id == f"<{sent.id}@acme.example>"
    assert (await xrm.messages.get(admin, sent.id)).state == "sent"


async def test_the_signature_ends_text_and_html_and_its_image_is_shown_inline(xrm, admin, mail_account, mail_service):
    await xrm.collaborators.change(admin, "COM", {"signature_text": "Léa Martin\n01 <02>"})
    await xrm.collaborators.set_signature_image(admin, "COM", PNG)
    await xrm.sending.send_mail(admin, request())
    await xrm.run_until_idle()

    mail = mail_service.accepted[0].mail
    assert mail.text == "Bonjour\n\n-- \nLéa Martin\n01 <02>\n"
    assert "01 &lt;02&gt;" in mail.html
    image = mail.attachments[0]
    assert f'src="cid:{image.cid}"' in mail.html
    assert image.content == PNG
    assert image.filename == "signature.png"


async def test_what_is_said_in_html_only_is_said_in_words_too(xrm, admin, mail_account, mail_service):
    await xrm.collaborators.change(admin, "COM", {"signature_text": "Léa"})
    html = "<style>p {color: red}</style><p>Bonjour <b>Ann</b>, voyez <a href='https://acme.example/'>ici</a></p>"
    await xrm.sending.send_mail(admin, request(text="", html=html), idempotency_key="1")
    await xrm.sending.send_mail(admin, request(text="", html=html), idempotency_key="1")
    await xrm.run_until_idle()

    (accepted,) = mail_service.accepted
    assert accepted.mail.text == "Bonjour Ann, voyez ici <https://acme.example/>\n\n-- \nLéa\n"


async def test_every_state_on_the_way_has_its_event(xrm, admin, mail_account):
    sent = await xrm.sending.send_mail(admin, request())
    await xrm.run_until_idle()

    events = (await xrm.messages.get(admin, sent.id)).events
    assert [event.state for event in events] == ["queued", "sending", "sent"]
    assert events[0].actor == "operator:test"


async def test_a_mail_for_later_waits_for_its_time(xrm, admin, mail_account, mail_service, clock):
    await xrm.sending.send_mail(admin, request(at=clock() + timedelta(hours=2)))
    await xrm.run_until_idle()
    assert mail_service.accepted == []

    clock.advance(timedelta(hours=2))
    await xrm.run_until_idle()
    assert len(mail_service.accepted) == 1


async def test_a_higher_priority_goes_first(xrm, admin, mail_account, mail_service):
    await xrm.sending.send_mail(admin, request(subject="later"))
    await xrm.sending.send_mail(admin, request(subject="first", priority=5))
    await xrm.run_until_idle()

    assert [accepted.mail.subject for accepted in mail_service.accepted] == ["first", "later"]


async def test_the_same_key_makes_one_message(xrm, admin, mail_account, mail_service):
    first = await xrm.sending.send_mail(admin, request(), idempotency_key="invoice-7")
    await xrm.run_until_idle()
    again = await xrm.sending.send_mail(admin, request(), idempotency_key="invoice-7")
    await xrm.run_until_idle()

    assert again.id == first.id
    assert len(mail_service.accepted) == 1


async def test_the_same_key_with_another_body_is_refused(xrm, admin, mail_account):
    await xrm.sending.send_mail(admin, request(), idempotency_key="invoice-7")

    with pytest.raises(Conflicting, match="idempotency_key_reused"):
        await xrm.sending.send_mail(admin, request(text="Autre"), idempotency_key="invoice-7")


async def test_every_fault_of_a_request_is_named_at_once(xrm, admin, mail_account, clock):
    bad = request(
        to=("no-at", "a@b.example\r\nBcc: x@y.example"),
        subject="a\nb",
        text=" ",
        attachments=(AttachmentGiven("../x", b""),),
        at=clock() - timedelta(days=1),
    )
    with pytest.raises(Invalid) as refused:
        await xrm.sending.send_mail(admin, bad)

    assert {field: fault.code for field, fault in refused.value.fields.items()} == {
        "to.0": "address_local_part",
        "to.1": "address_control_character",
        "subject": "line_break",
        "text": "empty_body",
        "attachments.0.filename": "filename_impossible",
        "at": "time_past",
    }
    assert (await xrm.messages.list(admin)).items == ()


async def test_without_an_account_the_sender_is_told_so(xrm, admin):
    with pytest.raises(Conflicting, match="no_account"):
        await xrm.sending.send_mail(admin, request())


async def test_an_unknown_sender_is_missing(xrm, admin, mail_account):
    with pytest.raises(Missing, match="unknown_collaborator"):
        await xrm.sending.send_mail(admin, request(sender="NOBODY"))


async def test_a_sender_without_address_cannot_send(xrm, admin, mail_account):
    await xrm.collaborators.change(admin, "COM", {"email": None})

    with pytest.raises(Conflicting, match="sender_without_email"):
        await xrm.sending.send_mail(admin, request())


async def test_a_waiting_mail_can_be_cancelled_and_never_goes(xrm, admin, mail_account, mail_service, clock):
    sent = await xrm.sending.send_mail(admin, request(at=clock() + timedelta(hours=1)))
    cancelled = await xrm.messages.cancel(admin, sent.id)
    clock.advance(timedelta(hours=2))
    await xrm.run_until_idle()

    assert cancelled.state == "cancelled"
    assert mail_service.accepted == []
    with pytest.raises(Conflicting, match="not_cancellable"):
        await xrm.messages.cancel(admin, sent.id)


class Objector:
    @hookimpl
    def xrm_before_send(self, message, collaborator):
        return Veto(f"{collaborator} may not write to {message.to[0].email}")


class Broken:
    @hookimpl
    def xrm_before_send(self, message):
        raise RuntimeError("lost its rules")


@pytest.mark.parametrize("plugins", [[InProcessPlugin("objector", Objector())]])
async def test_a_plugin_can_veto(xrm, admin, mail_account):
    with pytest.raises(Forbidden, match=r"COM may not write to ann@client\.example"):
        await xrm.sending.send_mail(admin, request())

    assert (await xrm.messages.list(admin)).items == ()


@pytest.mark.parametrize("plugins", [[InProcessPlugin("broken", Broken())]])
async def test_a_veto_that_fails_refuses(xrm, admin, mail_account):
    with pytest.raises(Forbidden, match="vetoed"):
        await xrm.sending.send_mail(admin, request())


class Watcher:
    def __init__(self):
        self.seen = []

    @hookimpl
    async def xrm_changed(self, change):
        self.seen.append((change.what, change.state))


watcher = Watcher()


@pytest.mark.parametrize("plugins", [[InProcessPlugin("watcher", watcher)]])
async def test_observers_are_told_after_each_commit(xrm, admin, mail_account):
    watcher.seen.clear()
    await xrm.sending.send_mail(admin, request())
    await xrm.run_until_idle()
    await xrm.notices.drain()

    assert watcher.seen == [("message", "queued"), ("message", "sent")]


async def test_a_temporary_failure_is_tried_again_later(xrm, admin, mail_account, mail_service, clock):
    mail_service.spoilt_answers.append(TransientError())
    sent = await xrm.sending.send_mail(admin, request())
    await xrm.run_until_idle()
    waiting = await xrm.messages.get(admin, sent.id)
    assert (waiting.state, waiting.error_code, waiting.attempts) == ("queued", "unavailable", 1)
    assert timedelta(seconds=45) < waiting.due_at - clock() < timedelta(seconds=75)

    clock.advance(timedelta(minutes=2))
    await xrm.run_until_idle()
    assert (await xrm.messages.get(admin, sent.id)).state == "sent"
    assert len(mail_service.accepted) == 1


async def test_the_channel_of_a_message_is_shown(xrm, admin, mail_account):
    sent = await xrm.sending.send_mail(admin, request())

    assert sent.channel == Channel.MAIL
