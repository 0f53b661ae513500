"""Texts and files are deleted after the time that a base keeps them, those that went out and those that came in."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from xrm_platform.messaging import AttachmentGiven, MailRequest, SmsRequest
from xrm_platform.messaging.bulk.tables import BulkRow
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.messaging.files import FileMissing, Files
from xrm_platform.messaging.inbound.tables import PushCall
from xrm_platform.problems import Conflicting

from .incoming import later
from .incoming import mail as incoming_mail

REAL = "+33612345678"


def sms(**changes) -> SmsRequest:
    return SmsRequest(**{"sender": "COM", "to": (REAL,), "text": "Rendez-vous", **changes})


def mail(**changes) -> MailRequest:
    return MailRequest(
        **{"sender": "COM", "to": ("Anne <anne@example.org>",), "subject": "Devis", "text": "Bonjour", **changes}
    )


async def test_texts_are_deleted_after_their_time_and_the_rest_stays(xrm, admin, mail_account, mail_service, clock):
    file = AttachmentGiven("devis.pdf", b"%PDF- once")
    sent = await xrm.sending.send_mail(admin, mail(html="<p>Bonjour</p>", attachments=(file,)))
    await xrm.run_until_idle()
    clock.advance(timedelta(days=1095))
    await xrm.run_until_idle()
    assert (await xrm.messages.get(admin, sent.id)).text == "Bonjour"

    clock.advance(timedelta(days=2))
    await xrm.run_until_idle()
    after = await xrm.messages.get(admin, sent.id)
    assert (after.text, after.html, after.purged_at) == ("", None, clock())
    assert (after.subject, after.state, len(after.events)) == ("Devis", "sent", 3)
    assert [one.filename for one in after.attachments] == ["devis.pdf"]
    entry = (await xrm.audit.list(admin)).items[0]
    assert (entry.action, entry.changes["count"]) == ("messages.purged", [None, 1])


async def test_a_base_keeps_texts_for_its_own_time_or_for_ever(xrm, admin, mail_account, clock):
    sent = await xrm.sending.send_mail(admin, mail())
    await xrm.run_until_idle()
    await xrm.rules.change(admin, {"keep_bodies_days": None})
    clock.advance(timedelta(days=4000))
    assert await xrm.purge.run() == 0

    await xrm.rules.change(admin, {"keep_bodies_days": 30})
    assert await xrm.purge.run() == 1
    assert await xrm.purge.run() == 0
    assert (await xrm.messages.get(admin, sent.id)).text == ""


async def test_what_still_waits_keeps_its_text(xrm, admin, sms_account, clock):
    await xrm.sms_pause.pause(admin)
    await xrm.sending.send_sms(admin, sms())
    clock.advance(timedelta(days=2000))

    assert await xrm.purge.run() == 0


async def test_what_was_purged_cannot_be_sent_again(xrm, admin, sms_account, sms_service, clock):
    await sms_service.lose_next_answer()
    sent = await xrm.sending.send_sms(admin, sms())
    await xrm.run_until_idle()
    clock.advance(timedelta(days=2000))
    await xrm.purge.run()

    with pytest.raises(Conflicting, match="text_purged"):
        await xrm.messages.retry(admin, sent.id)


async def test_a_file_goes_with_its_last_message(tmp_path, clock):
    files = Files(tmp_path)
    stored = await files.put(b"content")
    await files.forget(stored.sha256, unused_since=clock() - timedelta(days=400))
    assert await files.get(stored.sha256) == b"content"

    await files.forget(stored.sha256, unused_since=clock() + timedelta(days=4000))
    with pytest.raises(FileMissing):
        await files.get(stored.sha256)
    await files.forget(stored.sha256, unused_since=clock())
    assert (await files.put(b"content")).sha256 == stored.sha256
    assert await files.get(stored.sha256) == b"content"


# What came in


async def test_answers_lose_their_texts_too_and_the_conversation_says_so(xrm, admin, push_account, sms_service, clock):
    await xrm.sending.send_sms(admin, sms())
    await sms_service.receive(REAL, "STOP, je suis malade")
    await later(xrm, clock)
    clock.advance(timedelta(days=1097))
    assert await xrm.purge.run() == 2

    came, went = (await xrm.inbox.with_address(admin, REAL)).items
    assert [(entry.text, entry.purged_at) for entry in (came, went)] == [("", clock())] * 2
    assert (came.stop, came.answers) == ("marketing", went.id)
    (listed,) = (await xrm.inbox.list(admin)).items
    assert (listed.text, listed.purged_at) == ("", clock())
    assert {entry.action for entry in (await xrm.audit.list(admin)).items} >= {"messages.purged", "inbound.purged"}
    assert await xrm.purge.run() == 0


async def test_a_mail_that_came_in_loses_text_html_and_the_files_that_nobody_else_has(
    xrm, admin, mailbox_account, mail_service, clock
):
    old, new = incoming_mail("Secret\n"), incoming_mail("Nouveau\n")
    old.add_alternative("<p>Secret</p>", subtype="html")
    for content, name in ((b"%PDF alone", "alone.pdf"), (b"%PDF shared", "shared.pdf")):
        old.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    new.add_attachment(b"%PDF shared", maintype="application", subtype="pdf", filename="again.pdf")
    mail_service.receive(old.as_bytes())
    await later(xrm, clock)
    clock.advance(timedelta(days=1090))
    mail_service.receive(new.as_bytes())
    await later(xrm, clock)
    clock.advance(timedelta(days=7))
    await xrm.purge.run()

    newer, older = (await xrm.inbox.list(admin)).items
    shown = await xrm.opening.show(admin, older.id)
    assert (shown.text, shown.quoted, shown.html, shown.purged_at) == ("", "", None, clock())
    assert (shown.subject, [file.filename for file in shown.files]) == ("Re: Devis", ["alone.pdf", "shared.pdf"])
    with pytest.raises(FileMissing):
        await xrm.opening.file(admin, older.id, shown.files[0].id)
    (file,) = (await xrm.opening.show(admin, newer.id)).files
    assert (await xrm.opening.file(admin, newer.id, file.id)).content == b"%PDF shared"


async def test_how_old_a_mail_says_that_it_is_does_not_matter(xrm, admin, mailbox_account, mail_service, clock):
    mail_service.receive(incoming_mail("Bonjour\n", Date="Thu, 01 Jan 1970 00:00:00 +0000").as_bytes())
    await later(xrm, clock)

    assert await xrm.purge.run() == 0


async def test_what_a_vendor_said_is_not_kept_for_ever(xrm, admin, push_account, sms_service, clock):
    token = (await xrm.pushes.new_address(admin, push_account)).rpartition("/")[2]
    await xrm.pushes.accept(token, "application/json", b"not to be read: Secret")
    await xrm.run_until_idle()
    clock.advance(timedelta(days=31))
    await xrm.run_until_idle()

    async with xrm.store.read() as session:
        assert await session.scalar(select(func.count()).select_from(PushCall)) == 0


async def test_texts_of_bulk_jobs_that_ended_are_deleted(xrm, admin, sms_account, clock):
    people = io.BytesIO("Prénom;Mobile\nLéa;06 12 34 56 78\nPaul;06 12 34 56 78\n".encode())
    job = await xrm.bulk_preparing.prepare(admin, BulkRequest(sender="COM", text="Cher {prenom}", file=people))
    await xrm.bulks.start(admin, job.id)
    for _ in range(2):
        await xrm.run_until_idle()
    clock.advance(timedelta(days=1097))
    await xrm.purge.run()

    after = await xrm.bulks.get(admin, job.id)
    assert (after.state, after.text, after.progress) == ("done", "", {"skipped": 1, "sent": 1})
    async with xrm.store.read() as session:
        assert set(await session.scalars(select(BulkRow.text))) == {""}
