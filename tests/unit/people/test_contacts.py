"""The address book: entered, found, changed and deleted, on both databases and in two bases."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest

from xrm_platform.people.actor import Scope
from xrm_platform.people.contacts import lookup, queries
from xrm_platform.people.contacts.given import MailGiven, PhoneGiven
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing

MARIE = {
    "first_name": "Marie-Hélène",
    "last_name": "Lefèvre",
    "company": "Œuvre & Co",
    "phones": [PhoneGiven("06 12 34 56 78", "mobile"), PhoneGiven("01 42 68 53 00", "bureau")],
    "mails": [MailGiven("Marie@Exemple.fr")],
    "reference": "C-1001",
}


@pytest.fixture
async def marie(contacts, operator):
    return await contacts.create(operator, **MARIE)


def names(page):
    return [contact.name for contact in page.items]


async def test_a_contact_is_stored_as_it_is_shown(contacts, operator, marie, clock):
    assert [(phone.number, phone.shown, phone.label, phone.kind) for phone in marie.phones] == [
        ("+33612345678", "+33 6 12 34 56 78", "mobile", "mobile"),
        ("+33142685300", "+33 1 42 68 53 00", "bureau", "landline"),
    ]
    assert (marie.name, marie.mails[0].address, marie.reference) == (
        "Marie-Hélène Lefèvre",
        "Marie@Exemple.fr",
        "C-1001",
    )
    assert marie.created_at == marie.updated_at == clock()
    assert await contacts.get(operator, marie.id) == marie


async def test_what_is_left_out_of_a_change_stays(contacts, operator, marie, clock):
    clock.advance(timedelta(hours=1))
    changed = await contacts.change(operator, marie.id, {"phones": [PhoneGiven("0470 12 34 56")], "country": "be"})

    assert ([phone.number for phone in changed.phones], changed.country) == (["+32470123456"], "BE")
    assert (changed.last_name, changed.mails, changed.reference) == (marie.last_name, marie.mails, "C-1001")
    assert (changed.created_at, changed.updated_at) == (marie.created_at, clock())
    assert await contacts.get(operator, marie.id) == changed


async def test_numbers_without_plus_are_of_the_contacts_country(contacts, operator):
    made = await contacts.create(operator, last_name="Peeters", country="be", phones=[PhoneGiven("0470 12 34 56")])

    assert [phone.number for phone in made.phones] == ["+32470123456"]


async def test_every_wrong_field_is_named_at_once(contacts, operator):
    with pytest.raises(Invalid) as refused:
        await contacts.create(
            operator,
            last_name="a\nb",
            phones=[PhoneGiven("0612345678"), PhoneGiven("12")],
            mails=[MailGiven("nowhere")],
            country="XX",
            language="français",
        )

    assert set(refused.value.fields) == {"last_name", "phones.1", "mails.0", "country", "language"}


async def test_a_contact_of_whom_nothing_is_known_is_none(contacts, operator, marie):
    with pytest.raises(Invalid):
        await contacts.create(operator, notes="?")
    nothing = {"first_name": "", "last_name": "", "company": "", "phones": [], "mails": []}
    with pytest.raises(Invalid):
        await contacts.change(operator, marie.id, nothing)
    assert await contacts.get(operator, marie.id) == marie


async def test_the_same_number_twice_is_one(contacts, operator):
    made = await contacts.create(operator, phones=[PhoneGiven("0612345678", "a"), PhoneGiven("+33612345678", "b")])

    assert [(phone.number, phone.label) for phone in made.phones] == [("+33612345678", "a")]


@pytest.mark.parametrize(
    "search",
    [
        "marie",
        "LEFEVRE marie helene",
        "oeuvre",
        "exemple.fr",
        "marie@exemple.fr",
        "c-1001",
        "06 12 34 56 78",
        "+33612345678",
        "0033 6 12 34 56 78",
        "01.42.68",
        "345 678",
    ],
)
async def test_a_contact_is_found_without_accents_or_capitals_and_by_number_in_any_spelling(
    contacts, operator, marie, search
):
    await contacts.create(operator, last_name="Martin", phones=[PhoneGiven("0798765432")])

    assert (await contacts.list(operator, search=search)).items == (marie,)


@pytest.mark.parametrize("search", ["marie dupont", "0699", "%", "_", "\0", "\ud800", "!!"])
async def test_what_is_not_there_is_not_found(contacts, operator, marie, search):
    assert (await contacts.list(operator, search=search)).items == ()


async def test_the_digits_of_a_number_are_looked_for_together(contacts, operator, marie):
    await contacts.create(operator, last_name="Martin", phones=[PhoneGiven("0612567834")])
    company = await contacts.create(operator, company="12 34 SARL")

    assert (await contacts.list(operator, search="06 12 34 56 78")).items == (marie,)
    assert (await contacts.list(operator, search="12 34")).items == (company, marie)


async def test_after_a_change_a_contact_is_found_by_what_it_is_now(contacts, operator, marie):
    await contacts.change(operator, marie.id, {"last_name": "Durand", "phones": []})

    assert names(await contacts.list(operator, search="durand")) == ["Marie-Hélène Durand"]
    assert names(await contacts.list(operator, search="lefevre")) == []
    assert names(await contacts.list(operator, search="0612345678")) == []


async def test_a_listing_goes_by_name_and_comes_in_pages(contacts, operator):
    for last_name, company in (("Zola", ""), ("Émile", ""), ("", "Dupont SA"), ("Émile", ""), ("Arp", "")):
        await contacts.create(operator, last_name=last_name, company=company)
    seen, after = [], None
    while True:
        page = await contacts.list(operator, after=after, limit=2)
        seen += names(page)
        after = page.next
        if after is None:
            break

    assert seen == ["Arp", "Dupont SA", "Émile", "Émile", "Zola"]


@pytest.mark.parametrize("after", ["x", "a|b", "|", "a|" + "\0" * 36])
async def test_a_key_that_no_page_gave_is_refused(contacts, operator, after):
    with pytest.raises(Invalid):
        await contacts.list(operator, after=after)


async def test_a_reference_belongs_to_one_contact_of_a_base(contacts, operator, other_operator, marie):
    with pytest.raises(Conflicting) as refused:
        await contacts.create(operator, last_name="Other", reference=" C-1001 ")
    elsewhere = await contacts.create(other_operator, last_name="Other", reference="C-1001")

    assert refused.value.code == "contact_reference_taken"
    assert (await contacts.list(operator, reference="C-1001")).items == (marie,)
    assert (await contacts.list(other_operator, reference="C-1001")).items == (elsewhere,)
    assert await contacts.change(operator, marie.id, {"reference": "C-1001"}) == marie


async def test_contacts_of_another_base_are_not_there(contacts, other_operator, marie, store):
    for attempt in (
        contacts.get(other_operator, marie.id),
        contacts.change(other_operator, marie.id, {"last_name": "x"}),
        contacts.delete(other_operator, marie.id),
        contacts.merge(other_operator, marie.id, ["x" * 36]),
        contacts.record_consent(other_operator, marie.id, channel="sms", purpose="marketing", state="withdrawn"),
    ):
        with pytest.raises(Missing):
            await attempt
    assert (await contacts.list(other_operator)).items == ()
    async with store.read() as session:
        base_id = other_operator.base_id
        assert await lookup.contacts_by_number(session, base_id=base_id, number="+33612345678") == ()
        assert await lookup.contacts_by_mail(session, base_id=base_id, address="marie@exemple.fr") == ()
        assert await lookup.contacts_by_id(session, base_id=base_id, ids=[marie.id]) == ()


async def test_all_who_share_a_number_or_an_address_are_told(contacts, operator, marie, store):
    paul = await contacts.create(
        operator, first_name="Paul", phones=[PhoneGiven("+33142685300")], mails=[MailGiven("marie@EXEMPLE.fr")]
    )
    async with store.read() as session:
        by_number = await lookup.contacts_by_number(session, base_id=operator.base_id, number="+33142685300")
        by_mail = await lookup.contacts_by_mail(session, base_id=operator.base_id, address="MARIE@exemple.fr")
        nobody = await lookup.contacts_by_number(session, base_id=operator.base_id, number="+33600000000")

    assert by_number == by_mail == (marie, paul)
    assert nobody == ()


async def test_a_deleted_contact_is_gone_and_the_audit_says_who_did_it_but_not_who_it_was(
    contacts, operator, marie, audit, store
):
    await contacts.change(operator, marie.id, {"notes": "VIP"})
    await contacts.delete(operator, marie.id)
    entries = (await audit.list(operator)).items

    with pytest.raises(Missing):
        await contacts.get(operator, marie.id)
    assert (await contacts.list(operator, search="marie")).items == ()
    assert [entry.action for entry in entries[:3]] == ["contact.deleted", "contact.changed", "contact.created"]
    assert {entry.subject_id for entry in entries[:3]} == {marie.id}
    assert not any(word in str(entries) for word in ("Lef", "612345678", "xemple", "VIP"))


async def test_a_change_is_audited_with_what_it_was(contacts, operator, marie, audit):
    await contacts.change(operator, marie.id, {"company": "Acme", "mails": []})
    entry = (await audit.list(operator)).items[0]

    assert (entry.actor, entry.action) == ("operator:test", "contact.changed")
    assert entry.changes == {"company": ["Œuvre & Co", "Acme"], "mails": [["Marie@Exemple.fr"], []]}


async def test_a_change_that_changes_nothing_leaves_no_trace(contacts, operator, marie, audit):
    await contacts.change(operator, marie.id, {"company": "Œuvre & Co"})

    assert (await audit.list(operator)).items[0].action == "contact.created"


async def test_any_collaborative_user_reads_and_edits_but_takes_nothing_away(
    contacts, collaborators, operator, as_user, marie
):
    await collaborators.create(operator, "COM", last_name="Commercial")
    user = await as_user("paul", xrm_allowed=True, collaborator="COM")

    assert await contacts.get(user, marie.id) == marie
    assert (await contacts.change(user, marie.id, {"notes": "x"})).notes == "x"
    await contacts.record_consent(user, marie.id, channel="sms", purpose="marketing", state="withdrawn")
    for attempt in (contacts.delete(user, marie.id), contacts.merge(user, marie.id, ["x"])):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_user_who_is_no_collaborator_sees_no_contact(contacts, as_user, marie):
    user = await as_user("paul")

    for attempt in (contacts.get(user, marie.id), contacts.list(user), contacts.duplicates(user)):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_token_reads_with_read_and_enters_with_send(contacts, as_token, marie):
    reading, sending = await as_token(Scope.READ), await as_token(Scope.READ, Scope.SEND)

    assert await contacts.get(reading, marie.id) == marie
    with pytest.raises(Forbidden):
        await contacts.change(reading, marie.id, {"notes": "x"})
    assert (await contacts.change(sending, marie.id, {"notes": "x"})).notes == "x"
    with pytest.raises(Forbidden):
        await contacts.delete(sending, marie.id)


def test_every_query_names_its_base():
    found = [
        inspect.signature(function).parameters["base_id"].kind
        for _, function in inspect.getmembers(queries, inspect.iscoroutinefunction)
        if not function.__name__.startswith("_")
    ]

    assert len(found) > 10
    assert set(found) == {inspect.Parameter.KEYWORD_ONLY}
