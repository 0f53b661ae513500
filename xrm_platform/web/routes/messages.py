"""Sending mail and SMS, and what became of it.

`mails` and `sms-messages` are two collections to post to, because what makes a mail and what makes an SMS have little
in common: each has its own strict schema, and a client that is generated from the document gets two typed calls
instead of one union. What came of either is read and acted upon in one collection, `messages`, because a person asks
"what became of it" without caring for the channel.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from xrm_platform.messaging.drafts.showing import in_words
from xrm_platform.messaging.requests import AttachmentGiven, Category, MailRequest, SmsRequest
from xrm_platform.messaging.rules.preview import SmsPreview
from xrm_platform.messaging.views import MessageDetail, MessageView
from xrm_platform.problems import Fault, Invalid
from xrm_platform.providers import Channel
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Binary, Need, endpoint
from xrm_platform.web.schemas.answers import page_schema, view_schema
from xrm_platform.web.schemas.bodies import MailNew, SmsNew, SmsPreviewNew
from xrm_platform.web.schemas.queries import MessagesQuery

BASE = "/bases/{base}"
MESSAGES = BASE + "/messages"
MESSAGE = MESSAGES + "/{id}"


@dataclass(frozen=True, slots=True)
class SmsPauseView:
    """Whether SMS are held, and how many messages that concerned just now."""

    paused: bool
    messages: int


@endpoint(
    "POST",
    BASE + "/mails",
    "messages",
    "Send a mail",
    Need.SEND,
    body=MailNew,
    body_limit=None,
    answer=view_schema(MessageView),
    status=201,
    idempotent=True,
)
async def send_mail(call: Call) -> Answer:
    """Queued at once, sent in the background: `Location` says where to see what became of it. Repeated with the same
    `Idempotency-Key` and the same body it answers with the message of the first time; with another body, 409."""
    given = dict(call.body)
    attachments = await asyncio.to_thread(decoded, given.pop("attachments", []))
    request = MailRequest(**_common(given), attachments=attachments)
    return _sent(call, await call.xrm.sending.send_mail(call.actor, request, idempotency_key=call.idempotency_key))


@endpoint(
    "POST",
    BASE + "/sms-messages",
    "messages",
    "Send an SMS",
    Need.SEND,
    body=SmsNew,
    answer=view_schema(MessageView),
    status=201,
    idempotent=True,
)
async def send_sms(call: Call) -> Answer:
    """As for a mail. While SMS are paused it is held, and sent when they are released."""
    request = SmsRequest(**_common(dict(call.body)))
    return _sent(call, await call.xrm.sending.send_sms(call.actor, request, idempotency_key=call.idempotency_key))


@endpoint(
    "POST",
    BASE + "/sms/preview",
    "sms",
    "See what an SMS will be",
    Need.SEND,
    body=SmsPreviewNew,
    answer=view_schema(SmsPreview),
)
async def preview_sms(call: Call) -> SmsPreview:
    """Encoding, number of parts, which characters force Unicode and where, the same in cheaper characters, the price
    and what is left at the vendor. Nothing is sent or kept."""
    return await call.xrm.sms_previews.show(call.actor, **_common(dict(call.body)))


@endpoint("POST", BASE + "/sms/pause", "sms", "Hold all SMS", Need.ADMIN, answer=view_schema(SmsPauseView))
async def pause_sms(call: Call) -> SmsPauseView:
    """Nothing is dropped: what is waiting and what comes meanwhile is held."""
    return SmsPauseView(paused=True, messages=await call.xrm.sms_pause.pause(call.actor))


@endpoint("POST", BASE + "/sms/release", "sms", "Let SMS go again", Need.ADMIN, answer=view_schema(SmsPauseView))
async def release_sms(call: Call) -> SmsPauseView:
    """Lifts the pause, and lets go what was held."""
    return SmsPauseView(paused=False, messages=await call.xrm.sms_pause.release(call.actor))


@endpoint(
    "GET",
    MESSAGES,
    "messages",
    "List messages",
    Need.READ,
    query=MessagesQuery,
    answer=page_schema(MessageView),
)
async def list_messages(call: Call) -> Page[MessageView]:
    """Newest first: one's own, those of the collaborators below, all for an administrator."""
    return await call.xrm.messages.list(call.actor, **call.query)


@endpoint(
    "GET",
    MESSAGE,
    "messages",
    "Show a message and all that happened to it",
    Need.READ,
    answer=view_schema(MessageDetail),
)
async def show_message(call: Call) -> MessageDetail:
    """With `draft` it was handed over to the sender's own mail software: `draft.told` says what the sender does now."""
    shown = await call.xrm.messages.get(call.actor, call.path["id"])
    if shown.draft is None:
        return shown
    provider = call.xrm.registry.provider(Channel.MAIL, shown.provider)
    package = provider.translations if provider is not None else ""
    return replace(shown, draft=in_words(shown.draft, call.xrm.wording, language=call.language, package=package))


@endpoint(
    "GET",
    MESSAGE + "/draft",
    "messages",
    "Fetch a message as a file for mail software",
    Need.READ,
    answer_types=("message/rfc822",),
)
async def fetch_draft(call: Call) -> Answer:
    """Of a message that was handed over as a file: mail software opens it as a message to be sent (`X-Unsent`)."""
    file = await call.xrm.drafts.file(call.actor, call.path["id"])
    plain = file.filename.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.filename, safe='')}"
    return Answer(Binary(file.content, "message/rfc822"), headers={"Content-Disposition": disposition})


@endpoint("POST", MESSAGE + "/cancel", "messages", "Cancel a message", Need.SEND, answer=view_schema(MessageView))
async def cancel_message(call: Call) -> MessageView:
    """While it is queued or held, or a draft in the sender's mail software; later it is refused (409). A draft stays
    where it is."""
    return await call.xrm.messages.cancel(call.actor, call.path["id"])


@endpoint(
    "POST",
    MESSAGE + "/retry",
    "messages",
    "Try a message again",
    Need.SEND,
    answer=view_schema(MessageView),
)
async def retry_message(call: Call) -> MessageView:
    """For those of its recipients who were not reached, and those of whom nobody knows: they may get it twice."""
    return await call.xrm.messages.retry(call.actor, call.path["id"])


def _common(given: dict[str, Any]) -> dict[str, Any]:
    """The members of a request as the use case takes them."""
    for name in ("to", "cc", "bcc"):
        if name in given:
            given[name] = tuple(given[name])
    if "category" in given:
        given["category"] = Category(given["category"])
    return given


def decoded(attachments: Sequence[Mapping[str, Any]]) -> tuple[AttachmentGiven, ...]:
    """Raises `Invalid` that names each attachment whose content is not base64."""
    files: list[AttachmentGiven] = []
    faults: dict[str, Fault | str] = {}
    for index, given in enumerate(attachments):
        try:
            content = base64.b64decode(given["content"], validate=True)
        except (binascii.Error, ValueError):
            faults[f"attachments.{index}.content"] = Fault("not_base64")
            continue
        files.append(AttachmentGiven(given["filename"], content, given.get("content_type")))
    if faults:
        raise Invalid(faults)
    return tuple(files)


def _sent(call: Call, message: MessageView) -> Answer:
    address = call.request.app.router["show_message"].url_for(base=call.path["base"], id=message.id)
    return Answer(message, headers={"Location": str(address)})
