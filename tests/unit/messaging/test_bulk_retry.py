"""What failed of a bulk job is sent again, all at once; never what may have gone."""

from __future__ import annotations

import io

import pytest

from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Channel, InvalidRecipient, OutcomeUnknown, PermanentError

PEOPLE = "Portable\n06 12 34 56 78\n0612345679\n"


async def started(xrm, admin, people=PEOPLE, **more):
    request = BulkRequest(sender="COM", text="Bonjour", file=io.BytesIO(people.encode()), **more)
    job = await xrm.bulks.start(admin, (await xrm.bulk_preparing.prepare(admin, request)).id)
    await xrm.run_until_idle()
    return await xrm.bulks.get(admin, job.id)


async def test_what_failed_goes_again_and_the_job_ends_anew(xrm, admin, sms_account, sms_service):
    sms_service.spoilt_answers.append(PermanentError())
    job = await started(xrm, admin)
    assert (job.state, job.progress) == ("done", {"failed": 2})

    again = await xrm.bulks.retry(admin, job.id)
    assert (again.state, again.ended_at, again.progress) == ("running", None, {"queued": 2})
    await xrm.run_until_idle()
    done = await xrm.bulks.get(admin, job.id)
    assert (done.state, done.progress, len(sms_service.accepted)) == ("done", {"sent": 2}, 2)
    with pytest.raises(Conflicting, match="bulk_nothing_failed"):
        await xrm.bulks.retry(admin, job.id)


async def test_what_nobody_knows_does_not_go_again(xrm, admin, sms_account, sms_service):
    sms_service.spoilt_answers.append(OutcomeUnknown())
    job = await started(xrm, admin)
    assert job.progress == {"unknown": 2}

    with pytest.raises(Conflicting, match="bulk_nothing_failed"):
        await xrm.bulks.retry(admin, job.id)


async def test_a_job_whose_account_is_gone_is_not_tried_again(xrm, admin, sms_account, sms_service):
    sms_service.spoilt_answers += [PermanentError(), PermanentError()]
    job = await started(xrm, admin)
    await xrm.accounts.remove(admin, sms_account)

    with pytest.raises(Conflicting, match="account_gone"):
        await xrm.bulks.retry(admin, job.id)
    assert (await xrm.bulks.get(admin, job.id)).state == "done"


async def test_an_address_that_does_not_exist_gets_no_second_mail(xrm, admin, mail_account, mail_service):
    mail_service.spoilt_answers += [PermanentError(), InvalidRecipient()]
    people = "Mail\nann@client.example\nnobody@client.example\n"
    job = await started(xrm, admin, people, channel=Channel.MAIL, subject="Bonjour")
    assert job.progress == {"failed": 2}

    await xrm.bulks.retry(admin, job.id)
    await xrm.run_until_idle()
    assert (await xrm.bulks.get(admin, job.id)).progress == {"sent": 1, "failed": 1}
