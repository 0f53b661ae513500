"""What becomes of a message when its provider, its account or its worker fails."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xrm_platform.messaging import MailRequest, SmsRequest, claiming
from xrm_platform.messaging import delivery_queries as queries
from xrm_platform.problems import Conflicting
from xrm_platform.providers import PermanentError, RateLimited, TransientError


async def send(xrm, admin, *to: str) -> str:
    request = MailRequest(sender="COM", to=to or ("ann@client.example",), subject="Devis", text="Bonjour")
    return (await xrm.sending.send_mail(admin, request)).id


async def send_sms(xrm, admin, *to: str) -> str:
    request = SmsRequest(sender="COM", to=to or ("06 12 34 56 78",), text="Bonjour")
    return (await xrm.sending.send_sms(admin, request)).id


async def message(xrm, admin, message_id: str):
    return await xrm.messages.get(admin, message_id)


async def claim_as_a_worker_that_dies(xrm, account_id: str, owner: str = "dead") -> None:
    async with xrm.store.write() as session:
        account, _ = await queries.account_and_base(session, account_id=account_id)
        now = xrm.engine._now()
        await claiming.claim(
            session,
            base_id=account.base_id,
            account_id=account_id,
            rev=account.rev,
            owner=owner,
            now=now,
            lease_until=now + timedelta(seconds=60),
            limit=100,
        )


async def test_a_lost_answer_leaves_the_message_unknown_and_it_is_not_sent_again(
    xrm, admin, mail_account, mail_service, clock
):
    await mail_service.lose_next_answer()
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    clock.advance(timedelta(days=1))
    await xrm.run_until_idle()

    assert (await message(xrm, admin, sent)).state == "unknown"
    assert len(mail_service.accepted) == 1


async def test_a_person_may_send_an_unknown_message_again(xrm, admin, mail_account, mail_service):
    await mail_service.lose_next_answer()
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    await xrm.messages.retry(admin, sent)
    await xrm.run_until_idle()

    assert (await message(xrm, admin, sent)).state == "sent"
    assert [accepted.mail.message_id for accepted in mail_service.accepted] == [f"<{sent}@acme.example>"]


async def test_a_provider_that_recognises_messages_is_asked_again_after_a_lost_answer(
    xrm, admin, recognising_mail_account, mail_service, clock
):
    await mail_service.lose_next_answer()
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    clock.advance(timedelta(minutes=2))
    await xrm.run_until_idle()

    assert (await message(xrm, admin, sent)).state == "sent"
    assert len(mail_service.accepted) == 1


async def test_refused_credentials_suspend_the_account_and_keep_what_is_queued(xrm, admin, mail_account, mail_service):
    await mail_service.refuse_credentials()
    first, second = await send(xrm, admin), await send(xrm, admin)
    await xrm.run_until_idle()

    account = await xrm.accounts.get(admin, mail_account)
    assert (account.suspended, account.health, account.health_code) == (True, "failing", "credentials_refused")
    assert {(await message(xrm, admin, one)).state for one in (first, second)} == {"queued"}
    assert (await message(xrm, admin, first)).attempts == 0


async def test_a_resumed_account_sends_what_waited(xrm, admin, mail_account, mail_service):
    await mail_service.refuse_credentials()
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    await mail_service.come_back()
    await xrm.accounts.resume(admin, mail_account)
    await xrm.run_until_idle()

    assert (await message(xrm, admin, sent)).state == "sent"


async def test_a_paused_account_sends_nothing_and_loses_nothing(xrm, admin, mail_account, mail_service):
    await xrm.accounts.pause(admin, mail_account)
    sent = await send(xrm, admin)
    await xrm.run_until_idle()

    assert mail_service.accepted == []
    assert (await message(xrm, admin, sent)).state == "queued"


async def test_running_out_of_credit_keeps_the_messages_for_later(xrm, admin, sms_account, sms_service):
    sms_service.messages_left = 1
    sent = [await send_sms(xrm, admin, f"06 12 34 56 7{index}") for index in range(3)]
    await xrm.run_until_idle()

    states = [(await message(xrm, admin, one)).state for one in sent]
    assert sorted(states) == ["queued", "queued", "sent"]
    assert (await xrm.accounts.get(admin, sms_account)).health_code == "quota_exhausted"


async def test_a_throttled_account_rests_as_long_as_the_vendor_asks(xrm, admin, mail_account, mail_service, clock):
    mail_service.spoilt_answers.append(RateLimited(timedelta(minutes=10)))
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    waiting = await message(xrm, admin, sent)
    assert (waiting.state, waiting.attempts) == ("queued", 0)

    clock.advance(timedelta(minutes=5))
    await xrm.run_until_idle()
    assert mail_service.accepted == []

    clock.advance(timedelta(minutes=8))
    await xrm.run_until_idle()
    assert len(mail_service.accepted) == 1


async def test_a_message_fails_after_the_last_attempt(xrm, admin, mail_account, mail_service, clock):
    await mail_service.go_down()
    sent = await send(xrm, admin)
    for _ in range(6):
        await xrm.run_until_idle()
        clock.advance(timedelta(hours=6))

    failed = await message(xrm, admin, sent)
    assert (failed.state, failed.attempts, failed.error_code) == ("failed", 6, "unavailable")


async def test_a_permanent_refusal_fails_at_once(xrm, admin, mail_account, mail_service):
    mail_service.spoilt_answers.append(PermanentError("content_refused", detail="550 spam"))
    sent = await send(xrm, admin)
    await xrm.run_until_idle()

    failed = await message(xrm, admin, sent)
    assert (failed.state, failed.error_code) == ("failed", "content_refused")


async def test_one_refused_recipient_does_not_keep_the_mail_from_the_others(xrm, admin, mail_account, mail_service):
    await mail_service.refuse_recipient("gone@client.example")
    sent = await message(xrm, admin, await send(xrm, admin, "gone@client.example", "ann@client.example"))
    await xrm.run_until_idle()

    after = await message(xrm, admin, sent.id)
    assert [(one.address, one.state, one.error_code) for one in after.recipients] == [
        ("gone@client.example", "failed", "invalid_recipient"),
        ("ann@client.example", "sent", None),
    ]
    assert after.state == "sent"


async def test_a_second_attempt_reaches_only_those_that_the_first_did_not(
    xrm, admin, mail_account, mail_service, clock
):
    await mail_service.defer_recipient("slow@client.example")
    sent = await send(xrm, admin, "slow@client.example", "ann@client.example")
    await xrm.run_until_idle()
    await mail_service.accept_recipient("slow@client.example")
    clock.advance(timedelta(minutes=2))
    await xrm.run_until_idle()

    first, second = mail_service.accepted
    assert first.recipients == ("ann@client.example",)
    assert second.mail.envelope == ("slow@client.example",)
    assert [address.email for address in second.mail.to] == ["slow@client.example", "ann@client.example"]
    assert (await message(xrm, admin, sent)).state == "sent"


async def test_what_a_dead_worker_was_sending_is_unknown_after_its_lease(xrm, admin, mail_account, mail_service, clock):
    sent = await send(xrm, admin)
    await claim_as_a_worker_that_dies(xrm, mail_account)
    await xrm.run_until_idle()
    assert (await message(xrm, admin, sent)).state == "sending"

    clock.advance(timedelta(seconds=61))
    await xrm.run_until_idle()
    lost = await xrm.messages.get(admin, sent)
    assert lost.state == "unknown"
    assert lost.events[-1].detail == {"code": "worker_lost"}
    assert mail_service.accepted == []


async def test_what_a_dead_worker_was_sending_goes_again_where_the_provider_recognises_it(
    xrm, admin, recognising_mail_account, mail_service, clock
):
    sent = await send(xrm, admin)
    await claim_as_a_worker_that_dies(xrm, recognising_mail_account)
    clock.advance(timedelta(seconds=61))
    await xrm.run_until_idle()

    assert (await message(xrm, admin, sent)).state == "sent"


async def test_a_worker_that_lost_its_lease_hands_nothing_over(xrm, admin, mail_account, mail_service, clock):
    """Its database was out of reach for a while: another worker may have what it holds."""
    for _ in range(3):
        await send(xrm, admin)
    arriving = mail_service.send

    def slow(mail):
        clock.advance(timedelta(minutes=5))
        return arriving(mail)

    mail_service.send = slow
    await xrm.run_until_idle()

    assert len({accepted.mail.id for accepted in mail_service.accepted}) == len(mail_service.accepted)


async def test_two_workers_never_claim_the_same_message(xrm, admin, mail_account):
    await send(xrm, admin)
    await claim_as_a_worker_that_dies(xrm, mail_account)
    async with xrm.store.write() as session:
        account, _ = await queries.account_and_base(session, account_id=mail_account)
        second = await claiming.claim(
            session,
            base_id=account.base_id,
            account_id=mail_account,
            rev=account.rev,
            owner="other",
            now=xrm.engine._now(),
            lease_until=xrm.engine._now(),
            limit=10,
        )

    assert second == []


async def test_a_message_on_its_way_can_be_neither_cancelled_nor_retried(xrm, admin, mail_account):
    sent = await send(xrm, admin)
    await claim_as_a_worker_that_dies(xrm, mail_account)

    with pytest.raises(Conflicting, match="not_cancellable"):
        await xrm.messages.cancel(admin, sent)
    with pytest.raises(Conflicting, match="not_retryable"):
        await xrm.messages.retry(admin, sent)


async def test_an_answer_that_comes_after_the_message_was_given_up_is_still_written(
    xrm, admin, mail_account, mail_service, clock
):
    sent = await send(xrm, admin)
    arriving = mail_service.send

    def while_given_up(mail):
        clock.advance(timedelta(seconds=59))
        return arriving(mail)

    mail_service.send = while_given_up
    await xrm.run_until_idle()

    assert (await message(xrm, admin, sent)).state == "sent"


async def given_up(xrm, account_id: str, clock, owner: str) -> None:
    """Claimed by a worker that is then silent for longer than its lease."""
    await claim_as_a_worker_that_dies(xrm, account_id, owner)
    clock.advance(timedelta(minutes=2))
    await xrm.delivery.tick()


async def still_wanted(xrm, admin, owner: str, message_id: str, attempt: int) -> bool:
    async with xrm.store.write() as session:
        return message_id in await queries.still_owned(
            session, base_id=admin.base_id, owner=owner, attempts={message_id: attempt}
        )


async def test_a_late_answer_of_an_earlier_attempt_says_nothing_of_a_later_one(xrm, admin, mail_account, clock):
    sent = await send(xrm, admin)
    await given_up(xrm, mail_account, clock, "first")
    assert await still_wanted(xrm, admin, "first", sent, 1)

    await xrm.messages.retry(admin, sent)
    assert not await still_wanted(xrm, admin, "first", sent, 1)
    await given_up(xrm, mail_account, clock, "second")

    assert (await message(xrm, admin, sent)).state == "unknown"
    assert not await still_wanted(xrm, admin, "first", sent, 1)
    assert not await still_wanted(xrm, admin, "second", sent, 2)
    assert await still_wanted(xrm, admin, "second", sent, 1)


async def test_a_missing_attachment_fails_the_message_and_nothing_else(
    xrm, admin, mail_account, mail_service, tmp_path
):
    from xrm_platform.messaging import AttachmentGiven

    request = MailRequest(
        sender="COM",
        to=("ann@client.example",),
        subject="x",
        text="y",
        attachments=(AttachmentGiven("a.txt", b"content"),),
    )
    broken = (await xrm.sending.send_mail(admin, request)).id
    fine = await send(xrm, admin)
    for file in (tmp_path / "attachments").rglob("*"):
        if file.is_file():
            file.unlink()
    await xrm.run_until_idle()

    assert (await message(xrm, admin, broken)).error_code == "file_missing"
    assert (await message(xrm, admin, fine)).state == "sent"


async def test_more_messages_than_are_claimed_at_once_all_go_in_order(xrm, admin, mail_account, mail_service):
    first = await send(xrm, admin)
    for _ in range(60):
        await send(xrm, admin)
    await xrm.run_until_idle()

    assert len(mail_service.accepted) == 61
    assert mail_service.accepted[0].mail.id == first


async def test_the_tick_finds_what_nobody_woke_for(xrm, admin, mail_account, mail_service):
    sent = await send(xrm, admin)
    xrm.engine._due.clear()
    xrm.engine._timers.clear()
    await xrm.run_until_idle()

    assert (await message(xrm, admin, sent)).state == "sent"


async def test_a_transient_error_of_the_whole_call_spares_the_rest(xrm, admin, mail_account, mail_service):
    mail_service.spoilt_answers.append(TransientError())
    first, second = await send(xrm, admin), await send(xrm, admin)
    await xrm.run_until_idle()

    states = [(await message(xrm, admin, one)).state for one in (first, second)]
    assert sorted(states) == ["queued", "sent"]
