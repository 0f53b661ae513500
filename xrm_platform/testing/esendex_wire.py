"""How Esendex writes: XML in its namespace, JSON where asked, dates in every form its samples show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .esendex_outbox import FINAL_AFTER, EsendexAccount, InboundMessage, OptOut, Refused, SentSms

NAMESPACE = "http://api.esendex.com/ns/"
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
SUMMARY = 50
"""Characters of a text that a header shows."""


def read_dispatch(body: bytes, content_type: str) -> dict[str, Any]:
    """The body of a dispatch as one object with the list `messages`, whichever of its two forms it has."""
    try:
        if content_type == "application/json":
            envelope = json.loads(body)
            return envelope if isinstance(envelope, dict) else {}
        return _envelope_of(body)
    except (ValueError, ParseError, DefusedXmlException, RecursionError) as error:
        raise Refused(400, "request_invalid", "The request cannot be read") from error


def _envelope_of(body: bytes) -> dict[str, Any]:
    root = fromstring(body)
    fields = {_local(child.tag): child.text or "" for child in root if _local(child.tag) != "message"}
    messages = [
        {_local(child.tag): child.text or "" for child in message}
        for message in root
        if _local(message.tag) == "message"
    ]
    return {**fields, "messages": messages}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def dispatched_json(batch: Sequence[SentSms], url: str) -> str:
    headers = [{"uri": f"{url}/v1.0/messageheaders/{sms.id}", "id": sms.id} for sms in batch]
    return json.dumps({"batch": {"batchid": batch[0].batch_id, "messageheaders": headers}})


def dispatched_xml(batch: Sequence[SentSms], url: str) -> str:
    headers = "".join(f'<messageheader uri="{url}/v1.0/messageheaders/{sms.id}" id="{sms.id}" />' for sms in batch)
    return f'<messageheaders batchid="{batch[0].batch_id}" xmlns="{NAMESPACE}">{headers}</messageheaders>'


def error_json(code: str, description: str) -> str:
    return json.dumps({"errors": [{"code": code, "description": description}]})


def error_xml(code: str, description: str) -> str:
    """No sample of an XML error is known: names as in JSON (our choice)."""
    told = element("code", code) + element("description", description)
    return f'<response xmlns="{NAMESPACE}"><errors><error>{told}</error></errors></response>'


def accounts_xml(accounts: Iterable[EsendexAccount], url: str) -> str:
    return f'<accounts xmlns="{NAMESPACE}">{"".join(_account(account, url) for account in accounts)}</accounts>'


def _account(account: EsendexAccount, url: str) -> str:
    here = f"{url}/v1.0/accounts/{account.id}"
    return (
        f'<account id="{account.id}" uri="{here}">'
        + element("reference", account.reference)
        + element("label", account.label)
        + element("address", account.address)
        + "<type>Professional</type>"
        + element("messagesremaining", str(account.messages_remaining))
        + "<expireson>2999-02-25T00:00:00</expireson><role>PowerUser</role>"
        + element("defaultdialcode", account.default_dial_code)
        + f'<settings uri="{here}/settings" /></account>'
    )


def listing_xml(headers: Sequence[str], start: int, total: int) -> str:
    """A page of message headers that starts at `start` of `total`."""
    numbers = f'startindex="{start}" count="{len(headers)}" totalcount="{total}"'
    return f'<messageheaders {numbers} xmlns="{NAMESPACE}">{"".join(headers)}</messageheaders>'


def sent_header(sms: SentSms, url: str, username: str, now: datetime) -> str:
    """The header of a message that was sent, with its status at `now`."""
    status = sms.status(now)
    final = status == sms.ending.word
    changed = sms.send_at + FINAL_AFTER if final else sms.submitted_at
    return _header(
        url,
        sms.id,
        element("reference", sms.account)
        + element("status", status)
        + element("laststatusat", without_zone(changed))
        + element("submittedat", short_fraction(sms.submitted_at))
        + (element("sentat", long_fraction(sms.send_at)) if status == "Sent" or final else "")
        + (element("deliveredat", plain_zulu(changed)) if status == "Delivered" else "")
        + "<type>SMS</type>"
        + f"<to><phonenumber>{sms.to}</phonenumber></to>"
        + f"<from>{element('phonenumber', sms.sender)}</from>"
        + element("summary", sms.text[:SUMMARY])
        + f'<body id="{sms.id}" uri="{url}/v1.0/messageheaders/{sms.id}/body" />'
        + f"<direction>Outbound</direction><parts>{sms.parts}</parts>"
        + element("username", username)
        + f'<batch id="{sms.batch_id}" uri="{url}/v1.1/messagebatches/{sms.batch_id}" />'
        + (_failure(sms) if final and sms.ending.code else ""),
    )


def _failure(sms: SentSms) -> str:
    ending = sms.ending
    told = f"<code>{ending.code}</code>{element('description', ending.reason)}"
    return f"<failurereason>{told}<permanentfailure>{str(ending.permanent).lower()}</permanentfailure></failurereason>"


def inbound_header(message: InboundMessage, url: str) -> str:
    """The header of a message of the inbox, unread."""
    return _header(
        url,
        message.id,
        element("reference", message.account)
        + "<status>Submitted</status>"
        + element("laststatusat", short_fraction(message.received_at))
        + element("submittedat", plain_zulu(message.received_at))
        + element("receivedat", long_fraction(message.received_at))
        + "<type>SMS</type>"
        + f"<to>{element('phonenumber', message.to)}</to><from>{element('phonenumber', message.sender)}</from>"
        + element("summary", message.text[:SUMMARY])
        + f'<body id="{message.id}" uri="{url}/v1.0/messageheaders/{message.id}/body" />'
        + "<direction>Inbound</direction><parts>1</parts><readat>0001-01-01T00:00:00Z</readat>",
    )


def _header(url: str, id_: str, inner: str) -> str:
    return f'<messageheader id="{id_}" uri="{url}/v1.0/messageheaders/{id_}">{inner}</messageheader>'


def single_xml(element: str) -> str:
    """An element alone, with the namespace on it."""
    return re.sub(r"^<(\w+)", rf'<\1 xmlns="{NAMESPACE}"', element, count=1)


def body_xml(text: str, characterset: str | None) -> str:
    charset = f"<characterset>{characterset}</characterset>" if characterset else ""
    return f'<messagebody xmlns="{NAMESPACE}">{element("bodytext", text)}{charset}</messagebody>'


def read_opt_out(body: bytes) -> tuple[str, str]:
    """Account reference and number of a request to spare a number."""
    try:
        fields = {_local(found.tag): found.text or "" for found in fromstring(body).iter()}
    except (ValueError, ParseError, DefusedXmlException) as error:
        raise Refused(400, "request_invalid", "The request cannot be read") from error
    return fields.get("accountreference", ""), fields.get("phonenumber", "")


def opt_out_element(one: OptOut, url: str) -> str:
    return (
        f'<optout id="{one.id}">'
        + element("accountreference", one.account)
        + element("receivedat", plain_zulu(one.received_at))
        + f"<from>{element('phonenumber', one.number)}</from>"
        + f'<link rel="self" href="{url}/v1.0/optouts/{one.id}" /></optout>'
    )


def opt_outs_xml(page: Sequence[OptOut], start: int, total: int, url: str) -> str:
    numbers = f'startindex="{start}" count="{len(page)}" totalcount="{total}"'
    inner = "".join(opt_out_element(one, url) for one in page)
    return f'<optouts {numbers} xmlns="{NAMESPACE}">{inner}</optouts>'


def batches_xml(batches: Sequence[Sequence[SentSms]], url: str, now: datetime) -> str:
    """Batches, the messages of each counted by status."""
    inner = "".join(_batch(batch, url, now) for batch in batches)
    return f'<messagebatches count="{len(batches)}" xmlns="{NAMESPACE}">{inner}</messagebatches>'


def _batch(batch: Sequence[SentSms], url: str, now: datetime) -> str:
    words = [sms.status(now).lower() for sms in batch]
    counted = "".join(f"<{word}>{words.count(word)}</{word}>" for word in sorted(set(words)))
    first = batch[0]
    return (
        f'<messagebatch id="{first.batch_id}" uri={quoteattr(f"{url}/v1.1/messagebatches/{first.batch_id}")}>'
        + element("createdat", long_fraction(first.submitted_at))
        + f"<batchsize>{len(batch)}</batchsize><persistedbatchsize>{len(batch)}</persistedbatchsize>"
        + f"<status>{counted}</status>"
        + element("accountreference", first.account)
        + "</messagebatch>"
    )


def element(name: str, text: str) -> str:
    """A leaf, its text escaped."""
    return f"<{name}>{escape(NOT_IN_XML.sub('', text))}</{name}>"


def plain_zulu(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def short_fraction(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 10_000:02}Z"


def long_fraction(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}0Z"


def without_zone(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}"
