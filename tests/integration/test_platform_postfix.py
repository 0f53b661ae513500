"""A collaborator's mail from the request to the mailbox: through the platform, Postfix and Dovecot."""

from __future__ import annotations

import asyncio
import io

import pytest
from company import environment, migrated
from PIL import Image
from servers.mail_servers import CAMILLE, DIRECTOR, PASSWORDS, MailServers
from servers.reading import delivered

from xrm_platform.app import Platform
from xrm_platform.messaging import AttachmentGiven, MailRequest

pytestmark = pytest.mark.servers


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(drawn, "PNG")
    return drawn.getvalue()


async def test_a_collaborators_mail_is_read_back_as_it_was_written(postfix_and_dovecot: MailServers, tmp_path):
    servers = postfix_and_dovecot
    image = picture()
    async with Platform.open(await migrated(environment(tmp_path))) as xrm:
        await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
        admin = await xrm.bases.operator("ACME", "operator:test")
        await xrm.collaborators.create(
            admin, "COM", last_name="Lefèvre", first_name="Camille", email=CAMILLE, signature_text="Camille Lefèvre"
        )
        await xrm.collaborators.set_signature_image(admin, "COM", image)
        await xrm.providers.enable(admin, "smtp")
        settings = {
            "host": "localhost",
            "port": servers.postfix.submission,
            "security": "starttls",
            "username": CAMILLE,
            "password": PASSWORDS[CAMILLE],
            "ca_file": str(servers.authority),
        }
        account = await xrm.accounts.add(admin, "smtp", "Postfix", settings, default=True)
        checked = await xrm.accounts.check(admin, account.id)
        request = MailRequest(
            sender="COM",
            to=(f"Direction générale <{DIRECTOR}>",),
            subject="Devis n° 12 : toiture de l’église",
            text="Bonjour,\nvoici le devis à 1 250 €.",
            html="<p>Bonjour,<br>voici le devis à <b>1 250 €</b>.</p>",
            attachments=(AttachmentGiven("Devis rénovation été.pdf", b"%PDF-1.7 devis"),),
        )
        sent = await xrm.sending.send_mail(admin, request)
        await xrm.run_until_idle()
        after = await xrm.messages.get(admin, sent.id)

    read = await asyncio.to_thread(delivered, servers, DIRECTOR, f"<{sent.id}@xrm.example>")
    assert [(tick.step, tick.state) for tick in checked.ticks] == [
        ("reached", "ok"),
        ("secured", "ok"),
        ("signed_in", "ok"),
        ("may_send", "ok"),
    ]
    assert after.state == "sent"
    assert read["Subject"] == "Devis n° 12 : toiture de l’église"
    assert str(read["From"]) == f"Camille Lefèvre <{CAMILLE}>"
    text = read.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert text == "Bonjour,\nvoici le devis à 1 250 €.\n\n-- \nCamille Lefèvre\n"
    html = read.get_body(("html",)).get_content()
    assert "<b>1 250 €</b>" in html
    (shown,) = [part for part in read.walk() if part.get_content_type() == "image/png"]
    assert shown.get_content() == image
    assert f"cid:{shown['Content-ID'].strip('<>')}" in html
    (attached,) = read.iter_attachments()
    assert attached.get_filename() == "Devis rénovation été.pdf"
    assert attached.get_content() == b"%PDF-1.7 devis"
