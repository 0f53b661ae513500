"""The rules over real messages: asked when they are queued, and again when they would be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from xrm_platform.messaging import Category, MailRequest, SmsRequest
from xrm_platform.people.contacts.given import PhoneGiven
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing
from xrm_platform.providers import Capability, Channel, TransientError, hookimpl
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_sms import MEMORY_SMS, MemorySms

PARIS, REUNION = "+33612345678", "+262692123456"
SATURDAY_EVENING = datetime(2026, 3, 7, 21, 30, tzinfo=ZoneInfo("Europe/Paris"))
MONDAY_IN_PARIS = datetime(2026, 3, 9, 7, tzinfo=UTC)
MONDAY_IN_REUNION = datetime(2026, 3, 9, 4, tzinfo=UTC)


def sms(to=(PARIS,), text="Soldes", category=Category.MARKETING, **more) -> SmsRequest:
    return SmsRequest(sender="COM", to=tuple(to), text=text, category=category, **more)


def mail(*to: str, category=Category.TRANSACTIONAL, **more) -> MailRequest:
    return MailRequest(sender="COM", to=to, subject="Offre", text="Bonjour", category=category, **more)


@pytest.fixture
async def marketing(xrm, admin, sms_account):
    """An account by which marketing SMS may go."""
    await xrm.rules.change(admin, {"stop_number": "36180"})
    return sms_account


async def shown(xrm, admin, message):
    return await xrm.messages.get(admin, message.id)


def numbers(service) -> list[str]:
    return [one.sms.to for one in service.accepted]


# Hours


async def test_a_saturday_evening_defers_each_number_to_its_own_monday(xrm, admin, marketing, sms_service, clock):
    clock.time = SATURDAY_EVENING.astimezone(UTC)
    sent = await xrm.sending.send_sms(admin, sms(to=(REUNION, PARIS)))
    await xrm.run_until_idle()

    assert (sent.state, sent.waiting_for, sent.due_at) == ("queued", "hours", MONDAY_IN_REUNION)
    assert {one.address: one.not_before for one in sent.recipients} == {
        REUNION: MONDAY_IN_REUNION,
        PARIS: MONDAY_IN_PARIS,
    }
    assert numbers(sms_service) == []

    clock.time = MONDAY_IN_REUNION
    await xrm.run_until_idle()
    assert numbers(sms_service) == [REUNION]
    half = await shown(xrm, admin, sent)
    assert (half.state, half.due_at, half.attempts) == ("queued", MONDAY_IN_PARIS, 0)

    clock.time = MONDAY_IN_PARIS
    await xrm.run_until_idle()
    assert numbers(sms_service) == [REUNION, PARIS]
    assert (await shown(xrm, admin, sent)).state == "sent"


async def test_transactional_goes_at_any_hour(xrm, admin, sms_account, sms_service, clock):
    clock.time = SATURDAY_EVENING.astimezone(UTC)
    await xrm.sending.send_sms(admin, sms(category=Category.TRANSACTIONAL))
    await xrm.run_until_idle()

    assert numbers(sms_service) == [PARIS]


async def test_what_night_overtakes_in_the_queue_waits_for_the_morning(xrm, admin, marketing, sms_service, clock):
    clock.time = datetime(2026, 3, 3, 18, 59, tzinfo=UTC)
    sent = await xrm.sending.send_sms(admin, sms())
    clock.advance(timedelta(minutes=2))
    await xrm.run_until_idle()

    later = await shown(xrm, admin, sent)
    assert numbers(sms_service) == []
    assert (later.state, later.due_at) == ("queued", datetime(2026, 3, 4, 7, tzinfo=UTC))
    assert [event.detail.get("code") for event in later.events] == [None, None, "outside_hours"]

    clock.time = later.due_at
    await xrm.run_until_idle()
    assert numbers(sms_service) == [PARIS]


async def test_a_retry_of_one_number_does_not_wait_for_another(xrm, admin, marketing, sms_service, clock):
    clock.time = MONDAY_IN_REUNION
    sms_service.spoilt_answers.append(TransientError())
    sent = await xrm.sending.send_sms(admin, sms(to=(REUNION, PARIS)))
    await xrm.run_until_idle()
    assert (await shown(xrm, admin, sent)).due_at < MONDAY_IN_REUNION + timedelta(minutes=2)

    clock.advance(timedelta(minutes=2))
    await xrm.run_until_idle()
    assert numbers(sms_service) == [REUNION]


class KeepsHours:
    @hookimpl
    def xrm_sms_providers(self):
        capabilities = frozenset({Capability.KEEPS_LEGAL_HOURS, Capability.ADDS_STOP_MENTION})
        return [replace(MEMORY_SMS, slug="keeps_hours", capabilities=capabilities, stop_mention="\nSTOP 36111")]


@pytest.mark.parametrize(
    "plugins", [[InProcessPlugin("keeps", KeepsHours(), {(Channel.SMS, "keeps_hours"): MemorySms})]]
)
async def test_a_vendor_that_keeps_the_hours_gets_what_is_of_its_own_clock_at_once(xrm, admin, sms_service, clock):
    clock.time = SATURDAY_EVENING.astimezone(UTC)
    await xrm.sms_pause.release(admin)
    await xrm.providers.enable(admin, "keeps_hours")
    settings = {"service": str(xrm.config.home), "password": "x"}
    await xrm.accounts.add(admin, "keeps_hours", "vendor", settings, default=True)
    sent = await xrm.sending.send_sms(admin, sms(to=(REUNION, PARIS)))
    await xrm.run_until_idle()

    assert numbers(sms_service) == [PARIS]
    assert sms_service.accepted[0].sms.text == "Soldes"
    assert (await shown(xrm, admin, sent)).due_at == MONDAY_IN_REUNION

    await xrm.rules.change(admin, {"hours_end": "19:00"})
    less = await xrm.sending.send_sms(admin, sms())
    assert less.due_at == MONDAY_IN_PARIS


# Opt-outs


async def test_who_said_stop_gets_no_marketing_and_still_appointments(xrm, admin, marketing, sms_service):
    await xrm.opt_outs.add(admin, "sms", "06 12 34 56 78", source="answer STOP")

    with pytest.raises(Conflicting, match="opted_out"):
        await xrm.sending.send_sms(admin, sms())
    await xrm.sending.send_sms(admin, sms(category=Category.TRANSACTIONAL, text="Rendez-vous à 10 h"))
    await xrm.run_until_idle()
    assert [one.sms.text for one in sms_service.accepted] == ["Rendez-vous à 10 h"]


async def test_who_wants_nothing_at_all_gets_nothing_at_all(xrm, admin, marketing):
    await xrm.opt_outs.add(admin, "sms", PARIS, purpose="all", source="letter")

    with pytest.raises(Conflicting, match="opted_out"):
        await xrm.sending.send_sms(admin, sms(category=Category.TRANSACTIONAL))


async def test_an_opt_out_that_comes_between_stops_what_is_queued(xrm, admin, marketing, sms_service, clock):
    sent = await xrm.sending.send_sms(admin, sms(to=(PARIS, "+33612345679"), at=clock() + timedelta(hours=1)))
    await xrm.opt_outs.add(admin, "sms", PARIS, source="answer STOP")
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()

    assert numbers(sms_service) == ["+33612345679"]
    after = await shown(xrm, admin, sent)
    assert [(one.state, one.error_code) for one in after.recipients] == [("cancelled", "opted_out"), ("sent", None)]
    assert {"code": "opted_out"} in [event.detail for event in after.events]


async def test_a_message_whose_only_recipient_opted_out_between_is_cancelled(xrm, admin, marketing, sms_service, clock):
    sent = await xrm.sending.send_sms(admin, sms(at=clock() + timedelta(hours=1)))
    await xrm.opt_outs.add(admin, "sms", PARIS, source="answer STOP")
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()

    after = await shown(xrm, admin, sent)
    assert (after.state, after.error_code) == ("cancelled", "opted_out")
    assert sms_service.accepted == []
    with pytest.raises(Conflicting, match="not_retryable"):
        await xrm.messages.retry(admin, sent.id)


class Watches:
    def __init__(self):
        self.seen = []

    @hookimpl
    def xrm_changed(self, change):
        self.seen.append((change.id, change.state))


WATCHES = Watches()


@pytest.mark.parametrize("plugins", [[InProcessPlugin("watches", WATCHES, {})]])
async def test_observers_hear_of_what_the_rules_stopped(xrm, admin, marketing, clock):
    sent = await xrm.sending.send_sms(admin, sms(at=clock() + timedelta(hours=1)))
    await xrm.opt_outs.add(admin, "sms", PARIS, source="answer STOP")
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()
    await xrm.notices.drain()

    assert [state for seen, state in WATCHES.seen if seen == sent.id] == ["queued", "cancelled"]


async def test_one_who_opted_out_does_not_stop_the_others_and_stands_in_no_header(
    xrm, admin, mail_account, mail_service
):
    await xrm.opt_outs.add(admin, "mail", "Anne@EXAMPLE.org", source="answer", purpose="all")
    sent = await xrm.sending.send_mail(admin, mail("anne@example.org", "bob@example.org"))
    await xrm.run_until_idle()

    assert [(one.address, one.state) for one in sent.recipients] == [
        ("anne@example.org", "cancelled"),
        ("bob@example.org", "queued"),
    ]
    (delivered,) = [one.mail for one in mail_service.accepted]
    assert [one.email for one in delivered.to] == ["bob@example.org"]
    assert (await shown(xrm, admin, sent)).state == "sent"


async def test_an_opt_out_is_lifted_with_a_reason_that_the_audit_keeps(xrm, admin, marketing):
    noted = await xrm.opt_outs.add(admin, "sms", PARIS, source="answer STOP")
    again = await xrm.opt_outs.add(admin, "sms", PARIS, source="and again")
    assert (again.id, again.source) == (noted.id, "answer STOP")

    await xrm.opt_outs.lift(admin, noted.id, reason="form signed on 3 March")
    assert (await xrm.opt_outs.list(admin)).items == ()
    assert (await xrm.sending.send_sms(admin, sms())).state == "queued"
    entry = (await xrm.audit.list(admin)).items[0]
    assert (entry.action, entry.changes["reason"]) == ("opt_out.lifted", [None, "form signed on 3 March"])
    with pytest.raises(Missing):
        await xrm.opt_outs.lift(admin, noted.id, reason="twice")


async def test_opt_outs_of_one_base_are_not_those_of_another(xrm, admin, marketing):
    await xrm.bases.create("OTHER", "Autre", actor_name="operator:test")
    other = await xrm.bases.operator("OTHER", "operator:test")
    theirs = await xrm.opt_outs.add(other, "sms", PARIS, source="answer STOP")

    assert (await xrm.opt_outs.list(admin)).items == ()
    with pytest.raises(Missing):
        await xrm.opt_outs.lift(admin, theirs.id, reason="not mine")
    assert (await xrm.sending.send_sms(admin, sms())).state == "queued"


# Consent


async def contact(xrm, admin, state=None, **about):
    made = await xrm.contacts.create(admin, last_name="Petit", phones=[PhoneGiven(PARIS)], **about)
    if state is not None:
        await xrm.contacts.record_consent(
            admin, made.id, channel="sms", purpose="marketing", state=state, source="form", wording="OK"
        )
    return made


async def test_a_consumer_without_consent_gets_no_marketing(xrm, admin, marketing):
    made = await contact(xrm, admin)
    with pytest.raises(Conflicting, match="consent_missing"):
        await xrm.sending.send_sms(admin, sms())

    await xrm.contacts.record_consent(
        admin, made.id, channel="sms", purpose="marketing", state="given", source="form", wording="OK"
    )
    assert (await xrm.sending.send_sms(admin, sms())).state == "queued"


async def test_a_company_needs_no_consent_unless_everyone_does(xrm, admin, marketing):
    await contact(xrm, admin, company="Petit SARL")
    assert (await xrm.sending.send_sms(admin, sms())).state == "queued"

    await xrm.rules.change(admin, {"consent": "everyone"})
    with pytest.raises(Conflicting, match="consent_missing"):
        await xrm.sending.send_sms(admin, sms())
    with pytest.raises(Conflicting, match="consent_missing"):
        await xrm.sending.send_sms(admin, sms(to=("+33699999999",)))


async def test_a_withdrawal_counts_whatever_is_set_and_stops_what_is_queued(xrm, admin, marketing, sms_service, clock):
    await xrm.rules.change(admin, {"consent": "nobody"})
    made = await contact(xrm, admin)
    sent = await xrm.sending.send_sms(admin, sms(at=clock() + timedelta(hours=1)))
    await xrm.contacts.record_consent(
        admin, made.id, channel="sms", purpose="marketing", state="withdrawn", source="call", wording=""
    )
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()

    assert sms_service.accepted == []
    assert (await shown(xrm, admin, sent)).error_code == "consent_withdrawn"
    with pytest.raises(Conflicting, match="consent_withdrawn"):
        await xrm.sending.send_sms(admin, sms())


# STOP mention


async def test_marketing_says_how_to_opt_out_and_says_so_in_the_record(xrm, admin, sms_account, sms_service):
    with pytest.raises(Conflicting, match="stop_number_missing"):
        await xrm.sending.send_sms(admin, sms())

    await xrm.rules.change(admin, {"stop_number": "36180"})
    sent = await xrm.sending.send_sms(admin, sms())
    await xrm.run_until_idle()
    assert sent.text == sms_service.accepted[0].sms.text == "Soldes\nSTOP au 36180"


async def test_a_text_that_the_mention_makes_too_long_is_refused(xrm, admin, marketing):
    with pytest.raises(Invalid) as refused:
        await xrm.sending.send_sms(admin, sms(text="a" * 8 * 153))
    assert refused.value.fields["text"].code == "sms_too_long"


# Rights


async def test_rules_are_an_administrators_and_opt_outs_everybodys(xrm, admin, marketing):
    await xrm.users.create(admin, "lea", password="long enough 1", xrm_allowed=True, collaborator="COM")
    signed_in = await xrm.sign_in.sign_in("ACME", "lea", "long enough 1", user_agent="", address="")
    actor, _ = await xrm.sign_in.actor_of(signed_in.token)

    noted = await xrm.opt_outs.add(actor, "sms", PARIS, source="phone call")
    for refused in (
        xrm.rules.change(actor, {"stop_number": "1234"}),
        xrm.opt_outs.lift(actor, noted.id, reason="mine"),
        xrm.prices.set(actor, marketing, "1"),
        xrm.held.release_all(actor),
        xrm.held.discard_all(actor),
        xrm.sms_pause.pause(actor, "COM"),
    ):
        with pytest.raises(Forbidden, match="admin_only"):
            await refused
    assert (await xrm.rules.get(actor)).stop_number == "36180"
