"""What an SMS costs, seen beforehand."""

from __future__ import annotations

import pytest

from xrm_platform.messaging import Category
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing

TEXT = "L’été est là : 10\u00a0% sur la façade"


async def test_a_preview_tells_what_forces_unicode_and_where(xrm, admin):
    shown = await xrm.sms_previews.show(admin, TEXT)

    assert (shown.encoding, shown.parts, shown.units, shown.left) == ("ucs2", 1, 33, 37)
    assert shown.characters_forcing_unicode == ("’", "\u00a0", "ç")
    assert [TEXT[position] for position in shown.forcing_positions] == ["’", "\u00a0", "ç"]
    assert (shown.account, shown.price, shown.balance, shown.enough) == (None, None, None, None)


async def test_a_preview_offers_the_same_in_cheaper_characters(xrm, admin, sms_account):
    await xrm.prices.set(admin, sms_account, "0.05")
    shown = await xrm.sms_previews.show(admin, TEXT * 3, recipients=10)

    assert (shown.parts, shown.price) == (2, "1.00")
    assert (shown.simplified.encoding, shown.simplified.parts) == ("ucs2", 2)
    assert (shown.unaccented.encoding, shown.unaccented.parts, shown.unaccented.price) == ("gsm7", 1, "0.50")
    assert shown.unaccented.text == "L'été est là : 10 % sur la facade" * 3


async def test_a_text_that_is_cheap_already_is_offered_no_other(xrm, admin):
    shown = await xrm.sms_previews.show(admin, "Rendez-vous à 10 h, café compris. 5 €")

    assert (shown.encoding, shown.simplified, shown.unaccented) == ("gsm7", None, None)


async def test_the_price_is_that_of_the_account_that_would_send(xrm, admin, sms_account, sms_service):
    settings = {"service": str(xrm.config.home), "password": "x"}
    own = await xrm.accounts.add(admin, "plain_sms", "hers", settings, collaborator="COM")
    await xrm.prices.set(admin, sms_account, "0,10", "EUR")
    await xrm.prices.set(admin, own.id, "0.2", "CHF")
    sms_service.messages_left = 3

    hers = await xrm.sms_previews.show(admin, "Bonjour", sender="COM", to=("0612345678", "+33612345678", "0612345679"))
    assert (hers.account, hers.price_per_part, hers.price, hers.currency) == (own.id, "0.20", "0.40", "CHF")
    assert (hers.recipients, hers.balance, hers.enough) == (2, 3, True)

    base = await xrm.sms_previews.show(admin, "Bonjour", recipients=4)
    assert (base.account, base.price, base.currency, base.enough) == (sms_account, "0.40", "EUR", False)
    assert (await xrm.sms_previews.show(admin, "Bonjour", sender="COM", account=sms_account)).currency == "EUR"


async def test_a_vendor_that_does_not_answer_keeps_no_preview_back(xrm, admin, sms_account, sms_service):
    await sms_service.go_down()
    assert (await xrm.sms_previews.show(admin, "Bonjour")).balance is None

    await xrm.providers.disable(admin, "plain_sms")
    assert (await xrm.sms_previews.show(admin, "Bonjour")).balance is None


async def test_a_preview_of_marketing_is_what_would_be_sent(xrm, admin, sms_account):
    with pytest.raises(Conflicting, match="stop_number_missing"):
        await xrm.sms_previews.show(admin, "Soldes", category=Category.MARKETING)

    await xrm.rules.change(admin, {"stop_number": "36180"})
    shown = await xrm.sms_previews.show(admin, "Soldes", category=Category.MARKETING)
    assert (shown.text, shown.added, shown.units) == ("Soldes\nSTOP au 36180", "\nSTOP au 36180", 20)


async def test_what_cannot_be_sent_is_refused_as_in_sending(xrm, admin, sms_account):
    with pytest.raises(Invalid) as refused:
        await xrm.sms_previews.show(admin, "Bonjour", to=("0612345678", "01 42 68 53 00"))
    assert refused.value.fields["to.1"].code == "number_not_mobile"
    with pytest.raises(Missing):
        await xrm.sms_previews.show(admin, "Bonjour", sender="NOBODY")
    with pytest.raises(Invalid):
        await xrm.sms_previews.show(admin, "a" * 8 * 154)


async def test_a_price_is_set_seen_changed_and_removed_and_the_audit_knows(xrm, admin, sms_account):
    assert (await xrm.prices.get(admin, sms_account)).price is None
    await xrm.prices.set(admin, sms_account, "0.045")
    assert (await xrm.prices.set(admin, sms_account, "0.05")).price == "0.05"
    assert (await xrm.prices.get(admin, sms_account)).currency == "EUR"
    await xrm.prices.set(admin, sms_account, None)

    assert (await xrm.prices.get(admin, sms_account)).price is None
    changes = [entry.changes["price"] for entry in (await xrm.audit.list(admin)).items[:3]]
    assert changes == [["0.05 EUR", None], ["0.045 EUR", "0.05 EUR"], [None, "0.045 EUR"]]


async def test_only_an_sms_account_of_the_base_has_a_price(xrm, admin, mail_account, sms_account):
    with pytest.raises(Conflicting, match="price_for_sms_only"):
        await xrm.prices.set(admin, mail_account, "1")
    await xrm.bases.create("OTHER", "Autre", actor_name="operator:test")
    other = await xrm.bases.operator("OTHER", "operator:test")
    with pytest.raises(Missing):
        await xrm.prices.set(other, sms_account, "1")


async def test_an_account_with_a_price_can_be_removed(xrm, admin, sms_account):
    await xrm.prices.set(admin, sms_account, "1")
    await xrm.accounts.remove(admin, sms_account)

    assert (await xrm.accounts.list(admin, "sms")).items == ()


async def test_who_may_not_send_sees_no_preview(xrm, admin, sms_account):
    await xrm.users.create(admin, "out", password="long enough 1")
    signed_in = await xrm.sign_in.sign_in("ACME", "out", "long enough 1", user_agent="", address="")
    actor, _ = await xrm.sign_in.actor_of(signed_in.token)

    with pytest.raises(Forbidden):
        await xrm.sms_previews.show(actor, "Bonjour")
