"""The test mode, pauses of one sender, and what a person does with held messages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xrm_platform.messaging import MailRequest, SmsRequest
from xrm_platform.problems import Conflicting, Missing

REAL, TESTER = "+33612345678", "+33612000001"


def sms(**changes) -> SmsRequest:
    return SmsRequest(**{"sender": "COM", "to": (REAL,), "text": "Rendez-vous", **changes})


def mail(**changes) -> MailRequest:
    return MailRequest(
        **{"sender": "COM", "to": ("Anne <anne@example.org>",), "subject": "Devis", "text": "Bonjour", **changes}
    )


async def state(xrm, admin, message) -> tuple[str, str | None]:
    found = await xrm.messages.get(admin, message.id)
    return found.state, found.waiting_for


@pytest.fixture
async def test_mode(xrm, admin):
    return await xrm.rules.change(
        admin, {"test_mode": True, "test_mails": ["test@acme.example"], "test_numbers": ["06 12 00 00 01"]}
    )


# Test mode


async def test_in_test_mode_an_sms_goes_to_the_test_number_and_says_whom_it_was_for(
    xrm, admin, sms_account, sms_service, test_mode
):
    sent = await xrm.sending.send_sms(admin, sms(to=(REAL, "+33612345679")))
    await xrm.run_until_idle()

    assert [(one.sms.to, one.sms.text) for one in sms_service.accepted] == [
        (TESTER, f"TEST ({REAL}, +33612345679)\nRendez-vous")
    ]
    (recipient,) = (await xrm.messages.get(admin, sent.id)).recipients
    assert (recipient.address, recipient.intended_for, recipient.state) == (TESTER, (REAL, "+33612345679"), "sent")


async def test_in_test_mode_a_mail_goes_to_the_test_address_and_says_whom_it_was_for(
    xrm, admin, mail_account, mail_service, test_mode
):
    given = mail(
        cc=("bob@example.org",), bcc=("eve@example.org",), html="<html><body class='x'><p>Bonjour</p></body></html>"
    )
    sent = await xrm.sending.send_mail(admin, given)
    await xrm.run_until_idle()

    (delivered,) = [one.mail for one in mail_service.accepted]
    assert delivered.envelope == ("test@acme.example",)
    assert [one.email for one in (*delivered.to, *delivered.cc, *delivered.bcc)] == ["test@acme.example"]
    assert delivered.subject == "[TEST: anne@example.org, bob@example.org, eve@example.org] Devis"
    assert "To: Anne <anne@example.org>\nCc: bob@example.org\nBcc: eve@example.org\n\nBonjour" in delivered.text
    assert delivered.html.index("Anne &lt;anne@example.org&gt;") < delivered.html.index("<p>Bonjour</p>")
    (recipient,) = (await xrm.messages.get(admin, sent.id)).recipients
    assert recipient.intended_for == ("anne@example.org", "bob@example.org", "eve@example.org")


async def test_what_was_queued_for_real_is_held_when_the_test_mode_begins(
    xrm, admin, sms_account, mail_account, sms_service, mail_service, clock
):
    later = clock() + timedelta(hours=1)
    queued = [await xrm.sending.send_sms(admin, sms(at=later)), await xrm.sending.send_mail(admin, mail(at=later))]
    await xrm.rules.change(admin, {"test_mode": True, "test_mails": ["t@acme.example"]})
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()

    assert (sms_service.accepted, mail_service.accepted) == ([], [])
    assert [await state(xrm, admin, one) for one in queued] == [("held", "test_mode")] * 2
    assert (await xrm.messages.get(admin, queued[0].id)).attempts == 0
    assert await xrm.held.release_all(admin) == 0
    with pytest.raises(Conflicting, match="still_test_mode"):
        await xrm.held.release(admin, queued[0].id)

    await xrm.rules.change(admin, {"test_mode": False})
    await xrm.run_until_idle()
    assert sms_service.accepted == []
    assert await xrm.held.release_all(admin) == 2
    await xrm.run_until_idle()
    assert (len(sms_service.accepted), len(mail_service.accepted)) == (1, 1)


async def test_what_was_redirected_stays_redirected_when_the_test_mode_ends(
    xrm, admin, sms_account, sms_service, test_mode, clock
):
    await xrm.sending.send_sms(admin, sms(at=clock() + timedelta(hours=1)))
    await xrm.rules.change(admin, {"test_mode": False})
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()

    assert [one.sms.to for one in sms_service.accepted] == [TESTER]


async def test_a_retry_in_test_mode_reaches_nobody_real(xrm, admin, sms_account, sms_service, test_mode):
    await xrm.rules.change(admin, {"test_mode": False})
    await sms_service.lose_next_answer()
    sent = await xrm.sending.send_sms(admin, sms())
    await xrm.run_until_idle()
    await xrm.rules.change(admin, {"test_mode": True})
    before = len(sms_service.accepted)
    await xrm.messages.retry(admin, sent.id)
    await xrm.run_until_idle()

    assert len(sms_service.accepted) == before
    assert await state(xrm, admin, sent) == ("held", "test_mode")


async def test_a_channel_without_test_address_sends_nothing_in_test_mode(xrm, admin, sms_account):
    await xrm.rules.change(admin, {"test_mode": True, "test_mails": ["t@acme.example"]})

    with pytest.raises(Conflicting, match="test_mode_no_address"):
        await xrm.sending.send_sms(admin, sms())


async def test_in_test_mode_marketing_does_not_wait_for_the_hours_of_others(
    xrm, admin, sms_account, sms_service, test_mode, clock
):
    await xrm.rules.change(admin, {"stop_number": "36180"})
    clock.advance(timedelta(hours=14))
    await xrm.sending.send_sms(admin, sms(category="marketing", to=("+262692123456",)))
    await xrm.run_until_idle()

    assert [one.sms.text for one in sms_service.accepted] == ["TEST (+262692123456)\nRendez-vous\nSTOP au 36180"]


# Pauses


async def test_the_pause_of_one_sender_holds_only_theirs(xrm, admin, sms_account, sms_service, clock):
    waiting = await xrm.sending.send_sms(admin, sms(at=clock() + timedelta(hours=1)))
    assert await xrm.sms_pause.pause(admin, "com") == 1
    held = await xrm.sending.send_sms(admin, sms())
    await xrm.sending.send_sms(admin, sms(sender="DIR", text="De DIR"))
    await xrm.run_until_idle()

    assert [one.sms.text for one in sms_service.accepted] == ["De DIR"]
    assert [await state(xrm, admin, one) for one in (waiting, held)] == [("held", "sender_paused")] * 2
    assert [one.collaborator for one in await xrm.sms_pause.paused_senders(admin)] == ["COM"]

    assert await xrm.sms_pause.release(admin, "COM") == 2
    assert await xrm.sms_pause.paused_senders(admin) == ()
    await xrm.run_until_idle()
    assert await state(xrm, admin, held) == ("sent", None)


async def test_releasing_one_pause_leaves_what_another_holds(xrm, admin, sms_account):
    await xrm.sms_pause.pause(admin)
    await xrm.sms_pause.pause(admin, "COM")
    held = await xrm.sending.send_sms(admin, sms())
    assert await state(xrm, admin, held) == ("held", "sms_paused")

    assert await xrm.sms_pause.release(admin) == 0
    assert await state(xrm, admin, held) == ("held", "sender_paused")
    await xrm.sms_pause.pause(admin)
    assert await xrm.sms_pause.release(admin, "COM") == 0
    assert await state(xrm, admin, held) == ("held", "sms_paused")
    assert await xrm.sms_pause.release(admin) == 1


async def test_a_paused_account_keeps_its_messages_queued_and_they_say_so(xrm, admin, sms_account, sms_service):
    await xrm.accounts.pause(admin, sms_account)
    sent = await xrm.sending.send_sms(admin, sms())
    await xrm.run_until_idle()

    assert sent.waiting_for == "account_paused"
    assert await state(xrm, admin, sent) == ("queued", "account_paused")
    assert [one.waiting_for for one in (await xrm.messages.list(admin)).items] == ["account_paused"]
    assert sms_service.accepted == []


async def test_held_messages_are_discarded_one_by_one_or_all_of_a_sender(xrm, admin, sms_account, sms_service):
    await xrm.sms_pause.pause(admin)
    first, second = [await xrm.sending.send_sms(admin, sms()) for _ in range(2)]
    other = await xrm.sending.send_sms(admin, sms(sender="DIR"))

    with pytest.raises(Conflicting, match="still_sms_paused"):
        await xrm.held.release(admin, first.id)
    await xrm.held.discard(admin, first.id)
    assert await xrm.held.discard_all(admin, sender="COM") == 1
    assert [(await state(xrm, admin, one))[0] for one in (first, second, other)] == ["cancelled", "cancelled", "held"]
    with pytest.raises(Conflicting, match="not_held"):
        await xrm.held.discard(admin, first.id)
    assert await xrm.held.discard_all(admin) == 1


async def test_a_held_message_of_somebody_else_is_not_for_a_colleague(xrm, admin, sms_account):
    await xrm.sms_pause.pause(admin)
    held = await xrm.sending.send_sms(admin, sms(sender="DIR"))
    await xrm.users.create(admin, "lea", password="long enough 1", xrm_allowed=True, collaborator="COM")
    signed_in = await xrm.sign_in.sign_in("ACME", "lea", "long enough 1", user_agent="", address="")
    actor, _ = await xrm.sign_in.actor_of(signed_in.token)

    with pytest.raises(Missing):
        await xrm.held.release(actor, held.id)
    with pytest.raises(Missing):
        await xrm.held.discard(actor, "no such message")
