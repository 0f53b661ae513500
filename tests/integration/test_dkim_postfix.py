"""A mail that is signed here, carried by Postfix and kept by Dovecot is still good to another program."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from servers.mail_servers import CAMILLE, DIRECTOR, DOMAIN, PASSWORDS, MailServers
from servers.reading import delivered, mailbox
from xrm_smtp.dkim_key import read_key
from xrm_smtp.driver import SmtpMail
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import Address, Attachment, OutgoingMail
from xrm_platform.testing.driver_context import driver_context, open_driver

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_a_signature_survives_the_way(postfix_and_dovecot: MailServers, kind: str) -> None:
    servers = postfix_and_dovecot
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = rsa_key if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    settings = {
        "host": "localhost",
        "port": servers.postfix.submission,
        "security": "starttls",
        "username": CAMILLE,
        "password": PASSWORDS[CAMILLE],
        "ca_file": str(servers.authority),
        "dkim_domain": DOMAIN,
        "dkim_selector": "xrm2026",
        "dkim_key": pem,
    }
    key = uuid.uuid4().hex
    mail = OutgoingMail(
        id=key,
        message_id=f"<{key}@{DOMAIN}>",
        date=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        sender=Address(CAMILLE, "Camille Lefèvre"),
        envelope=(DIRECTOR,),
        to=(Address(DIRECTOR, "Direction générale"),),
        subject="Devis n° 12 : toiture de l’église",
        text="Bonjour,\n.\n\n  Voici  le devis. \n\n\n",
        html="<p>Voici le devis.</p>",
        attachments=(Attachment("Devis n° 12.pdf", "application/pdf", bytes(range(256)) * 40),),
        headers={
            "List-Unsubscribe": f"<https://xrm.example/u/{'x' * 80}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )

    async with driver_context() as context, open_driver(SmtpMail, SmtpSettings().load(settings), context) as driver:
        (result,) = await driver.send([mail])

    assert result.error is None
    delivered(servers, DIRECTOR, mail.message_id)
    octets = _octets(servers, mail.message_id)
    asked: list[str] = []

    def texts(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name.decode())
        return read_key(pem).record.encode()

    assert octets.index(b"Received:") < octets.index(b"DKIM-Signature:")
    assert dkim.verify(octets, dnsfunc=texts)
    assert asked == [f"xrm2026._domainkey.{DOMAIN}."]
    assert not dkim.verify(octets.replace(b"One-Click", b"Two-Click"), dnsfunc=texts)


def _octets(servers: MailServers, message_id: str) -> bytes:
    """The message as it lies in the director's inbox."""
    with mailbox(servers, DIRECTOR) as session:
        session.select("INBOX", readonly=True)
        _, (numbers,) = session.search(None, "HEADER", "Message-ID", f'"{message_id}"')
        _, ((_, octets), *_) = session.fetch(numbers.decode(), "(BODY.PEEK[])")
    return bytes(octets)
