"""The whole mail pipeline (rows, claim, compose, SMTP, result) against a bare loop that composes with the standard
library and sends by aiosmtplib, over the same number of connections to the same server."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import aiosmtplib
from pipeline import platform, show, timed
from stand_ins import StandIn
from xrm_smtp.plugin import SMTP

from xrm_platform.messaging import MailRequest

MAILS = 500
TEXT = "Bonjour,\n\nveuillez trouver votre devis. L’acompte s’élève à 1 250 €.\n" * 4
HTML = "<p>Bonjour,</p><p>veuillez trouver votre devis. L’acompte s’élève à 1 250 €.</p>" * 4


def composed(number: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Léa Martin <com@acme.example>"
    mail["To"] = f"Ann Été <a{number}@client.example>"
    mail["Subject"] = f"Votre devis n° {number}"
    mail["Date"] = formatdate()
    mail["Message-ID"] = make_msgid(domain="acme.example")
    mail.set_content(TEXT)
    mail.add_alternative(HTML, subtype="html")
    return mail


async def bare(settings) -> None:
    numbers = iter(range(MAILS))

    async def connection() -> None:
        client = aiosmtplib.SMTP(hostname=settings["host"], port=settings["port"], start_tls=False, use_tls=False)
        await client.connect()
        for number in numbers:
            await client.send_message(composed(number))
        await client.quit()

    await asyncio.gather(*(connection() for _ in range(SMTP.limits.connections)))


async def main() -> None:
    async with StandIn("smtp") as server, platform("smtp", server.settings) as (xrm, admin):
        await bare(server.settings)
        for number in range(MAILS):
            to = (f"Ann Été <a{number}@client.example>",)
            await xrm.sending.send_mail(admin, MailRequest("COM", to, f"Votre devis n° {number}", TEXT, HTML))
        alone = await timed(bare(server.settings))
        ours = await timed(xrm.run_until_idle())
        assert await server.arrived() == 3 * MAILS
    show(f"{MAILS} mails", MAILS, alone, ours)


if __name__ == "__main__":
    asyncio.run(main())
