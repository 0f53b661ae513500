"""Contacts that turn out to be one, and what they agreed to."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.people.contacts.consent import strictest
from xrm_platform.people.contacts.contacts import Contacts
from xrm_platform.people.contacts.given import MailGiven, PhoneGiven
from xrm_platform.people.contacts.views import ConsentChannel, ConsentState, ConsentView, Purpose
from xrm_platform.problems import Conflicting, Invalid, Missing

SMS = {"channel": "sms", "purpose": "marketing"}


async def said(contacts, operator, contact, state, **options):
    return await contacts.record_consent(
        operator, contact.id, **{**SMS, "source": "form 12"} | {"state": state} | options
    )


async def test_a_consent_is_kept_with_what_proves_it(contacts, operator, audit, clock):
    paul = await contacts.create(operator, last_name="Paul")
    changed = await said(contacts, operator, paul, "given", wording="I agree.\nYes.")

    assert changed.consents == (
        ConsentView("sms", "marketing", "given", "form 12", "I agree.\nYes.", clock(), "operator:test"),
    )
    assert changed.consent(ConsentChannel.SMS, Purpose.MARKETING) is ConsentState.GIVEN
    assert changed.consent(ConsentChannel.MAIL, Purpose.MARKETING) is ConsentState.NONE
    entry = (await audit.list(operator)).items[0]
    assert (entry.action, entry.subject_id) == ("contact.consent_recorded", paul.id)
    assert entry.changes["consent sms marketing"][1]["source"] == "form 12"


async def test_the_proof_of_consent_outlives_the_contact(contacts, operator, audit):
    paul = await contacts.create(operator, last_name="Paul")
    await said(contacts, operator, paul, "given")
    await contacts.delete(operator, paul.id)

    assert "form 12" in str((await audit.list(operator)).items)


async def test_what_was_said_later_is_not_overwritten_by_what_was_said_before(contacts, operator, clock):
    paul = await contacts.create(operator, last_name="Paul")
    await said(contacts, operator, paul, "withdrawn")
    with pytest.raises(Conflicting):
        await said(contacts, operator, paul, "given", at=clock() - timedelta(days=1))

    assert (await contacts.get(operator, paul.id)).consents[0].state == "withdrawn"


async def test_an_entry_made_by_mistake_is_forgotten_but_audited(contacts, operator, audit):
    paul = await contacts.create(operator, last_name="Paul")
    await said(contacts, operator, paul, "given")

    assert (await said(contacts, operator, paul, "none")).consents == ()
    assert (await audit.list(operator)).items[0].changes["consent sms marketing"][1] is None


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"state": "given", "source": " "}, {"source"}),
        ({"state": "perhaps"}, {"state"}),
        ({"state": "given", "channel": "fax", "purpose": "fun"}, {"channel", "purpose"}),
        ({"state": "given", "wording": "x" * 3000}, {"wording"}),
    ],
)
async def test_what_proves_nothing_is_refused(contacts, operator, options, fields):
    paul = await contacts.create(operator, last_name="Paul")
    with pytest.raises(Invalid) as refused:
        await said(contacts, operator, paul, **options)

    assert set(refused.value.fields) == fields


async def test_nobody_agrees_tomorrow(contacts, operator, clock):
    paul = await contacts.create(operator, last_name="Paul")
    with pytest.raises(Invalid) as refused:
        await said(contacts, operator, paul, "given", at=clock() + timedelta(days=1))

    assert set(refused.value.fields) == {"at"}


CONSENTS = st.lists(
    st.builds(
        ConsentView,
        channel=st.sampled_from(["sms", "mail"]),
        purpose=st.sampled_from(["marketing", "transactional"]),
        state=st.sampled_from(["given", "withdrawn"]),
        source=st.text(max_size=3),
        wording=st.just(""),
        at=st.datetimes(timezones=st.just(UTC)),
        recorded_by=st.just("user:paul"),
    )
)


@given(CONSENTS)
def test_a_withdrawal_wins_over_everything_and_nothing_is_invented(consents):
    left = strictest(consents)

    assert set(left) <= set(consents)
    assert {(one.channel, one.purpose) for one in left} == {(one.channel, one.purpose) for one in consents}
    for one in left:
        about = [other for other in consents if (other.channel, other.purpose) == (one.channel, one.purpose)]
        strict = [other for other in about if other.state == "withdrawn"] or about
        assert one in strict
        assert one.at == max(other.at for other in strict)


async def test_duplicates_become_one_that_has_all(contacts, operator, clock):
    keep = await contacts.create(
        operator, last_name="Dupont", phones=[PhoneGiven("0612345678", "mobile")], notes="a", reference="R1"
    )
    other = await contacts.create(
        operator,
        first_name="Jean",
        last_name="DUPONT",
        company="Acme",
        phones=[PhoneGiven("+33612345678"), PhoneGiven("0142685300")],
        mails=[MailGiven("jean@acme.example")],
        notes="b",
        language="fr",
        reference="R2",
    )
    third = await contacts.create(operator, last_name="Dupond", reference="R3")
    await said(contacts, operator, keep, "given")
    await said(contacts, operator, other, "withdrawn", at=clock() - timedelta(days=300))
    merged = await contacts.merge(operator, keep.id, [other.id, third.id])

    assert (merged.id, merged.first_name, merged.last_name, merged.company) == (keep.id, "", "Dupont", "Acme")
    assert [(phone.number, phone.label) for phone in merged.phones] == [
        ("+33612345678", "mobile"),
        ("+33142685300", ""),
    ]
    assert [mail.address for mail in merged.mails] == ["jean@acme.example"]
    assert (merged.notes, merged.language, merged.reference) == ("a\nb", "fr", "R1")
    assert merged.consent(ConsentChannel.SMS, Purpose.MARKETING) is ConsentState.WITHDRAWN
    with pytest.raises(Missing):
        await contacts.get(operator, other.id)


async def test_the_references_of_the_others_lead_to_the_one_that_is_left(contacts, operator):
    first = await contacts.create(operator, last_name="A", reference="R1")
    second = await contacts.create(operator, last_name="B", reference="R2")
    third = await contacts.create(operator, last_name="C", reference="R3")
    await contacts.merge(operator, second.id, [first.id])
    merged = await contacts.merge(operator, third.id, [second.id])

    assert (merged.reference, merged.former_references) == ("R3", ("R1", "R2"))
    for reference in ("R1", "R2", "R3"):
        assert (await contacts.list(operator, reference=reference)).items == (merged,)
    with pytest.raises(Conflicting):
        await contacts.create(operator, last_name="D", reference="R1")


async def test_a_contact_without_reference_takes_over_the_one_of_the_other(contacts, operator):
    keep = await contacts.create(operator, last_name="A")
    other = await contacts.create(operator, last_name="A", reference="R2")
    merged = await contacts.merge(operator, keep.id, [other.id])

    assert (merged.reference, merged.former_references) == ("R2", ())


async def test_other_rooms_let_their_rows_follow_in_the_same_transaction(store, clock, operator):
    heard = []

    async def repoint(session, *, base_id, contacts, into):
        heard.append((session.in_transaction(), base_id, tuple(contacts), into))

    contacts = Contacts(store, clock, [repoint])
    keep = await contacts.create(operator, last_name="A")
    other = await contacts.create(operator, last_name="B")
    await contacts.merge(operator, keep.id, [other.id])
    await contacts.delete(operator, keep.id)

    assert heard == [(True, operator.base_id, (other.id,), keep.id), (True, operator.base_id, (keep.id,), None)]


async def test_when_another_room_refuses_nothing_is_merged(store, clock, operator):
    async def refuse(session, **_):
        raise Conflicting("contact_empty")

    contacts = Contacts(store, clock, [refuse])
    keep = await contacts.create(operator, last_name="A")
    other = await contacts.create(operator, last_name="B")
    with pytest.raises(Conflicting):
        await contacts.merge(operator, keep.id, [other.id])

    assert await contacts.get(operator, other.id) == other


async def test_a_contact_is_not_merged_with_itself_with_none_or_with_a_stranger(contacts, operator, other_operator):
    mine = await contacts.create(operator, last_name="A")
    theirs = await contacts.create(other_operator, last_name="A")
    for others, kind in (([], Invalid), ([mine.id], Invalid), ([theirs.id], Missing)):
        with pytest.raises(kind):
            await contacts.merge(operator, mine.id, others)

    assert await contacts.get(other_operator, theirs.id) == theirs


async def test_deleting_a_merged_contact_erases_what_the_others_were_called_too(contacts, operator, audit):
    keep = await contacts.create(operator, last_name="Dupont")
    middle = await contacts.create(operator, last_name="Secretname")
    first = await contacts.create(operator, last_name="Oldname", phones=[PhoneGiven("0612345678")])
    await contacts.merge(operator, middle.id, [first.id])
    await contacts.merge(operator, keep.id, [middle.id])
    await contacts.delete(operator, keep.id)
    written = str((await audit.list(operator)).items)

    assert not any(word in written for word in ("Dupont", "Secretname", "Oldname", "612345678"))


async def test_contacts_that_may_be_one_are_listed_with_what_they_share(contacts, operator, other_operator):
    jean = await contacts.create(
        operator, first_name="Jean", last_name="Dupont", company="Acme", phones=[PhoneGiven("0142685300")]
    )
    swapped = await contacts.create(operator, first_name="DUPONT", last_name="Jean", company="ACME")
    zoe = await contacts.create(
        operator, last_name="Zoé", phones=[PhoneGiven("01 42 68 53 00")], mails=[MailGiven("z@x.example")]
    )
    zed = await contacts.create(operator, last_name="Zed", mails=[MailGiven("Z@X.example")])
    await contacts.create(operator, last_name="Alone")
    await contacts.create(other_operator, last_name="Stranger", mails=[MailGiven("z@x.example")])
    found, after = [], None
    while True:
        page = await contacts.duplicates(operator, after=after, limit=1)
        found += page.items
        after = page.next
        if after is None:
            break

    assert [(group.reason, group.shared, group.contacts) for group in found] == [
        ("mail", "z@x.example", (zoe, zed)),
        ("name", "Jean Dupont", (jean, swapped)),
        ("number", "+33142685300", (jean, zoe)),
    ]
