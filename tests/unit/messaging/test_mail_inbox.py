"""Mail that comes in: each once, joined to the contact, the thread and the message that it answers."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from xrm_platform.messaging.inbound import opening, showing
from xrm_platform.messaging.inbound.mail import polling
from xrm_platform.messaging.inbound.mail.quotes import parted
from xrm_platform.messaging.inbound.mail.reading import read_mail
from xrm_platform.people.contacts.given import MailGiven
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.providers import TransientError, draft_id
from xrm_platform.testing.memory_mail import memory_mail_service

from .incoming import ANNA, bounce, later, mail, sent


async def test_an_answer_is_joined_to_the_contact_and_to_what_it_answers(
    xrm, admin, mailbox_account, mail_service, clock
):
    person = await xrm.contacts.create(admin, last_name="Dupré", mails=[MailGiven("Anna@Client.example")])
    message_id, ours = await sent(xrm, admin, clock)
    mail_service.receive(mail(In_Reply_To=ours, References=ours, Message_ID="<1@client.example>").as_bytes())
    await later(xrm, clock)

    (came,) = (await xrm.inbox.list(admin)).items
    assert (came.sender, came.sender_name, came.subject, came.text) == (ANNA, "Anna Dupré", "Re: Devis", "Oui, merci.")
    assert (came.contacts, came.answers, came.about, came.kind) == ((person.id,), message_id, None, "message")
    entries = (await xrm.inbox.with_contact(admin, person.id)).items
    assert [(entry.direction, entry.text) for entry in entries] == [("in", "Oui, merci."), ("out", "Bonjour")]
    assert (await xrm.inbox.with_address(admin, ANNA)).items == entries


async def test_an_answer_to_a_draft_that_was_sent_under_another_id_is_one_to_its_message(
    xrm, admin, mailbox_account, mail_service, clock
):
    message_id, ours = await sent(xrm, admin, clock)
    references = f"{draft_id(ours)} <thunderbird@acme.example>"
    mail_service.receive(
        mail(In_Reply_To="<thunderbird@acme.example>", References=references, Message_ID="<1@c>").as_bytes()
    )
    mail_service.receive(mail("Encore\n", In_Reply_To=ours, References=ours, Message_ID="<2@c>").as_bytes())
    await later(xrm, clock)

    again, first = (await xrm.inbox.list(admin)).items
    assert (first.answers, again.answers) == (message_id, message_id)
    assert len(await xrm.opening.thread(admin, first.id)) == 3


async def test_a_mailbox_that_is_read_twice_gives_each_mail_once(xrm, admin, mailbox_account, mail_service, clock):
    mail_service.receive(mail().as_bytes())
    await later(xrm, clock)
    mail_service.receive(mail("Encore\n").as_bytes())
    for _ in range(3):
        await later(xrm, clock)

    assert [came.text for came in (await xrm.inbox.list(admin)).items] == ["Encore", "Oui, merci."]


async def test_a_mailbox_that_is_numbered_anew_gives_nothing_twice(xrm, admin, mailbox_account, mail_service, clock):
    octets = mail().as_bytes()
    mail_service.receive(octets, "old")
    await later(xrm, clock)
    mail_service.mailbox.clear()
    mail_service.receive(mail("Autre\n").as_bytes(), "other")
    mail_service.receive(octets, "new")
    await later(xrm, clock)
    mail_service.spoilt_keys["new"] = TransientError()  # it is not even loaded again
    await later(xrm, clock)

    assert len((await xrm.inbox.list(admin)).items) == 2
    assert (await xrm.accounts.get(admin, mailbox_account)).health != "failing"


async def test_a_mailbox_with_many_mails_is_read_to_the_end(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(polling, "RUN", 30)
    for number in range(70):
        mail_service.receive(mail(f"Mail {number}\n").as_bytes())
    await later(xrm, clock)

    assert len((await xrm.inbox.list(admin, limit=100)).items) == 70


async def test_of_large_mails_one_is_taken_apart_at_a_time(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    """Each takes half a gigabyte meanwhile."""
    await xrm.accounts.add(admin, "receiving_mail", "other", {"service": "the other", "password": "s3cret"})
    other = memory_mail_service("the other")
    reading, at_once = threading.Semaphore(1), []

    def read(octets):
        at_once.append(not reading.acquire(blocking=False))
        threading.Event().wait(0.05)
        if not at_once[-1]:
            reading.release()
        return read_mail(octets)

    monkeypatch.setattr(polling, "LARGE", 10)
    monkeypatch.setattr(polling, "read_mail", read)
    for service in (mail_service, other):
        service.receive(mail().as_bytes())
    await later(xrm, clock)
    assert at_once == [False, False]


async def test_a_listing_looks_at_the_beginning_of_a_long_mail_only(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    """A page of them would take half a minute, in which nobody else is served."""
    looked_at = []
    monkeypatch.setattr(showing, "parted", lambda text: looked_at.append(len(text)) or parted(text))
    mail_service.receive(mail("Le 2 mars\n" * 90_000).as_bytes())
    await later(xrm, clock)

    (came,) = (await xrm.inbox.list(admin)).items
    assert (came.text[:9], len(came.text)) == ("Le 2 mars", 2001)
    assert looked_at == [20_000]
    assert len((await xrm.opening.show(admin, came.id)).text) == 900_000


async def test_what_a_mail_looks_like_in_full(xrm, admin, mailbox_account, mail_service, clock):
    message = mail("Oui.\n\nLe 2 mars 2026 à 09:30, Léa a écrit :\n> Bonjour\n", Cc="Paul <p@client.example>")
    message.add_alternative('<p>Oui.</p><img src="cid:logo"><img src="http://t.example/x.png">', subtype="html")
    message.get_payload()[1].add_related(b"PNG", "image", "png", cid="<logo>", filename="logo.png")
    message.add_attachment("à".encode(), maintype="application", subtype="pdf", filename="Devis été.pdf")
    mail_service.receive(message.as_bytes())
    await later(xrm, clock)
    (came,) = (await xrm.inbox.list(admin)).items

    shown = await xrm.opening.show(admin, came.id, file_url=lambda file: f"/files/{file}")
    logo, quote = shown.files
    assert (shown.text.strip(), shown.quoted.startswith("Le 2 mars")) == ("Oui.", True)
    assert (shown.recipients, shown.copies) == (("lea@acme.example",), ("Paul <p@client.example>",))
    assert f'src="/files/{logo.id}"' in shown.html
    assert (shown.remote_content, "t.example" in shown.html) == (True, False)
    assert "t.example" in (await xrm.opening.show(admin, came.id, remote=True)).html
    assert [(file.filename, file.inline) for file in shown.files] == [("logo.png", True), ("Devis été.pdf", False)]
    assert (await xrm.opening.file(admin, came.id, quote.id)).content == "à".encode()
    for wrong in ("nonsense", "\x00", came.id):
        with pytest.raises(Missing):
            await xrm.opening.file(admin, came.id, wrong)


async def test_files_of_a_mail_that_came_in_outlive_the_same_file_that_went_out(
    xrm, admin, mailbox_account, mail_service, clock
):
    from xrm_platform.messaging import AttachmentGiven

    await sent(xrm, admin, clock, attachments=(AttachmentGiven("a.pdf", b"%PDF"),))
    clock.advance(timedelta(days=1500))
    message = mail()
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="b.pdf")
    mail_service.receive(message.as_bytes())
    await later(xrm, clock)
    clock.advance(timedelta(days=3))
    await xrm.purge.run()

    (came,) = (await xrm.inbox.list(admin)).items
    (file,) = (await xrm.opening.show(admin, came.id)).files
    assert (await xrm.opening.file(admin, came.id, file.id)).content == b"%PDF"


# Threads


async def test_five_mails_between_two_collaborators_and_a_contact_are_one_thread(
    xrm, admin, mailbox_account, mail_service, clock
):
    first, first_id = await sent(xrm, admin, clock)
    mail_service.receive(mail("Deux\n", In_Reply_To=first_id, References=first_id, Message_ID="<2@c>").as_bytes())
    await later(xrm, clock)
    (second,) = (await xrm.inbox.list(admin)).items
    third, third_id = await sent(xrm, admin, clock, "DIR", text="Trois", answers=second.id)
    # Anna's colleague answers the first of all, whose answers he has not seen; then Anna answers the third.
    mail_service.receive(
        mail("Quatre\n", sender="Paul <paul@client.example>", In_Reply_To=first_id, Message_ID="<4@c>").as_bytes()
    )
    references = f"{first_id} <2@c> {third_id}"
    mail_service.receive(mail("Cinq\n", In_Reply_To=third_id, References=references, Message_ID="<5@c>").as_bytes())
    await later(xrm, clock)

    came = (await xrm.inbox.list(admin)).items
    expected = {("out", "Bonjour"), ("in", "Deux"), ("out", "Trois"), ("in", "Quatre"), ("in", "Cinq")}
    for one in came:
        thread = await xrm.opening.thread(admin, one.id)
        assert len(thread) == 5
        assert {(entry.direction, entry.text) for entry in thread} == expected
    assert {one.text: one.answers for one in came} == {"Deux": first, "Quatre": first, "Cinq": third}
    outgoing = mail_service.accepted[-1].mail
    assert outgoing.headers == {"In-Reply-To": "<2@c>", "References": f"{first_id} <2@c>"}


async def test_threads_join_whatever_order_their_mails_come_in(xrm, admin, mailbox_account, mail_service, clock):
    mail_service.receive(mail("Trois\n", Message_ID="<3@c>", References="<1@c> <2@c>").as_bytes())
    mail_service.receive(mail("Un\n", Message_ID="<1@c>").as_bytes())
    mail_service.receive(mail("Autre\n", Message_ID="<9@c>").as_bytes())
    mail_service.receive(mail("Deux\n", Message_ID="<2@c>", In_Reply_To="<1@c>").as_bytes())
    await later(xrm, clock)

    for one in (await xrm.inbox.list(admin)).items:
        texts = {entry.text for entry in await xrm.opening.thread(admin, one.id)}
        assert texts == ({"Autre"} if one.text == "Autre" else {"Un", "Deux", "Trois"})


async def test_nobody_hides_a_thread_behind_mails_that_there_are_not(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(opening, "MAX_THREAD", 3)
    _, ours = await sent(xrm, admin, clock)
    invented = " ".join(f"<!{number}@evil.example>" for number in range(90))
    mail_service.receive(mail("Oui\n", Message_ID="<1@client.example>", References=f"{invented} {ours}").as_bytes())
    await later(xrm, clock)

    (came,) = (await xrm.inbox.list(admin)).items
    assert [one.text for one in await xrm.opening.thread(admin, came.id)] == ["Bonjour", "Oui"]


async def test_a_mail_that_came_to_two_mailboxes_is_once_in_its_thread(
    xrm, admin, mailbox_account, mail_service, clock
):
    settings = {"service": "the other mailbox", "password": "s3cret"}
    await xrm.accounts.add(admin, "receiving_mail", "other", settings)
    other = memory_mail_service("the other mailbox")
    _, ours = await sent(xrm, admin, clock)
    # Servers write their own lines above what is the same mail.
    octets = mail(Message_ID="<2@c>", In_Reply_To=ours).as_bytes()
    mail_service.receive(b"Delivered-To: lea@acme.example\n" + octets)
    other.receive(b"Delivered-To: roux@acme.example\n" + octets)
    other.receive(mail("Bonjour", sender="lea@acme.example", Message_ID=ours).as_bytes())  # a copy of our own
    await later(xrm, clock)

    came = (await xrm.inbox.list(admin)).items
    assert len(came) == 3
    assert len(await xrm.opening.thread(admin, came[0].id)) == 2
    assert len((await xrm.inbox.with_address(admin, ANNA)).items) == 2


async def test_nobody_hides_a_mail_by_giving_another_its_id(xrm, admin, mailbox_account, mail_service, clock):
    mail_service.receive(mail("Vrai\n", Message_ID="<2@c>").as_bytes())
    mail_service.receive(mail("Faux\n", sender="eve@evil.example", Message_ID="<2@c>").as_bytes())
    await later(xrm, clock)

    (came, *_) = (await xrm.inbox.list(admin)).items
    assert {entry.text for entry in await xrm.opening.thread(admin, came.id)} == {"Vrai", "Faux"}


# Machines


async def test_an_automatic_answer_is_shown_answers_nothing_and_is_not_answered(
    xrm, admin, mailbox_account, mail_service, clock
):
    message_id, ours = await sent(xrm, admin, clock)
    automatic = mail("Absent\n", Auto_Submitted="auto-replied", In_Reply_To=ours, Message_ID="<2@c>")
    mail_service.receive(automatic.as_bytes())
    await later(xrm, clock)

    (came,) = (await xrm.inbox.list(admin)).items
    assert (came.kind, came.answers, came.about) == ("automatic", None, message_id)
    with pytest.raises(Conflicting, match="automatic_not_answered"):
        await sent(xrm, admin, clock, answers=came.id)


async def test_a_mail_that_is_not_there_cannot_be_answered(xrm, admin, mailbox_account, other_operator, clock):
    for wrong in ("nonsense", "\x00", mailbox_account):
        with pytest.raises(Missing, match="unknown_inbound"):
            await sent(xrm, admin, clock, answers=wrong)


# Reports of servers


async def test_a_draft_that_was_sent_under_another_id_comes_back_and_a_later_mail_of_its_thread_does_not(
    xrm, admin, mailbox_account, mail_service, clock
):
    message_id, ours = await sent(xrm, admin, clock)

    def returned(*references: str) -> bytes:
        named = f"References: {' '.join(references)}\r\nMessage-ID:"
        return bounce("<thunderbird@acme.example>").replace(b"Message-ID:", named.encode())

    mail_service.receive(returned(draft_id(ours), "<thunderbird@acme.example>"))
    await later(xrm, clock)
    assert (await xrm.messages.get(admin, message_id)).state == "sent"

    mail_service.receive(returned(draft_id(ours)))
    await later(xrm, clock)
    assert (await xrm.messages.get(admin, message_id)).state == "failed"


@pytest.mark.parametrize("by", ["message_id", "envelope_id"])
async def test_a_bounce_fails_the_recipient_and_marks_the_address(xrm, admin, mailbox_account, mail_service, clock, by):
    message_id, ours = await sent(xrm, admin, clock, to=(ANNA, "ben@client.example"))
    given = {"message_id": ours} if by == "message_id" else {"message_id": "<rewritten@x>", "envelope_id": message_id}
    mail_service.receive(bounce(**given))
    await later(xrm, clock)

    after = await xrm.messages.get(admin, message_id)
    assert (after.state, [one.state for one in after.recipients]) == ("sent", ["failed", "sent"])
    assert (after.recipients[0].error_code, after.recipients[0].error_params) == (
        "bounced_address",
        {"status": "5.1.1"},
    )
    assert [event.detail.get("code") for event in after.events if event.recipient == after.recipients[0].id][-1] == (
        "bounced_address"
    )
    (wrong,) = (await xrm.addresses_in_error.list(admin)).items
    assert (wrong.address, wrong.message, wrong.status) == (ANNA, message_id, "5.1.1")
    (came,) = (await xrm.inbox.list(admin)).items
    assert (came.kind, came.answers, came.about) == ("report", None, message_id)
