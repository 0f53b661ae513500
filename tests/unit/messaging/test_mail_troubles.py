"""What stands in the way of reading a mailbox: mails that are too large, stuck or unreadable, and refusals."""

from __future__ import annotations

import pytest

from xrm_platform.messaging.inbound.mail import polling
from xrm_platform.providers import (
    AuthError,
    BadResponse,
    ConsentNeeded,
    PermanentError,
    TransientError,
)

from .incoming import later, mail, sent


async def test_a_mail_that_is_too_large_is_named_and_stays(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(polling, "MAX_BYTES", 1000)
    mail_service.receive(mail("x" * 2000).as_bytes())
    mail_service.receive(mail().as_bytes())
    for _ in range(2):
        await later(xrm, clock)

    by_state = {came.state: came for came in (await xrm.inbox.list(admin)).items}
    assert by_state.keys() == {"too_large", "whole"}
    assert (await xrm.opening.show(admin, by_state["too_large"].id)).size > 2000


async def test_a_mail_that_cannot_be_loaded_does_not_stop_the_others(xrm, admin, mailbox_account, mail_service, clock):
    for number in range(4):
        mail_service.receive(mail(f"Mail {number}\n").as_bytes(), f"key {number}")
    mail_service.spoilt_keys["key 1"] = TransientError()
    await later(xrm, clock)
    assert len((await xrm.inbox.list(admin)).items) == 3
    assert (await xrm.accounts.get(admin, mailbox_account)).health == "failing"

    mail_service.spoilt_keys.clear()
    await later(xrm, clock)
    assert len((await xrm.inbox.list(admin)).items) == 4
    assert (await xrm.accounts.get(admin, mailbox_account)).health == "ok"


@pytest.mark.parametrize("error", [TransientError(), PermanentError(), BadResponse("listing_not_understood")])
async def test_mails_that_can_never_be_loaded_do_not_stop_the_others(
    xrm, admin, mailbox_account, mail_service, clock, error
):
    for number in range(8):
        mail_service.receive(mail(f"Mail {number}\n").as_bytes(), f"key {number}")
        if number < 4:
            mail_service.spoilt_keys[f"key {number}"] = error
    for _ in range(4):
        await later(xrm, clock)
    assert len((await xrm.inbox.list(admin)).items) == 4
    assert (await xrm.accounts.get(admin, mailbox_account)).health == "failing"

    mail_service.spoilt_keys = {"key 0": error, "key 1": error}
    for _ in range(2):
        await later(xrm, clock)
    mail_service.receive(mail("Encore\n").as_bytes())
    await later(xrm, clock)
    assert len((await xrm.inbox.list(admin)).items) == 7


async def test_a_mailbox_that_refuses_the_password_is_left_alone_and_sending_goes_on(
    xrm, admin, mailbox_account, mail_service, clock
):
    asked = []

    def refuse(cursor):
        asked.append(cursor)
        raise AuthError("credentials_refused")

    mail_service.listing = refuse
    for _ in range(5):
        await later(xrm, clock)
    message_id, _ = await sent(xrm, admin, clock)

    assert len(asked) == 1
    after = await xrm.accounts.get(admin, mailbox_account)
    assert (after.health, after.suspended) == ("failing", False)
    assert (await xrm.messages.get(admin, message_id)).state == "sent"


async def test_access_that_was_taken_back_is_found_out_by_the_mailbox_too(
    xrm, admin, mailbox_account, mail_account, mail_service, clock
):
    def refuse(cursor):
        raise ConsentNeeded(detail="invalid_grant")

    await xrm.users.create(admin, "chief", password="long enough 1", is_admin=True, collaborator="DIR")
    mail_service.listing = refuse
    for _ in range(2):
        await later(xrm, clock)

    assert (await xrm.accounts.get(admin, mailbox_account)).suspended
    (told,) = mail_service.accepted
    assert [one.email for one in told.mail.to] == ["roux@acme.example"]


async def test_what_nobody_can_take_apart_is_kept_as_it_came(xrm, admin, mailbox_account, mail_service, clock):
    octets = (
        b"Subject: \xff\x00deep\r\nMessage-ID: <\x00>\r\n"
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 3000
    )
    mail_service.receive(octets)
    mail_service.receive(b"")
    await later(xrm, clock)

    empty, came = (await xrm.inbox.list(admin)).items
    assert (came.state, came.sender, empty.text) == ("original", "", "")
    (file,) = (await xrm.opening.show(admin, came.id)).files
    assert (await xrm.opening.file(admin, came.id, file.id)).content == octets
