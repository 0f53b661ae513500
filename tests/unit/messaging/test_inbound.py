"""What comes in: by calls and by asking, each once, joined to contact and message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from xrm_platform.messaging import SmsRequest
from xrm_platform.people.contacts.given import PhoneGiven
from xrm_platform.problems import Conflicting, Forbidden
from xrm_platform.providers import (
    DeliveryEvent,
    DeliveryStatus,
    InboundSms,
    InvalidRecipient,
    OptedOut,
    OutcomeUnknown,
    TransientError,
)
from xrm_platform.testing.memory_sms import MemorySms
from xrm_platform.testing.memory_sms.push import push_of

NUMBER = "+33612345678"


async def send(xrm, admin, text="Rendez-vous à 10 h", **more) -> str:
    return (await xrm.sending.send_sms(admin, SmsRequest("COM", (NUMBER,), text, **more))).id


async def answered(xrm, sms_service, clock, *texts: str, number: str = NUMBER) -> None:
    """Somebody writes, and the vendor is asked the next time."""
    for text in texts:
        await sms_service.receive(number, text)
    clock.advance(timedelta(minutes=6))
    await xrm.run_until_idle()


async def called(xrm, admin, account, *events) -> None:
    """The vendor calls about `events`, and the platform reads it."""
    token = (await xrm.pushes.new_address(admin, account)).rpartition("/")[2]
    for event in events:
        push = push_of(event)
        assert await xrm.pushes.accept(token, push.headers["Content-Type"], push.body)
    await xrm.run_until_idle()


async def test_an_answer_is_joined_to_the_contact_and_to_what_it_answers(xrm, admin, push_account, sms_service, clock):
    person = await xrm.contacts.create(admin, last_name="Dupré", phones=[PhoneGiven("06 12 34 56 78")])
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    await answered(xrm, sms_service, clock, "Oui, merci")

    (came,) = (await xrm.inbox.list(admin)).items
    assert (came.text, came.contacts, came.answers, came.stop) == ("Oui, merci", (person.id,), sent, None)


async def test_the_same_message_by_call_and_by_asking_is_one(xrm, admin, push_account, sms_service, clock):
    await sms_service.receive(NUMBER, "Bonjour")
    (event,) = sms_service.inbox(clock() - timedelta(days=1))
    await called(xrm, admin, push_account, *[event] * 10)
    clock.advance(timedelta(minutes=6))
    await xrm.run_until_idle()

    assert len((await xrm.inbox.list(admin)).items) == 1


async def test_a_number_that_two_contacts_share_names_both(xrm, admin, push_account, sms_service):
    phones = [PhoneGiven(NUMBER)]
    people = {(await xrm.contacts.create(admin, last_name=name, phones=phones)).id for name in ("A", "B")}
    await sms_service.receive(NUMBER, "Bonjour")
    await xrm.run_until_idle()

    (came,) = (await xrm.inbox.list(admin)).items
    assert set(came.contacts) == people


async def test_stop_opts_out_of_marketing_tells_the_vendor_and_leaves_the_rest(
    xrm, admin, push_account, sms_service, clock
):
    await xrm.rules.change(admin, {"stop_number": "36180"})
    first = await send(xrm, admin, "Soldes !", category="marketing")
    await xrm.run_until_idle()
    await answered(xrm, sms_service, clock, "Stop svp")

    with pytest.raises(Conflicting, match="opted_out"):
        await send(xrm, admin, "Encore !", category="marketing")
    allowed = await send(xrm, admin, "Votre rendez-vous")
    await xrm.run_until_idle()
    (came,) = (await xrm.inbox.list(admin)).items
    assert (came.stop, came.answers) == ("marketing", first)
    assert [(one.address, one.source) for one in (await xrm.opt_outs.list(admin)).items] == [(NUMBER, "answer")]
    assert [one.number for one in sms_service.opt_outs(came.received_at - timedelta(days=1))] == [NUMBER]
    assert (await xrm.messages.get(admin, allowed)).state in ("sent", "delivered")


async def test_a_call_about_delivery_brings_the_message_to_delivered(xrm, admin, push_account, sms_service, clock):
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    await sms_service.end(sms_service.accepted[0].reference, DeliveryStatus.DELIVERED)
    (report,) = sms_service.reports([sms_service.accepted[0].reference])
    await called(xrm, admin, push_account, report)

    assert (await xrm.messages.get(admin, sent)).state == "delivered"


async def test_a_call_that_cannot_be_read_harms_nothing_and_is_kept(xrm, admin, push_account, sms_service):
    token = (await xrm.pushes.new_address(admin, push_account)).rpartition("/")[2]
    await xrm.pushes.accept(token, "text/xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>" * 100)
    await sms_service.receive(NUMBER, "Bonjour")
    await xrm.run_until_idle()

    assert len((await xrm.inbox.list(admin)).items) == 1


async def test_an_address_that_was_replaced_is_nobodys(xrm, admin, push_account):
    old = (await xrm.pushes.new_address(admin, push_account)).rpartition("/")[2]
    await xrm.pushes.new_address(admin, push_account)

    assert not await xrm.pushes.accept(old, "", b"")
    assert not await xrm.pushes.accept("guess", "", b"")


async def test_a_provider_that_does_not_call_has_no_address(xrm, admin, sms_account):
    with pytest.raises(Conflicting, match="provider_does_not_push"):
        await xrm.pushes.new_address(admin, sms_account)


async def test_a_vendor_that_was_out_of_reach_is_asked_from_where_it_last_answered(
    xrm, admin, push_account, sms_service, clock
):
    await xrm.run_until_idle()
    await sms_service.go_down()
    for _ in range(3):
        clock.advance(timedelta(minutes=6))
        await xrm.run_until_idle()
    await sms_service.receive(NUMBER, "Bonjour")
    clock.advance(timedelta(days=3))
    await sms_service.come_back()
    await xrm.run_until_idle()

    assert len((await xrm.inbox.list(admin)).items) == 1


async def test_a_conversation_shows_both_directions_newest_first(xrm, admin, push_account, sms_service, clock):
    person = await xrm.contacts.create(admin, last_name="Dupré", phones=[PhoneGiven(NUMBER)])
    await send(xrm, admin, "Un")
    await xrm.run_until_idle()
    await answered(xrm, sms_service, clock, "Deux")
    await send(xrm, admin, "Trois")

    first = await xrm.inbox.with_contact(admin, person.id, limit=2)
    rest = await xrm.inbox.with_contact(admin, person.id, limit=2, after=first.next)
    shown = [(entry.direction, entry.text) for entry in (*first.items, *rest.items)]
    assert shown == [("out", "Trois"), ("in", "Deux"), ("out", "Un")]
    by_number = await xrm.inbox.with_address(admin, "0612345678")
    assert [entry.text for entry in by_number.items] == ["Trois", "Deux", "Un"]


async def test_an_answer_to_somebody_elses_message_is_not_for_a_colleague(xrm, admin, push_account, sms_service, clock):
    await xrm.collaborators.create(admin, "OTHER", last_name="Petit", email="petit@acme.example")
    await xrm.users.create(admin, "petit", password="long enough 1", xrm_allowed=True, collaborator="OTHER")
    signed_in = await xrm.sign_in.sign_in("ACME", "petit", "long enough 1", user_agent="", address="")
    colleague, _ = await xrm.sign_in.actor_of(signed_in.token)
    await send(xrm, admin)
    await xrm.run_until_idle()
    await answered(xrm, sms_service, clock, "Pour Léa")
    await answered(xrm, sms_service, clock, "Pour tous", number="+33699999999")

    assert [came.text for came in (await xrm.inbox.list(colleague)).items] == ["Pour tous"]
    with pytest.raises(Forbidden):
        await xrm.pushes.new_address(colleague, push_account)


async def test_a_lost_answer_is_settled_by_what_the_vendor_has(xrm, admin, push_account, sms_service, clock):
    sms_service.spoilt_answers.append(OutcomeUnknown())
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    clock.advance(timedelta(minutes=3))
    await xrm.run_until_idle()

    after = await xrm.messages.get(admin, sent)
    assert after.state == "sent"
    assert after.recipients[0].reference == sms_service.accepted[0].reference
    assert len(sms_service.accepted) == 1


async def test_what_the_vendor_never_had_is_sent_again_only_when_it_is_sure(
    xrm, admin, push_account, sms_service, clock
):
    taking = sms_service.send

    def lost_on_the_way(batch):
        sms_service.send = taking
        raise OutcomeUnknown

    sms_service.send = lost_on_the_way
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    clock.advance(timedelta(minutes=3))
    await xrm.run_until_idle()
    assert (await xrm.messages.get(admin, sent)).state == "unknown"

    clock.advance(timedelta(minutes=10))
    await xrm.run_until_idle()
    after = await xrm.messages.get(admin, sent)
    assert after.state == "sent"
    assert "vendor_never_had_it" in [event.detail.get("code") for event in after.events]
    assert len(sms_service.accepted) == 1


async def test_a_vendor_that_cannot_be_asked_settles_nothing(xrm, admin, push_account, sms_service, clock):
    def fails(since):
        raise TransientError

    sms_service.sent_since = fails
    sms_service.spoilt_answers.append(OutcomeUnknown())
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    clock.advance(timedelta(minutes=30))
    await xrm.run_until_idle()
    assert (await xrm.messages.get(admin, sent)).state == "unknown"


async def test_a_stop_that_the_vendor_will_not_take_keeps_no_other_from_it(
    xrm, admin, push_account, sms_service, clock, monkeypatch
):
    taking = sms_service.opt_out

    async def opt_out(number):
        if number == "36180":
            raise InvalidRecipient
        await taking(number)

    monkeypatch.setattr(sms_service, "opt_out", opt_out)
    await sms_service.receive("36180", "STOP")
    await answered(xrm, sms_service, clock, "STOP")

    assert await sms_service.opted_out() == [NUMBER]
    assert (await xrm.accounts.get(admin, push_account)).health != "failing"


async def test_whoever_opted_out_at_the_vendor_long_before_is_spared(xrm, admin, push_account, sms_service, clock):
    await sms_service.opt_out(NUMBER)
    long_ago = replace(sms_service._opt_outs[NUMBER], at=clock() - timedelta(days=900))
    sms_service._opt_outs[NUMBER] = long_ago
    await xrm.run_until_idle()

    assert [(one.address, one.at) for one in (await xrm.opt_outs.list(admin)).items] == [(NUMBER, long_ago.at)]


async def test_a_call_with_what_no_database_keeps_stops_no_other(xrm, admin, push_account, clock, monkeypatch):
    odd = InboundSms(key="a\x00\ud800", sender="+336\x00" + "1" * 99, to="\udce9", text="STOP \udce9", at=clock())
    report = DeliveryEvent("\ud800", "\ud800", DeliveryStatus.DELIVERED, clock(), raw="\x00\ud800")
    fine = InboundSms(key="fine", sender=NUMBER, to="", text="Bonjour", at=clock())
    told = iter([[odd], [report], [OptedOut("k", "\ud800", clock())], [fine]])
    monkeypatch.setattr(MemorySms, "parse_push", lambda *_: next(told))
    token = (await xrm.pushes.new_address(admin, push_account)).rpartition("/")[2]
    for _ in range(4):
        await xrm.pushes.accept(token, "", b"")
    await xrm.run_until_idle()

    assert (await xrm.inbox.list(admin)).items[0].text == "Bonjour"
