"""Sending over HTTP, and what became of it."""

from __future__ import annotations

import base64
import io
import json

import pytest

from xrm_platform.testing.memory_mail import memory_mail_service
from xrm_platform.testing.memory_sms import memory_sms_service

MAIL = {"sender": "COM", "to": ["Anna <anna@b.example>"], "subject": "Bonjour", "text": "Bonjour,"}
SMS = {"sender": "COM", "to": ["06 12 34 56 78"], "text": "Bonjour"}


@pytest.fixture
def mailbox():
    return memory_mail_service("here")


@pytest.fixture
def phone():
    return memory_sms_service("here")


async def test_a_mail_is_queued_sent_and_shown_with_all_that_happened(as_user, xrm, mailbox) -> None:
    call = as_user("marie")
    queued = await call("POST", "/mails", json=MAIL)
    message = await queued.json()
    assert (queued.status, message["state"], message["sender"]) == (201, "queued", "COM")
    await xrm.run_until_idle()
    shown = await (await call("GET", queued.headers["Location"])).json()
    assert shown["state"] == "sent"
    assert shown["events"][0]["state"] == "queued"
    assert "anna@b.example" in mailbox.accepted[-1].recipients


async def test_an_attachment_arrives_byte_for_byte(as_token, xrm, mailbox) -> None:
    content = bytes(range(256)) * 8_000
    file = {"filename": "report.bin", "content": base64.b64encode(content).decode()}
    body = io.BytesIO(json.dumps({**MAIL, "attachments": [file]}).encode())
    headers = {"Content-Type": "application/json"}
    assert (await as_token("send")("POST", "/mails", data=body, headers=headers)).status == 201
    await xrm.run_until_idle()
    assert content in [attachment.content for attachment in mailbox.accepted[-1].mail.attachments]


async def test_an_attachment_that_is_not_base64_is_named(as_token) -> None:
    good = {"filename": "a", "content": "YQ=="}
    response = await as_token("send")(
        "POST", "/mails", json={**MAIL, "attachments": [good, {**good, "content": "é!"}, {**good, "content": "YQ"}]}
    )
    assert response.status == 422
    assert sorted((await response.json())["errors"]) == ["attachments.1.content", "attachments.2.content"]


@pytest.mark.parametrize("wrong", [{"to": ["not an address"]}, {"at": "2026-01-01T10:00:00"}, {"priority": 1.5}])
async def test_what_is_wrong_with_a_mail_is_said_by_field(as_token, wrong) -> None:
    response = await as_token("send")("POST", "/mails", json={**MAIL, **wrong})
    assert response.status == 422
    assert [name.partition(".")[0] for name in (await response.json())["errors"]] == list(wrong)


async def test_a_user_sends_as_their_own_collaborator_only(as_user) -> None:
    response = await as_user("marie")("POST", "/mails", json={**MAIL, "sender": "DIR"})
    assert (response.status, (await response.json())["code"]) == (403, "send_as_other")


@pytest.mark.parametrize(("path", "body"), [("/mails", MAIL), ("/sms-messages", SMS)])
async def test_the_same_key_sends_once_and_another_wish_with_it_is_refused(as_token, path, body) -> None:
    call = as_token("send")
    headers = {"Idempotency-Key": "order-4711"}
    first = await call("POST", path, json=body, headers=headers)
    again = await call("POST", path, json=body, headers=headers)
    assert (first.status, again.status) == (201, 201)
    assert (await first.json())["id"] == (await again.json())["id"]
    assert first.headers["Location"] == again.headers["Location"]
    other = await call("POST", path, json={**body, "text": "Something else"}, headers=headers)
    assert (other.status, (await other.json())["code"]) == (409, "idempotency_key_reused")


async def test_sms_are_held_until_they_are_released(as_user, xrm, phone) -> None:
    call = as_user("chief")
    held = await (await call("POST", "/sms-messages", json=SMS)).json()
    assert held["state"] == "held"
    released = await call("POST", "/sms/release")
    assert await released.json() == {"paused": False, "messages": 1}
    await xrm.run_until_idle()
    shown = await (await call("GET", f"/messages/{held['id']}")).json()
    assert shown["recipients"][0]["address"] == "+33612345678"
    assert shown["state"] in ("sent", "delivered")
    paused = await call("POST", "/sms/pause")
    assert await paused.json() == {"paused": True, "messages": 0}


async def test_an_sms_is_previewed_without_being_kept(as_user) -> None:
    call = as_user("marie")
    preview = await (await call("POST", "/sms/preview", json={"text": "ça va", "recipients": 3})).json()
    assert (preview["encoding"], preview["parts"], preview["recipients"]) == ("ucs2", 1, 3)
    assert preview["characters_forcing_unicode"] == ["ç"]
    assert (await (await call("GET", "/messages")).json())["items"] == []


async def test_messages_are_listed_by_channel_state_and_sender(as_user, seed) -> None:
    call = as_user("chief")
    sms = (await (await call("POST", "/sms-messages", json=SMS)).json())["id"]

    async def ids(query: str) -> list[str]:
        return [item["id"] for item in (await (await call("GET", "/messages" + query)).json())["items"]]

    assert await ids("") == [sms, seed.message]
    assert await ids("?channel=sms") == [sms]
    assert await ids("?state=held") == [sms]
    assert await ids("?sender=DIR") == [seed.message]
    assert await ids("?channel=mail&state=held") == []
    assert (await call("GET", "/messages?state=lost")).status == 422


async def test_a_waiting_message_is_cancelled_once(as_user, seed) -> None:
    call = as_user("chief")
    cancelled = await call("POST", f"/messages/{seed.message}/cancel")
    assert (cancelled.status, (await cancelled.json())["state"]) == (200, "cancelled")
    again = await call("POST", f"/messages/{seed.message}/cancel")
    assert (again.status, (await again.json())["code"]) == (409, "not_cancellable")


async def test_a_message_that_failed_is_tried_again(as_user, xrm, mailbox) -> None:
    call = as_user("marie")
    await mailbox.refuse_recipient("gone@b.example")
    sent = await (await call("POST", "/mails", json={**MAIL, "to": ["gone@b.example"]})).json()
    await xrm.run_until_idle()
    failed = await (await call("GET", f"/messages/{sent['id']}")).json()
    assert failed["recipients"][0]["state"] == "failed"
    again = await call("POST", f"/messages/{sent['id']}/retry")
    assert (again.status, (await again.json())["state"]) == (200, "queued")
