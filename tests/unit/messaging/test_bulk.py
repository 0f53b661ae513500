"""Bulk SMS: prepared, looked at, sent by the same rules as single ones, paused, resumed, cancelled, reported."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import update

from xrm_platform.messaging import Category, SmsRequest
from xrm_platform.messaging.bulk.tables import BulkJob
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.people.actor import Scope
from xrm_platform.people.contacts.given import PhoneGiven
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing
from xrm_platform.providers import TransientError

PEOPLE = "Prénom;Nom;Portable;Montant\nLéa;Martin;06 12 34 56 78;12 €\nPaul;Roux;0612345679;15 €\n"


def file_of(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


def bulk(text="Bonjour {prenom}, vous devez {montant}.", people=PEOPLE, **more) -> BulkRequest:
    more.setdefault("file", file_of(people))
    return BulkRequest(sender="COM", text=text, **more)


def sent(service) -> dict[str, str]:
    return {one.sms.to: one.sms.text for one in service.accepted}


async def ended(xrm, admin, job):
    await xrm.run_until_idle()
    return await xrm.bulks.get(admin, job.id)


async def test_everybody_gets_their_own_words(xrm, admin, sms_account, sms_service):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.run_until_idle()
    assert (draft.state, draft.counts.total, draft.counts.ready, sms_service.accepted) == ("draft", 2, 2, [])
    assert [row.text for row in draft.first] == ["Bonjour Léa, vous devez 12 €.", "Bonjour Paul, vous devez 15 €."]

    await xrm.bulks.start(admin, draft.id)
    done = await ended(xrm, admin, draft)

    assert sent(sms_service) == {
        "+33612345678": "Bonjour Léa, vous devez 12 €.",
        "+33612345679": "Bonjour Paul, vous devez 15 €.",
    }
    assert (done.state, done.progress) == ("done", {"sent": 2})


async def test_what_cannot_be_sent_is_counted_with_its_reason_before_anything_is(xrm, admin, sms_account):
    await xrm.opt_outs.add(admin, "sms", "0612345670", purpose="all", source="phone call")
    people = (
        "numero;prenom\n0612345678;Léa\n06 12 34 56 78;Double\n0612345670;Stop\n0145678901;Fixe\nabc;Faux\n;Sans\n"
        "0612345671;\n"
    )
    draft = await xrm.bulk_preparing.prepare(admin, bulk("Bonjour {prénom}", people))

    counts = draft.counts
    assert (counts.total, counts.ready, counts.duplicates, counts.opted_out) == (7, 1, 1, 1)
    assert (counts.faulty_addresses, counts.empty_fields, counts.others, draft.parts) == (3, 1, 0, 1)
    rows = (await xrm.bulks.rows(admin, draft.id, state="skipped")).items
    assert [(row.position, row.code) for row in rows] == [
        (3, "duplicate"),
        (4, "opted_out"),
        (5, "number_not_mobile"),
        (6, "number_unreadable"),
        (7, "number_missing"),
        (8, "merge_field_empty"),
    ]


async def test_a_field_that_does_not_exist_is_an_error_before_anything_is_kept(xrm, admin, sms_account):
    with pytest.raises(Invalid) as refused:
        await xrm.bulk_preparing.prepare(admin, bulk("Bonjour {prenom}, {ville} vous attend le {date}"))

    fault = refused.value.fields["text"]
    assert (fault.code, fault.params["fields"]) == ("merge_field_unknown", "ville, date")
    assert fault.params["known"].startswith("Prénom, Nom, Portable, Montant")
    assert (await xrm.bulks.list(admin)).items == ()


@pytest.mark.parametrize(
    ("text", "code"), [("Bonjour {prenom", "merge_brace_alone"), ("  ", "empty_body"), ("a } b", "merge_brace_alone")]
)
async def test_a_text_that_is_none_is_refused(xrm, admin, sms_account, text, code):
    with pytest.raises(Invalid) as refused:
        await xrm.bulk_preparing.prepare(admin, bulk(text))

    assert refused.value.fields["text"].code == code


async def test_a_file_without_numbers_says_which_columns_it_has(xrm, admin, sms_account):
    with pytest.raises(Invalid) as refused:
        await xrm.bulk_preparing.prepare(admin, bulk("Bonjour", "nom;ville\nRoux;Lyon\n"))
    assert refused.value.fields["file"].code == "bulk_number_column_missing"

    named = await xrm.bulk_preparing.prepare(
        admin, bulk("Bonjour", "nom;contact d'urgence\nRoux;0612345678\n", address_column="Contact d’urgence")
    )
    assert named.counts.ready == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
async def test_a_file_is_read_in_any_usual_encoding(xrm, admin, sms_account, encoding):
    draft = await xrm.bulk_preparing.prepare(admin, bulk("Cher {prenom}", file=file_of(PEOPLE, encoding)))

    assert [row.text for row in draft.first] == ["Cher Léa", "Cher Paul"]


async def test_fields_have_defaults_and_names_in_both_languages(xrm, admin, sms_account):
    people = "mobile,first_name,code client\n0612345678,,A1\n0612345679,Zoé,\n"
    text = "{{Bonjour}} {Prénom|cher client} de {sender} ({base}) {Code-Client|-}"
    draft = await xrm.bulk_preparing.prepare(admin, bulk(text, people))

    assert [row.text for row in draft.first] == [
        "{Bonjour} cher client de Léa Martin (Acme SARL) A1",
        "{Bonjour} Zoé de Léa Martin (Acme SARL) -",
    ]


async def contact(xrm, admin, last_name, number, **more):
    return await xrm.contacts.create(admin, last_name=last_name, phones=[PhoneGiven(number)], **more)


async def test_contacts_are_written_to_by_id_by_search_and_by_selection(xrm, admin, sms_account):
    lyon = await contact(xrm, admin, "Roux", "0612345678", first_name="Anne", company="Lyon SA")
    other = await contact(xrm, admin, "Blanc", "0145678901")
    await xrm.selections.save(admin, "Clients de Lyon", "lyon")

    async def prepared(**source):
        return await xrm.bulk_preparing.prepare(admin, bulk("{first_name} {nom}", file=None, **source))

    by_id = await prepared(contacts=(lyon.id, other.id, "nobody"))
    assert (by_id.counts.total, by_id.counts.ready) == (3, 1)
    rows = (await xrm.bulks.rows(admin, by_id.id)).items
    assert [row.code for row in rows] == [None, "contact_without_mobile", "unknown_contact"]
    for draft in (await prepared(search="lyon"), await prepared(selection="Clients de Lyon")):
        assert [(row.name, row.text) for row in draft.first] == [("Anne Roux", "Anne Roux")]
    with pytest.raises(Missing, match="unknown_selection"):
        await prepared(selection="Paris")
    with pytest.raises(Invalid, match="bulk_one_source"):
        await prepared(search="lyon", contacts=(lyon.id,))


async def test_selections_are_kept_listed_replaced_and_removed(xrm, admin):
    await xrm.selections.save(admin, "Lyon", "lyon")
    await xrm.selections.save(admin, "Lyon", "lyon 3")
    assert [(one.name, one.search) for one in (await xrm.selections.list(admin)).items] == [("Lyon", "lyon 3")]

    await xrm.selections.remove(admin, "Lyon")
    assert (await xrm.selections.list(admin)).items == ()
    with pytest.raises(Missing):
        await xrm.selections.remove(admin, "Lyon")


async def test_marketing_counts_the_mention_the_consent_and_the_price(xrm, admin, sms_account):
    with pytest.raises(Conflicting, match="stop_number_missing"):
        await xrm.bulk_preparing.prepare(admin, bulk(category=Category.MARKETING))
    await xrm.rules.change(admin, {"stop_number": "36180"})
    await xrm.prices.set(admin, sms_account, "0.05")
    await contact(xrm, admin, "Martin", "0612345678")
    draft = await xrm.bulk_preparing.prepare(admin, bulk("x" * 150, category=Category.MARKETING))

    (row,) = draft.first
    assert (row.address, row.text, row.parts) == ("+33612345679", "x" * 150 + "\nSTOP au 36180", 2)
    assert (draft.counts.without_consent, draft.parts, draft.price, draft.currency) == (1, 2, "0.10", "EUR")


async def test_pause_holds_what_is_queued_and_resume_lets_it_go(xrm, admin, sms_account, sms_service):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.accounts.pause(admin, sms_account)
    await xrm.bulks.start(admin, draft.id)
    await xrm.run_until_idle()
    paused = await xrm.bulks.pause(admin, draft.id)
    assert (paused.state, paused.progress) == ("paused", {"held": 2})
    held = (await xrm.messages.list(admin, state="held")).items
    assert {(one.waiting_for, one.bulk) for one in held} == {("bulk_paused", draft.id)}
    with pytest.raises(Conflicting, match="still_bulk_paused"):
        await xrm.held.release(admin, held[0].id)

    await xrm.accounts.resume(admin, sms_account)
    await xrm.sms_pause.pause(admin)
    await xrm.sms_pause.release(admin)
    await xrm.run_until_idle()
    assert (await xrm.bulks.get(admin, draft.id)).progress == {"held": 2}

    await xrm.bulks.resume(admin, draft.id)
    assert ((await ended(xrm, admin, draft)).state, len(sms_service.accepted)) == ("done", 2)


async def test_a_pause_of_the_base_outlasts_that_of_the_job(xrm, admin, paused_sms_account, sms_service):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.bulks.start(admin, draft.id)
    await xrm.run_until_idle()
    await xrm.bulks.pause(admin, draft.id)
    resumed = await xrm.bulks.resume(admin, draft.id)
    await xrm.run_until_idle()
    assert (resumed.state, resumed.progress, sms_service.accepted) == ("running", {"held": 2}, [])

    await xrm.sms_pause.release(admin)
    assert (await ended(xrm, admin, draft)).progress == {"sent": 2}


async def test_cancelling_takes_back_all_that_waits(xrm, admin, sms_account, sms_service):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.accounts.pause(admin, sms_account)
    await xrm.bulks.start(admin, draft.id)
    await xrm.run_until_idle()
    cancelled = await xrm.bulks.cancel(admin, draft.id)
    assert (cancelled.state, cancelled.progress) == ("cancelled", {"cancelled": 2})

    await xrm.accounts.resume(admin, sms_account)
    await xrm.run_until_idle()
    assert sms_service.accepted == []
    for act in (xrm.bulks.start, xrm.bulks.pause, xrm.bulks.resume, xrm.bulks.cancel):
        with pytest.raises(Conflicting, match="bulk_in_another_state"):
            await act(admin, draft.id)


async def test_what_was_on_its_way_when_the_job_was_stopped_is_not_tried_again(
    xrm, admin, sms_account, sms_service, clock
):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    sms_service.spoilt_answers.extend([TransientError()] * 2)
    await xrm.bulks.start(admin, draft.id)
    await xrm.run_until_idle()
    assert (await xrm.bulks.get(admin, draft.id)).progress == {"queued": 2}
    async with xrm.store.write() as session:  # as if it had been cancelled while they were being sent
        await session.execute(update(BulkJob).values(state="cancelled"))
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()

    assert ((await xrm.bulks.get(admin, draft.id)).progress, sms_service.accepted) == ({"cancelled": 2}, [])


async def test_opting_out_after_the_preparation_is_heard(xrm, admin, sms_account, sms_service):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.opt_outs.add(admin, "sms", "0612345678", purpose="all", source="phone call")
    await xrm.bulks.start(admin, draft.id)
    done = await ended(xrm, admin, draft)

    assert (done.state, done.progress, list(sent(sms_service))) == ("done", {"skipped": 1, "sent": 1}, ["+33612345679"])


async def test_test_mode_goes_to_the_test_numbers_only(xrm, admin, sms_account, sms_service):
    await xrm.rules.change(admin, {"test_mode": True, "test_numbers": ["0612345600"]})
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.bulks.start(admin, draft.id)
    await ended(xrm, admin, draft)

    assert {one.sms.to for one in sms_service.accepted} == {"+33612345600"}
    assert sorted(one.sms.text.splitlines()[0] for one in sms_service.accepted) == [
        "TEST (+33612345678)",
        "TEST (+33612345679)",
    ]


async def test_single_messages_go_before_those_of_a_job(xrm, admin, sms_account, sms_service):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.accounts.pause(admin, sms_account)
    await xrm.bulks.start(admin, draft.id)
    await xrm.run_until_idle()
    await xrm.sending.send_sms(admin, SmsRequest("COM", ("0699999999",), "Urgent"))
    await xrm.accounts.resume(admin, sms_account)
    await xrm.run_until_idle()

    assert sms_service.accepted[0].sms.text == "Urgent"


async def test_many_rows_become_messages_in_batches_and_a_repeated_wake_up_doubles_none(
    xrm, admin, sms_account, sms_service
):
    people = "mobile;n\n" + "".join(f"06{index:08d};{index}\n" for index in range(10_000_000, 10_000_600))
    done: list[int] = []
    draft = await xrm.bulk_preparing.prepare(admin, bulk("Code {n}", people), progress=done.append)
    assert (done, draft.counts.ready) == ([500, 600], 600)
    await xrm.bulks.start(admin, draft.id)
    for _ in range(3):
        xrm.engine.wake(f"bulk {draft.id}")
        await xrm.run_until_idle()

    assert (await xrm.bulks.get(admin, draft.id)).progress == {"sent": 600}
    assert Counter(sent(sms_service).values()).most_common(1)[0][1] == 1
    assert len(sms_service.accepted) == 600


async def test_the_report_says_what_became_of_everybody_and_no_cell_is_a_formula(xrm, admin, sms_account):
    people = "mobile;nom\n0612345678;=2+5\n0612345678;Double\nabc;Faux\n"
    draft = await xrm.bulk_preparing.prepare(admin, bulk("Bonjour", people))
    await xrm.bulks.start(admin, draft.id)
    await ended(xrm, admin, draft)
    content = b"".join([piece async for piece in xrm.bulks.report(admin, draft.id, language="en")])

    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert lines[0] == ["Line", "Name", "As given", "Number or address", "State", "Reason", "Parts", "Message"]
    assert [line[:6] for line in lines[1:]] == [
        [
            "2",
            "'=2+5",
            "0612345678",
            "+33 6 12 34 56 78",
            "sent",
            "",
        ],
        [
            "3",
            "Double",
            "0612345678",
            "+33 6 12 34 56 78",
            "left out",
            "Already there further up: +33612345678.",
        ],
        ["4", "Faux", "abc", "", "left out", "“abc” is not a phone number."],
    ]


async def test_people_send_in_bulk_as_themselves_and_tokens_need_the_scope_for_it(xrm, admin, sms_account):
    await xrm.users.create(admin, "lea", password="correct horse", xrm_allowed=True, collaborator="COM")
    signed = await xrm.sign_in.sign_in("ACME", "lea", "correct horse", user_agent="", address="::1")
    actor, _ = await xrm.sign_in.actor_of(signed.token)
    draft = await xrm.bulk_preparing.prepare(actor, bulk())
    assert [one.id for one in (await xrm.bulks.list(actor)).items] == [draft.id]
    with pytest.raises(Forbidden):
        await xrm.bulk_preparing.prepare(actor, BulkRequest("DIR", "x", file=file_of(PEOPLE)))

    async def token(*scopes):
        _, plain = await xrm.tokens.create(admin, scopes[0].value, list(scopes))
        return await xrm.tokens.actor_of(plain)

    with pytest.raises(Forbidden, match="scope_missing"):
        await xrm.bulk_preparing.prepare(await token(Scope.SEND, Scope.READ), bulk())
    assert (await xrm.bulk_preparing.prepare(await token(Scope.ADMIN), bulk())).state == "draft"


async def test_another_base_sees_nothing_of_it(xrm, admin, sms_account):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.bases.create("OTHER", "Autre", actor_name="operator:test")
    stranger = await xrm.bases.operator("OTHER", "operator:test")

    for ask in (xrm.bulks.get, xrm.bulks.rows, xrm.bulks.start, xrm.bulks.cancel, xrm.bulks.retry):
        with pytest.raises(Missing):
            await ask(stranger, draft.id)
    with pytest.raises(Missing):
        [piece async for piece in xrm.bulks.report(stranger, draft.id, language="fr")]


async def test_a_draft_that_nobody_starts_is_cleared_away_with_its_texts(xrm, admin, sms_account, clock):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    clock.advance(timedelta(days=31))
    await xrm.run_until_idle()

    assert (await xrm.bulks.get(admin, draft.id)).state == "cancelled"
    assert {row.text for row in (await xrm.bulks.rows(admin, draft.id)).items} == {""}


async def test_a_job_pauses_itself_when_nothing_of_it_could_go(xrm, admin, sms_account):
    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.bulks.start(admin, draft.id)
    await xrm.collaborators.change(admin, "COM", {"active": False})
    await xrm.run_until_idle()

    paused = await xrm.bulks.get(admin, draft.id)
    assert (paused.state, paused.progress, paused.code) == ("paused", {"ready": 2}, "sender_inactive")
    assert (await xrm.bulks.resume(admin, draft.id)).code is None


async def test_too_many_people_are_refused_and_leave_nothing_behind(xrm, admin, sms_account, monkeypatch):
    monkeypatch.setattr("xrm_platform.messaging.bulk.preparing.MOST_PEOPLE", 1)
    with pytest.raises(Invalid, match="bulk_too_many"):
        await xrm.bulk_preparing.prepare(admin, bulk())

    assert (await xrm.bulks.list(admin)).items == ()


async def test_a_crash_between_the_messages_and_their_marks_leaves_neither(
    xrm, admin, sms_account, sms_service, monkeypatch
):
    async def broken(*_, **__):
        raise ConnectionResetError

    draft = await xrm.bulk_preparing.prepare(admin, bulk())
    await xrm.bulks.start(admin, draft.id)
    with monkeypatch.context() as crash:
        crash.setattr("xrm_platform.messaging.bulk.queries.mark_rows", broken)
        await xrm.run_until_idle()
    assert (await xrm.messages.list(admin)).items == ()
    assert (await xrm.bulks.get(admin, draft.id)).progress == {"ready": 2}

    assert (await ended(xrm, admin, draft)).progress == {"sent": 2}
    assert len(sms_service.accepted) == 2
