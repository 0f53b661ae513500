"""An account is removed once nothing waits for it; what was sent by it stays."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta

import pytest
from sqlalchemy import text

from xrm_platform.messaging import MailRequest, SmsRequest, entering
from xrm_platform.messaging import delivery_queries as queries
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.providers import PermanentError

SMS = SmsRequest(sender="COM", to=("+33612345678",), text="Rendez-vous")
MAIL = MailRequest(sender="COM", to=("ann@client.example",), subject="Devis", text="Bonjour")


@pytest.fixture
async def sent(xrm, admin, sms_account, sms_service):
    """An SMS whose reports are still to come."""
    message = await xrm.sending.send_sms(admin, SMS)
    await xrm.run_until_idle()
    return message


async def test_an_account_stays_while_messages_wait_for_it(xrm, admin, paused_sms_account, sms_service):
    held = await xrm.sending.send_sms(admin, SMS)
    with pytest.raises(Conflicting, match="account_in_use"):
        await xrm.accounts.remove(admin, paused_sms_account)

    await xrm.sms_pause.release(admin)
    with pytest.raises(Conflicting, match="account_in_use") as caught:
        await xrm.accounts.remove(admin, paused_sms_account)
    assert caught.value.params == {"account": "plain_sms"}
    assert len((await xrm.choice.list(admin)).items) == 1

    await xrm.messages.cancel(admin, held.id)
    await xrm.accounts.remove(admin, paused_sms_account)


async def test_an_account_stays_while_a_bulk_job_is_prepared_for_it(xrm, admin, sms_account):
    people = io.BytesIO(b"Mobile\n06 12 34 56 78\n")
    draft = await xrm.bulk_preparing.prepare(admin, BulkRequest(sender="COM", text="Bonjour", file=people))
    with pytest.raises(Conflicting, match="account_of_bulk_draft") as caught:
        await xrm.accounts.remove(admin, sms_account)
    assert caught.value.params == {"account": "plain_sms"}

    await xrm.bulks.cancel(admin, draft.id)
    await xrm.accounts.remove(admin, sms_account)


async def test_what_was_sent_by_a_removed_account_stays(xrm, admin, sms_account, sent):
    await xrm.accounts.remove(admin, sms_account)

    kept = await xrm.messages.get(admin, sent.id)
    assert (kept.account, kept.state, kept.waiting_for) == (sms_account, "sent", None)
    assert [one.id for one in (await xrm.messages.list(admin)).items] == [sent.id]


async def test_a_removed_account_is_seen_nowhere_and_its_name_is_free(xrm, admin, sms_account, sent):
    await xrm.accounts.remove(admin, sms_account)

    assert (await xrm.accounts.list(admin)).items == ()
    assert (await xrm.choice.list(admin)).items == ()
    for attempt in (
        xrm.accounts.get(admin, sms_account),
        xrm.accounts.check(admin, sms_account),
        xrm.accounts.resume(admin, sms_account),
        xrm.accounts.remove(admin, sms_account),
        xrm.choice.choose(admin, sms_account),
        xrm.sending.send_sms(admin, SmsRequest(sender="COM", to=SMS.to, text="x", account=sms_account)),
    ):
        with pytest.raises(Missing, match="unknown_account"):
            await attempt
    with pytest.raises(Conflicting, match="no_account"):
        await xrm.sending.send_sms(admin, SMS)
    settings = {"service": str(xrm.config.home), "password": "s3cret-é"}
    again = await xrm.accounts.add(admin, "plain_sms", "plain_sms", settings, default=True)
    assert again.id != sms_account
    assert [one.action for one in (await xrm.audit.list(admin)).items if one.subject_id == sms_account] == [
        "account.removed",
        "account.added",
    ]


async def test_nothing_secret_of_a_removed_account_is_left(xrm, admin, sms_account, sent):
    await xrm.accounts.remove(admin, sms_account)

    async with xrm.store.read() as session:
        rows = await session.execute(text("SELECT settings, tokens FROM provider_account"))
        assert [(bytes(settings), tokens) for settings, tokens in rows] == [(b"", None)]


async def test_no_job_comes_back_for_a_removed_account(xrm, admin, sms_account, sms_service, sent, clock):
    await xrm.accounts.remove(admin, sms_account)
    clock.advance(timedelta(hours=2))
    woken = []
    xrm.delivery._wake = woken.append
    await xrm.delivery.tick()
    await xrm.run_until_idle()

    assert woken == []
    async with xrm.store.read() as session:
        assert await queries.account_and_base(session, account_id=sms_account) is None


async def test_a_message_is_not_sent_again_by_a_removed_account(xrm, admin, mail_account, mail_service):
    mail_service.spoilt_answers.append(PermanentError())
    failed = await xrm.sending.send_mail(admin, MAIL)
    await xrm.run_until_idle()
    await xrm.accounts.remove(admin, mail_account)

    with pytest.raises(Conflicting, match="account_gone"):
        await xrm.messages.retry(admin, failed.id)
    assert (await xrm.messages.get(admin, failed.id)).state == "failed"


async def begun(work):
    """A task of `work` that has come as far as it comes by itself."""
    task = asyncio.ensure_future(work)
    await asyncio.wait([task], timeout=0.5)
    return task


async def test_an_account_is_not_removed_under_a_message_that_is_being_queued(xrm, admin, mail_account, monkeypatch):
    adding = entering.queries.add_messages
    removing = []

    async def add_messages(*given, **named):
        removing.append(await begun(xrm.accounts.remove(admin, mail_account)))
        await adding(*given, **named)

    monkeypatch.setattr(entering.queries, "add_messages", add_messages)
    await xrm.sending.send_mail(admin, MAIL)

    with pytest.raises(Conflicting, match="account_in_use"):
        await removing[0]


async def test_a_message_is_not_queued_for_an_account_that_is_being_removed(xrm, admin, mail_account, monkeypatch):
    sending = []

    async def slowly(session, **_account):
        sending.append(await begun(xrm.sending.send_mail(admin, MAIL)))

    monkeypatch.setattr(xrm.accounts, "_uses", [slowly])
    await xrm.accounts.remove(admin, mail_account)

    with pytest.raises(Missing, match="unknown_account"):
        await sending[0]
    assert (await xrm.messages.list(admin)).items == ()
