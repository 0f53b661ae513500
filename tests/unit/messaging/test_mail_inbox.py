"""Mail that comes in: each once, joined to the contact, the thread and the message that it answers."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

import pytest

from xrm_platform.messaging import MailRequest
from xrm_platform.messaging.inbound import CalendarMail
from xrm_platform.messaging.inbound.mail import polling
from xrm_platform.people.contacts.given import MailGiven
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.providers import AuthError, InvalidRecipient, PermanentError, TransientError
from xrm_platform.testing.memory_mail import memory_mail_service

ANNA = "anna@client.example"


def mail(text: str = "Oui, merci.\n", sender: str = f"Anna Dupré <{ANNA}>", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": sender, "To": "lea@acme.example", "Subject": "Re: Devis", **headers}
    for name, value in given.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def bounce(message_id: str, *, action="failed", status="5.1.1", recipient=ANNA, envelope_id: str = "") -> bytes:
    """A delivery status notification as Postfix writes it."""
    envelope = f"Original-Envelope-Id: {envelope_id}\r\n" if envelope_id else ""
    return (
        "From: MAILER-DAEMON@mx.client.example\r\nTo: lea@acme.example\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nI am sorry.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.client.example\r\n{envelope}\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nSubject: Devis\r\n\r\n--b--\r\n"
    ).encode()


async def later(xrm, clock) -> None:
    """The next time that mailboxes are read."""
    clock.advance(timedelta(minutes=6))
    await xrm.run_until_idle()


async def sent(xrm, admin, clock, sender: str = "COM", **changes) -> tuple[str, str]:
    """A mail that went to Anna: its id and its Message-ID."""
    request = MailRequest(**{"sender": sender, "to": (ANNA,), "subject": "Devis", "text": "Bonjour", **changes})
    view = await xrm.sending.send_mail(admin, request)
    await xrm.run_until_idle()
    return view.id, f"<{view.id}@acme.example>"


async def colleague_of(xrm, admin, code: str = "COM"):
    await xrm.users.create(admin, code.lower(), password="long enough 1", xrm_allowed=True, collaborator=code)
    signed_in = await xrm.sign_in.sign_in("ACME", code.lower(), "long enough 1", user_agent="", address="")
    actor, _ = await xrm.sign_in.actor_of(signed_in.token)
    return actor


# Once, and joined


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


async def test_a_delay_is_told_and_fails_nobody(xrm, admin, mailbox_account, mail_service, clock):
    message_id, ours = await sent(xrm, admin, clock)
    mail_service.receive(bounce(ours, action="delayed", status="4.4.1"))
    await later(xrm, clock)

    after = await xrm.messages.get(admin, message_id)
    assert after.state == "sent"
    assert after.events[-1].state == "delayed"
    assert (await xrm.addresses_in_error.list(admin)).items == ()


@pytest.mark.parametrize(
    ("status", "code"), [("5.2.2", "bounced_mailbox_full"), ("5.7.1", "bounced"), ("4.4.7", "bounced")]
)
async def test_a_failure_that_is_not_the_addresss_marks_no_address(
    xrm, admin, mailbox_account, mail_service, clock, status, code
):
    message_id, ours = await sent(xrm, admin, clock)
    mail_service.receive(bounce(ours, status=status))
    await later(xrm, clock)

    after = await xrm.messages.get(admin, message_id)
    assert (after.state, after.recipients[0].error_code) == ("failed", code)
    assert (await xrm.addresses_in_error.list(admin)).items == ()


async def test_a_report_on_a_mail_that_is_not_ours_changes_nothing(xrm, admin, mailbox_account, mail_service, clock):
    message_id, ours = await sent(xrm, admin, clock, to=(ANNA, "ben@client.example"))
    mail_service.receive(bounce("<foreign@elsewhere.example>", envelope_id="\x00+00"))
    mail_service.receive(bounce(ours, recipient="eve@evil.example"))  # of ours, but to nobody whom it went to
    await later(xrm, clock)

    assert [one.state for one in (await xrm.messages.get(admin, message_id)).recipients] == ["sent", "sent"]
    assert len((await xrm.inbox.list(admin)).items) == 2
    assert (await xrm.addresses_in_error.list(admin)).items == ()


async def test_an_address_is_right_again_when_mail_comes_from_it_or_somebody_says_so(
    xrm, admin, mailbox_account, mail_service, clock
):
    mail_service._refused[ANNA] = InvalidRecipient(detail="550 5.1.1 no such user")
    mail_service._refused["ben@client.example"] = InvalidRecipient()
    await sent(xrm, admin, clock, to=(ANNA, "ben@client.example"))
    assert [one.address for one in (await xrm.addresses_in_error.list(admin)).items] == [ANNA, "ben@client.example"]

    mail_service.receive(mail().as_bytes())
    await later(xrm, clock)
    await xrm.addresses_in_error.forgive(admin, "Ben@client.example")
    assert (await xrm.addresses_in_error.list(admin)).items == ()
    assert (await xrm.audit.list(admin)).items[0].action == "mail_address.forgiven"


# Bad input


async def test_a_mail_that_is_too_large_is_named_and_stays(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(polling, "MAX_BYTES", 1000)
    mail_service.receive(mail("x" * 2000).as_bytes())
    mail_service.receive(mail().as_bytes())
    for _ in range(2):
        await later(xrm, clock)

    by_state = {came.state: came for came in (await xrm.inbox.list(admin)).items}
    assert by_state.keys() == {"too_large", "whole"}
    assert (await xrm.opening.show(admin, by_state["too_large"].id)).size > 2000


async def test_a_mail_that_cannot_be_loaded_does_not_stop_the_others(xrm, admin, mailbox_account, mail_service, clock):
    for number in range(4):
        mail_service.receive(mail(f"Mail {number}\n").as_bytes(), f"key {number}")
    mail_service.spoilt_keys["key 1"] = TransientError()
    await later(xrm, clock)
    assert len((await xrm.inbox.list(admin)).items) == 3
    assert (await xrm.accounts.get(admin, mailbox_account)).health == "failing"

    mail_service.spoilt_keys.clear()
    await later(xrm, clock)
    assert len((await xrm.inbox.list(admin)).items) == 4
    assert (await xrm.accounts.get(admin, mailbox_account)).health == "ok"


async def test_a_mailbox_that_refuses_the_password_is_left_alone_and_sending_goes_on(
    xrm, admin, mailbox_account, mail_service, clock
):
    asked = []

    def refuse(cursor):
        asked.append(cursor)
        raise AuthError("credentials_refused")

    mail_service.listing = refuse
    for _ in range(5):
        await later(xrm, clock)
    message_id, _ = await sent(xrm, admin, clock)

    assert len(asked) == 1
    after = await xrm.accounts.get(admin, mailbox_account)
    assert (after.health, after.suspended) == ("failing", False)
    assert (await xrm.messages.get(admin, message_id)).state == "sent"


async def test_what_nobody_can_take_apart_is_kept_as_it_came(xrm, admin, mailbox_account, mail_service, clock):
    octets = (
        b"Subject: \xff\x00deep\r\nMessage-ID: <\x00>\r\n"
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 3000
    )
    mail_service.receive(octets)
    mail_service.receive(b"")
    await later(xrm, clock)

    empty, came = (await xrm.inbox.list(admin)).items
    assert (came.state, came.sender, empty.text) == ("original", "", "")
    (file,) = (await xrm.opening.show(admin, came.id)).files
    assert (await xrm.opening.file(admin, came.id, file.id)).content == octets


# Who sees it


async def test_mail_of_somebodys_own_mailbox_is_theirs_and_their_managers(
    xrm, admin, mailbox_account, mail_service, clock
):
    settings = {"service": "the managers own", "password": "s3cret"}
    await xrm.accounts.add(admin, "receiving_mail", "own", settings, collaborator="DIR")
    private = memory_mail_service("the managers own")
    _, ours = await sent(xrm, admin, clock)
    private.receive(mail("Pour la direction\n").as_bytes())
    private.receive(mail("Pour Léa\n", In_Reply_To=ours).as_bytes())
    mail_service.receive(mail("Pour tous\n").as_bytes())
    await later(xrm, clock)

    com, boss = await colleague_of(xrm, admin), await colleague_of(xrm, admin, "DIR")
    assert {came.text for came in (await xrm.inbox.list(com)).items} == {"Pour Léa", "Pour tous"}
    assert len((await xrm.inbox.list(boss)).items) == 3
    (secret,) = [came for came in (await xrm.inbox.list(boss)).items if came.text == "Pour la direction"]
    with pytest.raises(Missing):
        await xrm.opening.show(com, secret.id)
    with pytest.raises(Missing):
        await xrm.opening.thread(com, secret.id)


# Calendar objects


async def test_a_calendar_object_is_handed_on_once_and_a_reader_that_fails_harms_nothing(
    xrm, admin, mailbox_account, mail_service, clock
):
    told: list[CalendarMail] = []

    async def read(one: CalendarMail) -> None:
        told.append(one)

    async def fail(one: CalendarMail) -> None:
        raise ValueError

    xrm._calendar_readers += [fail, read]
    message = mail()
    message.add_alternative("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar", params={"method": "REPLY"})
    mail_service.receive(message.as_bytes())
    for _ in range(2):
        await later(xrm, clock)

    (one,) = told
    assert (one.sender, one.method, one.account_id) == (ANNA, "REPLY", mailbox_account)
    assert one.ical.startswith("BEGIN:VCALENDAR")


# Copies of what was sent


async def test_a_copy_is_put_into_sent_once_and_the_message_says_so(xrm, admin, mailbox_account, mail_service, clock):
    mail_service.wants_copies = True
    message_id, ours = await sent(xrm, admin, clock)
    await later(xrm, clock)

    assert [one.message_id for one in mail_service.sent_folder] == [ours]
    after = await xrm.messages.get(admin, message_id)
    assert (after.state, after.events[-1].detail) == ("sent", {"code": "copied_to_sent"})


async def test_a_copy_that_cannot_be_put_there_is_tried_again_and_the_message_stays_sent(
    xrm, admin, mailbox_account, mail_service, clock
):
    mail_service.wants_copies = True
    errors = [TransientError(), TransientError(), PermanentError("mailbox_refuses", detail="no room")]

    def fail(one):
        raise errors.pop(0)

    mail_service.file_sent = fail
    message_id, _ = await sent(xrm, admin, clock)
    for _ in range(4):
        clock.advance(timedelta(hours=1))
        await xrm.run_until_idle()

    after = await xrm.messages.get(admin, message_id)
    assert after.state == "sent"
    assert (after.events[-1].detail["code"], after.events[-1].detail["reason"]) == (
        "not_copied_to_sent",
        "mailbox_refuses",
    )
    assert errors == []
