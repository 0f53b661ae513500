"""The mailing of `bench_mailing` by django-post_office, as a program: a template with merge fields, a picture that each
mail shows, a queue in SQLite, then its own sender over as many connections.

    python post_office_mailing.py HOST PORT MAILS CONNECTIONS PICTURE

prints the seconds from the first mail put into the queue to the last that was sent.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command


def configure(folder: Path, host: str, port: int, connections: int) -> None:
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "mails.db",
                "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        MEDIA_ROOT=str(folder / "media"),
        EMAIL_HOST=host,
        EMAIL_PORT=port,
        EMAIL_BACKEND="post_office.EmailBackend",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        POST_OFFICE={
            "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
            "BATCH_SIZE": 500,
            "THREADS_PER_PROCESS": connections,
            "LOG_LEVEL": 0,
        },
    )
    django.setup()
    logging.getLogger("post_office").setLevel(logging.ERROR)
    call_command("migrate", verbosity=0)


def mailing(mails: int, picture: bytes) -> float:
    # Its models need settings.
    from post_office import mail
    from post_office.models import Attachment, Email, EmailTemplate

    text = "Bonjour {{ name }},\n\nvotre devis {{ number }} est prêt. L’acompte s’élève à 1 250 €.\n" * 3
    html = "<p>Bonjour {{ name }},</p><p>votre devis {{ number }} est prêt. L’acompte s’élève à 1 250 €.</p>" * 3
    template = EmailTemplate.objects.create(
        name="devis",
        subject="Devis {{ number }}",
        content=text,
        html_content=html + '<img src="cid:signature@xrm">',
    )
    began = time.perf_counter()
    mail.send_many(
        [
            {
                "recipients": [f"client{number}@client.example"],
                "sender": "Martin <com@acme.example>",
                "template": template,
                "context": {"name": f"Élodie{number}", "number": f"D{number:05}"},
            }
            for number in range(mails)
        ]
    )
    shown = Attachment.objects.create(
        name="signature.png",
        mimetype="image/png",
        headers={"Content-ID": "<signature@xrm>", "Content-Disposition": "inline"},
        file=ContentFile(picture, "signature.png"),
    )
    joins = Email.attachments.through
    joins.objects.bulk_create([joins(email=one, attachment=shown) for one in Email.objects.all()])
    left = mails
    while left:
        sent, failed, requeued = mail.send_queued()
        if failed or requeued or not sent:
            raise SystemExit(f"django-post_office sent {sent}, failed {failed}, put back {requeued}")
        left -= sent
    return time.perf_counter() - began


if __name__ == "__main__":
    host, port, mails, connections, file = sys.argv[1:]
    with tempfile.TemporaryDirectory() as made:
        configure(Path(made), host, int(port), int(connections))
        print(mailing(int(mails), Path(file).read_bytes()))
