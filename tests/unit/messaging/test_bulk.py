"""Bulk SMS: prepared, looked at, sent by the same rules as single ones, paused, resumed, cancelled, reported."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import timedelta

import pytest

from xrm_platform.messaging import Category, SmsRequest
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.people.actor import Scope
from xrm_platform.people.contacts.given import PhoneGiven
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing

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
    await xrm.run_until_idle()  # a tick finds that it is through
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
