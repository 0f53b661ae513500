"""A mailing of 2,000 with merge fields and a signature image: from the started draft to the last result, against a bare
loop that sends the same mails, encoded beforehand, over as many connections to the same server, and against
django-post_office, which is given the same mailing."""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

import aiosmtplib
from PIL import Image
from pipeline import platform, show, timed
from stand_ins import StandIn
from xrm_smtp.plugin import SMTP

from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.providers import Channel

MAILS = 2000
TEXT = "Bonjour {prénom},\n\nvotre devis {numéro} est prêt. L’acompte s’élève à 1 250 €.\n" * 3
HTML = "<p>Bonjour {prénom},</p><p>votre devis {numéro} est prêt. L’acompte s’élève à 1 250 €.</p>" * 3


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.effect_noise((120, 40), 40).save(drawn, "PNG")
    return drawn.getvalue()


def people() -> io.BytesIO:
    lines = "".join(f"Élodie{n};D{n:05};client{n}@client.example\n" for n in range(MAILS))
    return io.BytesIO(f"Prénom;Numéro;E-mail\n{lines}".encode())


def encoded(image: bytes, number: int) -> tuple[str, bytes]:
    address = f"client{number}@client.example"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Martin <com@acme.example>", address, f"Devis D{number:05}"
    mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain="acme.example")
    mail.set_content(TEXT)
    mail.add_alternative(HTML, subtype="html")
    mail.get_payload()[1].add_related(image, "image", "png", cid="<signature@xrm>", filename="signature.png")
    return address, mail.as_bytes()


async def bare(settings, mails) -> None:
    left = iter(mails)

    async def connection() -> None:
        client = aiosmtplib.SMTP(hostname=settings["host"], port=settings["port"], start_tls=False, use_tls=False)
        await client.connect()
        for address, octets in left:
            await client.sendmail("com@acme.example", [address], octets)
        await client.quit()

    await asyncio.gather(*(connection() for _ in range(SMTP.limits.connections)))


async def post_office(settings, image: bytes) -> float:
    """Seconds, measured by the program itself: starting Django is not counted."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Path(file.name).write_bytes(image)
        given = (settings["host"], settings["port"], MAILS, SMTP.limits.connections, file.name)
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("post_office_mailing.py")),
            *map(str, given),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await program.communicate()
    return float(said)


async def main() -> None:
    image = picture()
    mails = [encoded(image, number) for number in range(MAILS)]
    async with StandIn("smtp") as server, platform("smtp", server.settings) as (xrm, admin):
        await xrm.collaborators.set_signature_image(admin, "COM", image)
        request = BulkRequest("COM", TEXT, Channel.MAIL, "Devis {numéro}", HTML, file=people())
        draft = await xrm.bulk_preparing.prepare(admin, request)
        alone = await timed(bare(server.settings, mails))
        await xrm.bulks.start(admin, draft.id)
        ours = await timed(xrm.run_until_idle())
        theirs = await post_office(server.settings, image)
        assert await server.arrived() == 3 * MAILS
    show(f"a mailing of {MAILS}", MAILS, alone, ours)
    print(f"  django-post_office {MAILS / theirs:,.0f}/s: {theirs / ours:.1f} times as long")


if __name__ == "__main__":
    asyncio.run(main())
