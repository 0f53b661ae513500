"""Mail that came in, over HTTP: listed, opened, its files fetched, answered."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from xrm_platform.testing.memory_mail import memory_mail_service

ANNA = "anna@client.example"


@pytest.fixture
async def received(xrm):
    """The id of a mail that came in, with a picture in its HTML and a page as a file."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Anna <{ANNA}>", "com@acme.example", "Devis"
    message["Message-ID"] = "<1@client.example>"
    message.set_content("Oui\n")
    message.add_alternative('<p>Oui</p><img src="cid:a"><img src="http://t.example/x.png">', subtype="html")
    message.get_payload()[1].add_related(b"PNG", "image", "png", cid="<a>", filename="a.png")
    message.add_attachment("<script>x</script>", subtype="html", filename="à voir.html")
    service = memory_mail_service("here")
    service.receive(message.as_bytes())
    await xrm.run_until_idle()
    admin = await xrm.bases.operator("ACME")
    (came,) = (await xrm.inbox.list(admin, channel="mail")).items
    return came.id


async def test_a_mail_is_listed_and_opened_with_html_that_is_fit_for_a_page(as_token, received):
    call = as_token("read")
    (listed,) = (await (await call("GET", "/inbox?channel=mail")).json())["items"]
    opened = await (await call("GET", f"/inbox/{received}")).json()
    asked = await (await call("GET", f"/inbox/{received}?remote=true")).json()

    assert (listed["id"], listed["sender"], listed["subject"], listed["kind"]) == (received, ANNA, "Devis", "message")
    picture = opened["files"][0]
    assert f'src="/api/v1/bases/ACME/inbox/{received}/files/{picture["id"]}"' in opened["html"]
    assert (opened["remote_content"], "t.example" in opened["html"]) == (True, False)
    assert (asked["remote_content"], "t.example" in asked["html"]) == (False, True)
    assert (await call("GET", "/inbox?channel=fax")).status == 422
    assert (await call("GET", "/inbox/nonsense")).status == 404


async def test_a_picture_is_shown_and_anything_else_is_saved(as_token, received):
    call = as_token("read")
    picture, page = (await (await call("GET", f"/inbox/{received}")).json())["files"]
    shown = await call("GET", f"/inbox/{received}/files/{picture['id']}")
    saved = await call("GET", f"/inbox/{received}/files/{page['id']}")

    assert (shown.content_type, await shown.read()) == ("image/png", b"PNG")
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert (saved.content_type, (await saved.read()).strip()) == ("application/octet-stream", b"<script>x</script>")
    assert saved.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%A0%20voir.html"
    assert saved.headers["X-Content-Type-Options"] == "nosniff"
    assert (await call("GET", f"/inbox/{received}/files/{received}")).status == 404


async def test_an_answer_is_of_the_thread_and_of_the_conversation(as_token, received, xrm):
    mail = {"sender": "COM", "to": [ANNA], "subject": "Re: Devis", "text": "Merci", "answers": received}
    assert (await as_token("send")("POST", "/mails", json=mail)).status == 201
    call = as_token("read")

    thread = (await (await call("GET", f"/inbox/{received}/thread")).json())["items"]
    conversation = (await (await call("GET", f"/conversations/{ANNA}")).json())["items"]
    assert [(entry["direction"], entry["text"]) for entry in thread] == [("in", "Oui"), ("out", "Merci")]
    assert {entry["id"] for entry in conversation} == {entry["id"] for entry in thread}
    wrong = await as_token("send")("POST", "/mails", json=mail | {"answers": "nonsense"})
    assert wrong.status == 404


async def test_an_address_in_error_is_listed_and_forgiven(as_token, xrm):
    service = memory_mail_service("here")
    await service.refuse_recipient(ANNA)
    mail = {"sender": "COM", "to": [ANNA], "subject": "Devis", "text": "Bonjour"}
    await as_token("send")("POST", "/mails", json=mail)
    await xrm.run_until_idle()

    (wrong,) = (await (await as_token("read")("GET", "/mail-addresses-in-error")).json())["items"]
    assert wrong["address"] == ANNA
    assert (await as_token("read")("DELETE", f"/mail-addresses-in-error/{ANNA}")).status == 403
    assert (await as_token("send")("DELETE", f"/mail-addresses-in-error/{ANNA}")).status == 204
    assert (await (await as_token("read")("GET", "/mail-addresses-in-error")).json())["items"] == []


async def test_what_came_in_is_nothing_for_another_base(as_user, received):
    for path in ("", "/thread", "/files/x"):
        response = await as_user("stranger")("GET", f"/api/v1/bases/OTHER/inbox/{received}{path}")
        assert response.status == 404
