"""Trying an account of mail by sending one: what goes out, what is told, what is left behind."""

from __future__ import annotations

import pytest

from xrm_platform.people.audit import Audit
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing
from xrm_platform.providers import (
    AuthError,
    InvalidRecipient,
    OutcomeUnknown,
    PermanentError,
    Tick,
    TickState,
    TransientError,
    Veto,
    hookimpl,
)
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_mail import MemoryMail


def steps(tested):
    return [(tick.step, tick.state) for tick in tested.ticks]


@pytest.fixture
def send(xrm, admin, mailbox_account):
    """Test the account as COM."""

    async def tested(**options):
        return await xrm.mail_tests.send(admin, mailbox_account, **{"sender": "COM", **options})

    return tested


async def test_the_mail_goes_from_the_collaborators_address_to_itself(send, mail_service):
    mail_service.wants_copies = True
    tested = await send()
    (accepted,) = mail_service.accepted
    assert (tested.ok, tested.sender, tested.to) == (True, "lea@acme.example", ("lea@acme.example",))
    assert steps(tested) == [("reached", "ok"), ("signed_in", "ok"), ("sent", "ok"), ("copied", "ok")]
    assert (accepted.mail.sender.email, accepted.mail.sender.name) == ("lea@acme.example", "Léa Martin")
    assert mail_service.sent_folder == [accepted.mail]
    assert "receiving_mail" in accepted.mail.subject
    assert tested.account.health == "ok"


async def test_the_mail_can_go_to_another_and_carries_the_signature(xrm, admin, send, mail_service):
    await xrm.collaborators.change(admin, "COM", {"signature_text": "Léa Martin, Acme"})
    tested = await send(to="Ann <ann@client.example>")
    (accepted,) = mail_service.accepted
    assert tested.to == accepted.recipients == ("ann@client.example",)
    assert "-- \nLéa Martin, Acme" in accepted.mail.text
    assert steps(tested)[-1] == ("copied", "skipped")


async def test_it_is_no_message_of_the_base_and_is_in_the_audit_before_and_after(xrm, admin, send, store):
    await send()
    await xrm.run_until_idle()
    assert (await xrm.messages.list(admin)).items == ()
    page = await Audit(xrm.store).list(admin, limit=100)
    noted = [(one.action, one.changes) for one in reversed(page.items) if one.action.startswith("account.test")]
    assert noted == [
        ("account.test_started", {"from": [None, "lea@acme.example"], "to": [None, ["lea@acme.example"]]}),
        ("account.test_ended", {"sent": [None, "ok"]}),
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PermanentError("sender_refused"), "sender_refused"),
        (InvalidRecipient(), "invalid_recipient"),
        (TransientError("try_later"), "try_later"),
        (OutcomeUnknown("answer_lost"), "answer_lost"),
    ],
)
async def test_what_fails_is_told_and_not_tried_again(xrm, send, mail_service, error, code):
    mail_service.spoilt_answers.append(error)
    tested = await send()
    await xrm.run_until_idle()
    assert (tested.ok, tested.ticks[-1].step, tested.ticks[-1].code) == (False, "sent", code)
    assert not tested.account.suspended
    assert len(mail_service.accepted) == (1 if code == "answer_lost" else 0)


async def test_credentials_that_are_refused_only_when_sending_suspend_the_account(send, mail_service):
    mail_service.spoilt_answers.append(AuthError())
    tested = await send()
    assert tested.ticks[-1].step == "sent"
    assert tested.account.suspended


async def test_nothing_is_sent_where_the_check_fails_already(xrm, admin, mailbox_account, send, mail_service):
    await mail_service.refuse_credentials()
    tested = await send()
    assert steps(tested) == [("reached", "ok"), ("signed_in", "failed")]
    assert tested.account.suspended
    assert mail_service.accepted == []


async def test_a_copy_that_cannot_be_kept_is_told_and_the_mail_is_sent(send, mail_service, monkeypatch):
    mail_service.wants_copies = True

    def refuse(_mail):
        raise PermanentError("folder_gone")

    monkeypatch.setattr(mail_service, "file_sent", refuse)
    tested = await send()
    assert steps(tested)[-2:] == [("sent", "ok"), ("copied", "failed")]
    assert tested.ticks[-1].code == "folder_gone"


async def test_a_signature_that_nobody_can_verify_is_told_though_the_mail_is_sent(send, mail_service, monkeypatch):
    async def check(_driver):
        return [Tick("reached", TickState.OK), Tick("dkim", TickState.FAILED, "dkim_record_missing", {"name": "x"})]

    monkeypatch.setattr(MemoryMail, "check", check)
    tested = await send()
    assert steps(tested) == [("reached", "ok"), ("sent", "ok"), ("copied", "skipped"), ("dkim", "failed")]
    assert (tested.ok, len(mail_service.accepted)) == (False, 1)


async def test_in_test_mode_it_goes_to_the_test_addresses(xrm, admin, send, mail_service):
    await xrm.rules.change(admin, {"test_mode": True, "test_mails": ["test@acme.example"]})
    tested = await send(to="ann@client.example")
    assert tested.to == ("test@acme.example",)
    assert [one.recipients for one in mail_service.accepted] == [("test@acme.example",)]


class Vetoes:
    @hookimpl
    def xrm_before_send(self, message, collaborator):
        return Veto("not on Sundays")


class TestWithAVeto:
    @pytest.fixture
    def plugins(self):
        return [InProcessPlugin("vetoes", Vetoes(), {})]

    async def test_a_plugin_may_keep_it_from_going(self, send, mail_service):
        with pytest.raises(Forbidden):
            await send()
        assert mail_service.accepted == []


async def test_somebody_has_to_send_it(xrm, admin, mailbox_account):
    with pytest.raises(Invalid) as refused:
        await xrm.mail_tests.send(admin, mailbox_account)
    assert refused.value.fields["sender"].code == "test_without_sender"
    await xrm.collaborators.create(admin, "MUTE", last_name="Mute")
    with pytest.raises(Conflicting):
        await xrm.mail_tests.send(admin, mailbox_account, sender="MUTE")
    with pytest.raises(Invalid):
        await xrm.mail_tests.send(admin, mailbox_account, sender="COM", to="nobody at home")


async def test_a_personal_account_is_tested_as_its_person(xrm, admin, mail_service):
    await xrm.providers.enable(admin, "plain_mail")
    settings = {"service": str(xrm.config.home), "password": "x"}
    own = await xrm.accounts.add(admin, "plain_mail", "Own", settings, collaborator="DIR")
    assert (await xrm.mail_tests.send(admin, own.id)).sender == "roux@acme.example"
    with pytest.raises(Conflicting):
        await xrm.mail_tests.send(admin, own.id, sender="COM")


async def test_accounts_of_sms_and_of_other_bases_are_not_tested(xrm, admin, sms_account, mailbox_account):
    with pytest.raises(Conflicting) as refused:
        await xrm.mail_tests.send(admin, sms_account, sender="COM")
    assert refused.value.code == "test_of_mail_only"
    await xrm.bases.create("OTHER", "Other", actor_name="operator:test")
    other = await xrm.bases.operator("OTHER", "operator:test")
    with pytest.raises(Missing):
        await xrm.mail_tests.send(other, mailbox_account, sender="COM")
