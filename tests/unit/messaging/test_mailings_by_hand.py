"""Mailings as people write them: pasted HTML, files with odd cells, accounts that cannot send them, pauses half-way."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from xrm_platform.messaging import MailRequest
from xrm_platform.messaging.bulk.merge_fields import bound, filled, template_of
from xrm_platform.messaging.bulk.people import contact_key
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.problems import Conflicting, Invalid
from xrm_platform.providers import Capability, Channel, InvalidRecipient, hookimpl
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail

PEOPLE = "Prénom;E-mail\nLéa;lea@client.example\nPaul;paul@client.example\n"


def mailing(people=PEOPLE, **more) -> BulkRequest:
    texts = {"subject": "Pour {prénom}", "text": "Bonjour {prénom}"} | more
    return BulkRequest("COM", channel=Channel.MAIL, file=io.BytesIO(people.encode()), **texts)


async def test_a_pause_holds_the_mails_that_are_queued(xrm, admin, mail_account, mail_service):
    draft = await xrm.bulk_preparing.prepare(admin, mailing())
    await xrm.accounts.pause(admin, mail_account)
    await xrm.bulks.start(admin, draft.id)
    await xrm.sending.send_mail(admin, MailRequest("COM", ("ann@client.example",), "Devis", "Bonjour"))
    await xrm.run_until_idle()

    paused = await xrm.bulks.pause(admin, draft.id)

    assert paused.progress == {"held": 2}
    assert {one.waiting_for for one in (await xrm.messages.list(admin, state="held")).items} == {"bulk_paused"}
    assert len((await xrm.messages.list(admin, state="queued")).items) == 1
    await xrm.accounts.resume(admin, mail_account)
    await xrm.bulks.resume(admin, draft.id)
    await xrm.run_until_idle()
    assert len(mail_service.accepted) == 3


async def test_an_address_that_does_not_exist_is_left_out_until_somebody_forgives_it(
    xrm, admin, mail_account, mail_service
):
    mail_service.spoilt_answers.append(InvalidRecipient(detail="550 no such user"))
    await xrm.sending.send_mail(admin, MailRequest("COM", ("LEA@client.example",), "Devis", "Bonjour"))
    await xrm.run_until_idle()

    draft = await xrm.bulk_preparing.prepare(admin, mailing())

    assert (draft.counts.ready, draft.counts.faulty_addresses) == (1, 1)
    (row,) = (await xrm.bulks.rows(admin, draft.id, state="skipped")).items
    assert (row.code, row.params) == ("address_in_error", {"address": "lea@client.example"})
    await xrm.addresses_in_error.forgive(admin, "lea@client.example")
    assert (await xrm.bulk_preparing.prepare(admin, mailing())).counts.ready == 2


async def test_names_and_values_of_a_file_are_one_line(xrm, admin, mail_account, mail_service):
    people = '"Prénom";"Nom";"E-mail"\n"Ann\x07\nBcc: x@evil.example";"Roux\r\nX-Evil: 1";ann@client.example\n'
    draft = await xrm.bulk_preparing.prepare(admin, mailing(people))
    (row,) = draft.first
    assert (row.name, row.subject) == ("Ann Bcc: x@evil.example Roux X-Evil: 1", "Pour Ann Bcc: x@evil.example")

    await xrm.bulks.start(admin, draft.id)
    await xrm.run_until_idle()

    (mail,) = [one.mail for one in mail_service.accepted]
    assert mail.to[0].name == row.name


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"subject": "Bonjour\nBcc: x@evil.example"}, "subject", "line_break"),
        ({"text": "Bon\x00jour"}, "text", "not_text"),
        ({"html": "<p>\ud800"}, "html", "not_text"),
    ],
)
async def test_a_template_that_no_mail_can_carry_is_refused_at_once(xrm, admin, given, field, code):
    with pytest.raises(Invalid) as refused:
        await xrm.templates.create(admin, "Printemps", **{"subject": "Bonjour", "text": "Bonjour"} | given)

    assert refused.value.fields[field].code == code


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<style>p { color: red }</style><p>{prénom}</p>", "<style>p { color: red }</style><p>L&amp;a</p>"),
        (
            "<STYLE media='x'>@media x {{p{{a:b}}}}</STYLE >{prénom}",
            "<STYLE media='x'>@media x {{p{{a:b}}}}</STYLE >L&amp;a",
        ),
        ("{prénom}<style>p {", "L&amp;a<style>p {"),
        ("<script>{'a': 1}</script>{prénom}</style>", "<script>{'a': 1}</script>L&amp;a</style>"),
        ("{pr&eacute;nom}", "L&amp;a"),
        ("{soci&eacute;t&eacute;|M&amp;Mme <b>}", "M&amp;Mme &lt;b&gt;"),
        ("{{prénom}}", "{prénom}"),
    ],
)
def test_fields_are_found_in_html_as_editors_write_it(html, said):
    template = bound(template_of(html, "html"), contact_key, (), "html")

    assert filled(template, {"first_name": "L&a"}, escaped=True) == said


def test_a_style_is_text_like_any_other_in_what_is_no_html():
    with pytest.raises(Invalid):
        bound(template_of("<style>p { color: red }</style>"), contact_key, ())


async def test_an_unknown_field_is_told_with_those_that_there_are_in_both_languages(xrm, admin):
    with pytest.raises(Invalid) as refused:
        await xrm.templates.create(admin, "Printemps", subject="x", text="{ville}")

    told = str(refused.value.fields["text"].params["known"])
    assert told.startswith("first_name/prénom, last_name/nom, ")
    assert "sender_mail/mail_expéditeur" in told
    for written in (name for known in told.split(", ") for name in known.split("/")):
        await xrm.templates.create(admin, f"Mit {written}", subject="x", text=f"{{{written}}}")


async def test_what_is_said_in_html_only_is_said_in_words_too(xrm, admin, mail_account, mail_service):
    html = "<style>p {color: red}</style><p>Bonjour <b>{pr&eacute;nom}</b>, voyez <a href='https://acme.example/'>ici</a></p>"
    template = await xrm.templates.create(admin, "HTML", subject="x", html=html)
    request = replace(mailing(text="", subject=""), template=template.id)

    draft = await xrm.bulk_preparing.prepare(admin, request)

    assert draft.first[0].text == "Bonjour Léa, voyez ici <https://acme.example/>"


async def test_a_state_is_said_in_the_language_of_the_sentence(xrm, admin, mail_account):
    draft = await xrm.bulk_preparing.prepare(admin, mailing())
    with pytest.raises(Conflicting) as refused:
        await xrm.bulks.pause(admin, draft.id)

    told = xrm.wording.say("problems", refused.value.code, refused.value.params, language="fr")
    assert "«\u00a0brouillon\u00a0»" in told
    assert refused.value.params == {"state": "draft"}


DRAFTING = replace(MEMORY_MAIL, slug="drafting", capabilities=frozenset({Capability.HANDS_OVER}))


class Drafts:
    @hookimpl
    def xrm_mail_providers(self):
        return [DRAFTING]


@pytest.mark.parametrize("plugins", [[InProcessPlugin("drafts", Drafts(), {(Channel.MAIL, "drafting"): MemoryMail})]])
async def test_no_mailing_goes_by_an_account_that_only_makes_drafts(xrm, admin, mail_service):
    await xrm.providers.enable(admin, "drafting")
    settings = {"service": str(xrm.config.home), "password": "s3cret-é"}
    await xrm.accounts.add(admin, "drafting", "Outlook", settings, default=True)

    with pytest.raises(Conflicting, match="account_hands_over"):
        await xrm.bulk_preparing.prepare(admin, mailing())


async def test_an_account_that_goes_while_a_mailing_is_prepared_is_not_waited_for(
    xrm, admin, mail_account, monkeypatch
):
    people = xrm.bulk_preparing._people

    async def removed_meanwhile(*given):
        await xrm.accounts.remove(admin, mail_account)
        return await people(*given)

    monkeypatch.setattr(xrm.bulk_preparing, "_people", removed_meanwhile)
    with pytest.raises(Exception, match="unknown_account"):
        await xrm.bulk_preparing.prepare(admin, mailing())

    assert (await xrm.bulks.list(admin)).items == ()
