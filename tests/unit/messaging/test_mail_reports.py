"""Mail that comes in: what it says of messages, who sees it, and what goes wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xrm_platform.messaging.inbound import READ_CALENDARS, CalendarMail
from xrm_platform.messaging.inbound.mail.calendars import ATTEMPTS
from xrm_platform.problems import Missing
from xrm_platform.providers import (
    InvalidRecipient,
    PermanentError,
    TransientError,
)
from xrm_platform.testing.memory_mail import memory_mail_service

from .incoming import ANNA, bounce, calendar_mail, colleague_of, later, mail, sent


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


@pytest.mark.parametrize(("named", "state"), [(ANNA, "failed"), ("eve@evil.example", "sent")])
async def test_a_servers_letter_is_about_those_whom_it_names(
    xrm, admin, mailbox_account, mail_service, clock, named, state
):
    message_id, ours = await sent(xrm, admin, clock)
    letter = f"I wasn't able to deliver your message.\n\n<{named}>:\n550 5.1.1 no such user\n\nMessage-ID: {ours}\n"
    mail_service.receive(f"From: Mailer-Daemon@mx.client.example\nSubject: failure notice\n\n{letter}".encode())
    await later(xrm, clock)

    after = await xrm.messages.get(admin, message_id)
    assert (after.state, len((await xrm.addresses_in_error.list(admin)).items)) == (state, int(state == "failed"))


async def test_the_sender_is_told_of_a_mail_that_came_back_to_the_accounts_of_the_base(
    xrm, admin, mailbox_account, mail_service, clock
):
    message_id, ours = await sent(xrm, admin, clock)
    mail_service.receive(bounce(ours))
    for _ in range(2):
        await later(xrm, clock)

    told = mail_service.accepted[-1].mail
    assert [one.email for one in told.to] == ["lea@acme.example"]
    assert told.headers["Auto-Submitted"] == "auto-generated"
    assert told.subject == "Non remis\N{NO-BREAK SPACE}: Devis"
    assert ANNA in told.text
    assert "550 5.1.1 no such user" in told.text
    assert len(mail_service.accepted) == 2
    (about,) = [one for one in (await xrm.messages.list(admin)).items if one.id != message_id]
    mail_service.receive(bounce(f"<{about.id}@acme.example>", recipient="lea@acme.example"))  # and that comes back too
    await later(xrm, clock)
    assert len(mail_service.accepted) == 2


async def test_who_has_the_report_in_the_own_mailbox_is_not_told_again(xrm, admin, mail_service, clock):
    await xrm.providers.enable(admin, "receiving_mail")
    settings = {"service": "her own", "password": "s3cret"}
    own = await xrm.accounts.add(admin, "receiving_mail", "own", settings, collaborator="COM")
    await xrm.choice.choose(admin, own.id, collaborator="COM")
    private = memory_mail_service("her own")
    _, ours = await sent(xrm, admin, clock)
    private.receive(bounce(ours))
    await later(xrm, clock)
    assert len(private.accepted) == 1


async def test_who_has_the_report_at_the_own_address_is_not_told_there_again(
    xrm, admin, mailbox_account, mail_service, clock
):
    """The base's account reads what comes to her address."""
    message_id, ours = await sent(xrm, admin, clock)
    mail_service.receive(bounce(ours, to="Postmaster <postmaster@acme.example>, Lea <LEA@acme.example>"))
    await later(xrm, clock)
    assert (await xrm.messages.get(admin, message_id)).state == "failed"
    assert len(mail_service.accepted) == 1


async def test_a_report_that_comes_to_two_mailboxes_is_one(xrm, admin, mailbox_account, mail_service, clock):
    await xrm.accounts.add(admin, "receiving_mail", "other", {"service": "another one", "password": "s3cret"})
    other = memory_mail_service("another one")
    message_id, ours = await sent(xrm, admin, clock)
    for service, station in ((mail_service, b"a"), (other, b"b")):
        for action in ("delayed", "failed"):
            head = b"Received: by " + station + b".example\r\nMessage-ID: <report@client.example>\r\n"
            service.receive(head + bounce(ours, action=action))
    await later(xrm, clock)

    events = [one.state for one in (await xrm.messages.get(admin, message_id)).events if one.actor == "provider"]
    assert sorted(events) == ["delayed", "failed"]
    assert len(mail_service.accepted) == 2  # the mail, and one that tells of it


async def test_an_address_is_not_wrong_because_one_is_to_which_it_forwards(
    xrm, admin, mailbox_account, mail_service, clock
):
    message_id, ours = await sent(xrm, admin, clock)
    report = bounce(ours, recipient="old@elsewhere.example")
    report = report.replace(b"Action:", f"Original-Recipient: rfc822; {ANNA}\r\nAction:".encode())
    mail_service.receive(report)
    await later(xrm, clock)

    after = await xrm.messages.get(admin, message_id)
    assert (after.state, after.recipients[0].error_code) == ("failed", "bounced")
    assert (await xrm.addresses_in_error.list(admin)).items == ()


async def test_a_report_on_a_mail_that_is_not_ours_changes_nothing(xrm, admin, mailbox_account, mail_service, clock):
    message_id, ours = await sent(xrm, admin, clock, to=(ANNA, "ben@client.example"))
    mail_service.receive(bounce("<foreign@elsewhere.example>", envelope_id="\x00+00"))
    mail_service.receive(bounce(ours, recipient="eve@evil.example"))  # of ours, but to nobody whom it went to
    await later(xrm, clock)

    assert [one.state for one in (await xrm.messages.get(admin, message_id)).recipients] == ["sent", "sent"]
    assert len((await xrm.inbox.list(admin)).items) == 2
    assert (await xrm.addresses_in_error.list(admin)).items == ()


async def test_a_report_on_a_mail_of_another_base_changes_nothing(xrm, admin, mailbox_account, mail_service, clock):
    message_id, ours = await sent(xrm, admin, clock)
    await xrm.bases.create("OTHER", "Other SARL", actor_name="operator:test")
    other = await xrm.bases.operator("OTHER", "operator:test")
    await xrm.providers.enable(other, "receiving_mail")
    await xrm.accounts.add(other, "receiving_mail", "theirs", {"service": "theirs", "password": "s3cret"})
    theirs = memory_mail_service("theirs")
    theirs.receive(bounce(ours, envelope_id=message_id))
    await later(xrm, clock)

    assert (await xrm.messages.get(admin, message_id)).state == "sent"
    (came,) = (await xrm.inbox.list(other)).items
    assert (came.kind, came.about, came.answers) == ("report", None, None)
    for base in (admin, other):
        assert (await xrm.addresses_in_error.list(base)).items == ()


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


async def test_a_calendar_object_is_handed_on_once(xrm, admin, mailbox_account, mail_service, clock):
    told: list[CalendarMail] = []

    async def read(one: CalendarMail) -> None:
        told.append(one)

    xrm._calendar_readers.append(read)
    mail_service.receive(calendar_mail().as_bytes())
    for _ in range(2):
        await later(xrm, clock)

    (one,) = told
    assert (one.sender, one.method, one.account_id) == (ANNA, "REPLY", mailbox_account)
    assert one.ical.startswith("BEGIN:VCALENDAR")


async def test_a_process_that_ends_before_a_calendar_object_is_read_loses_none(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    told: list[CalendarMail] = []

    async def read(one: CalendarMail) -> None:
        told.append(one)

    async def die(_argument: str) -> None:
        """What a process does that was killed."""

    xrm._calendar_readers.append(read)
    mail_service.receive(calendar_mail().as_bytes())
    with monkeypatch.context() as killed:
        killed.setitem(xrm._handlers, READ_CALENDARS, die)
        await later(xrm, clock)
    assert (len((await xrm.inbox.list(admin)).items), told) == (1, [])
    for _ in range(2):
        await later(xrm, clock)

    (one,) = told
    assert one.ical.startswith("BEGIN:VCALENDAR")


async def test_a_reader_that_fails_is_asked_again_and_given_up_in_the_end(
    xrm, admin, mailbox_account, mail_service, clock
):
    told: list[CalendarMail] = []
    asked: list[CalendarMail] = []

    async def read(one: CalendarMail) -> None:
        told.append(one)

    async def fail(one: CalendarMail) -> None:
        asked.append(one)
        raise ValueError

    xrm._calendar_readers += [fail, read]
    mail_service.receive(calendar_mail().as_bytes())
    for _ in range(30):
        await later(xrm, clock)

    assert len(asked) == len(told) == ATTEMPTS
    assert (await xrm.inbox.list(admin)).items


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
