"""A mailing from the address book to the mailboxes, and out of it again by one click: over a real SMTP server, and over
HTTP as Gmail does it (RFC 8058)."""

from __future__ import annotations

import io
import re

import pytest
from aiohttp.test_utils import TestClient, TestServer
from company import environment, migrated
from PIL import Image
from yarl import URL

from xrm_platform.app import Platform
from xrm_platform.messaging import Category, MailRequest
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.people.contacts.given import MailGiven
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Channel
from xrm_platform.testing.smtp_server import SmtpServer
from xrm_platform.web import create_app

PUBLIC = "https://xrm.acme.example"
OPTED_OUT = {7, 8, 9}
DOUBLES = {20, 21}
NAMELESS = 30


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(drawn, "PNG")
    return drawn.getvalue()


@pytest.fixture
async def server():
    async with SmtpServer() as smtp:
        yield smtp


@pytest.fixture
async def xrm(server, tmp_path):
    config = await migrated(environment(tmp_path) | {"XRM_PUBLIC_URL": PUBLIC})
    async with Platform.open(config) as platform:
        await platform.bases.create("ACME", "Acme & Fils", actor_name="operator:test")
        actor = await platform.bases.operator("ACME", "operator:test")
        await platform.collaborators.create(
            actor, "COM", last_name="Martin", first_name="Léa", email="lea@acme.example", signature_text="Léa Martin"
        )
        await platform.collaborators.set_signature_image(actor, "COM", picture())
        await platform.providers.enable(actor, "smtp")
        settings = {"host": server.host, "port": server.port, "security": "none"}
        await platform.accounts.add(actor, "smtp", "SMTP", settings, default=True)
        yield platform


@pytest.fixture
async def admin(xrm):
    """The operator of a base with 50 contacts."""
    actor = await xrm.bases.operator("ACME", "operator:test")
    for number in range(50):
        address = f"client{20 if number in DOUBLES else number}@client.example"
        await xrm.contacts.create(
            actor,
            last_name=f"Nom{number:02}",
            company="Client SA",
            first_name="" if number == NAMELESS else f"<b>Élodie{number}</b>",
            mails=[MailGiven(address)],
        )
    for number in OPTED_OUT:
        await xrm.opt_outs.add(actor, "mail", f"CLIENT{number}@client.example", source="phone call")
    return actor


@pytest.fixture
async def template(xrm, admin):
    return await xrm.templates.create(
        admin,
        "Printemps",
        subject="{prénom}, nos offres",
        text="Bonjour {prénom},\n\n{expéditeur} de {base} vous écrit à {mail}.",
        html="<p>Bonjour {prénom}, de la part de {base}</p>",
    )


async def test_a_single_marketing_mail_can_be_left_too(xrm, admin, server):
    for category, to in ((Category.MARKETING, 1), (Category.MARKETING, 2), (Category.TRANSACTIONAL, 1)):
        addresses = tuple(f"client{number}@client.example" for number in range(to))
        await xrm.sending.send_mail(admin, MailRequest("COM", addresses, "Offre", "Bonjour", category=category))
    await xrm.run_until_idle()

    ways = [one.message["List-Unsubscribe"] for one in server.received]
    assert [way is not None for way in ways] == [True, False, False]
    path = URL(ways[0].strip("<>")).path
    async with TestClient(TestServer(create_app(xrm))) as browser:
        clicked = await browser.post(path, data={"List-Unsubscribe": "One-Click"})
    assert clicked.status == 200
    with pytest.raises(Conflicting, match="opted_out"):
        await xrm.sending.send_mail(
            admin, MailRequest("COM", ("client0@client.example",), "Offre", "Bonjour", category=Category.MARKETING)
        )


async def sent_out(xrm, admin, template):
    request = BulkRequest("COM", template=template.id, category=Category.MARKETING, search="")
    draft = await xrm.bulk_preparing.prepare(admin, request)
    await xrm.bulks.start(admin, draft.id)
    await xrm.run_until_idle()
    await xrm.run_until_idle()
    return await xrm.bulks.get(admin, draft.id)


async def test_a_mailing_says_what_it_will_do_arrives_and_is_left_by_one_click(xrm, admin, template, server):
    done = await sent_out(xrm, admin, template)

    counts = done.counts
    assert (counts.total, counts.ready, counts.opted_out, counts.duplicates, counts.empty_fields) == (50, 45, 3, 1, 1)
    (lacking,) = [
        row
        for row in (await xrm.bulks.rows(admin, done.id, state="skipped", limit=50)).items
        if row.params.get("field")
    ]
    assert (lacking.name, lacking.code, lacking.params) == ("Nom30", "merge_field_empty", {"field": "prénom"})
    assert (done.state, done.channel, done.progress["sent"]) == ("done", Channel.MAIL, 45)

    mails = [one.message for one in server.received]
    by_address = {mail["To"].addresses[0].addr_spec: mail for mail in mails}
    assert len(by_address) == len({mail["Message-ID"] for mail in mails}) == 45
    mail = by_address["client3@client.example"]
    assert mail["Subject"] == "<b>Élodie3</b>, nos offres"
    assert (
        "Bonjour <b>Élodie3</b>,\r\n\r\nLéa Martin de Acme & Fils vous écrit à client3@client.example."
        in mail.get_body(("plain",)).get_content()
    )
    shown = mail.get_body(("html",)).get_content()
    assert "Bonjour &lt;b&gt;Élodie3&lt;/b&gt;, de la part de Acme &amp; Fils" in shown
    assert "cid:" in shown
    assert [part.get_content() for part in mail.walk() if part.get_content_type() == "image/png"] == [picture()]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    ways = {one["List-Unsubscribe"].strip("<>") for one in mails}
    assert len(ways) == 45
    (way,) = re.findall(rf"<({PUBLIC}/unsubscribe/\S+)>", mail["List-Unsubscribe"])
    assert way in shown

    async with TestClient(TestServer(create_app(xrm))) as browser:
        asked = await browser.get(URL(way).path, headers={"Accept-Language": "fr"})
        page = await asked.text()
        assert (asked.status, "Ne plus recevoir les envois de Acme &amp; Fils" in page, "<form" in page) == (
            200,
            True,
            True,
        )
        assert [one.address for one in (await xrm.opt_outs.list(admin)).items if "3@" in one.address] == []

        clicked = await browser.post(
            URL(way).path,
            data={"List-Unsubscribe": "One-Click"},
        )
        assert (clicked.status, await clicked.text()) == (200, "OK")
        again = await browser.post(URL(way).path, headers={"Accept-Language": "en"})
        assert "client3@client.example gets no more mailings of Acme &amp; Fils." in await again.text()
        wrong = await browser.post(URL(way[:-1] + ("A" if way[-1] != "A" else "B")).path)
        assert wrong.status == 404
        cut_short = await browser.get(URL(way).path.rpartition("/")[0], headers={"Accept-Language": "fr"})
        assert (cut_short.status, "peut-être incomplet" in await cut_short.text()) == (404, True)

    server.received.clear()
    following = await sent_out(xrm, admin, template)

    assert (following.counts.opted_out, following.progress["sent"]) == (4, 44)
    assert "client3@client.example" not in {address for one in server.received for address in one.recipients}
