"""Between the contract's values and Esendex's: pure functions, no I/O.

Messages are dispatched as JSON: it carries every character of an SMS (XML 1.0 has no form feed, which GSM 03.38 has),
needs no escaping, and its answer is known from clients in use. All the rest is read as XML, the form for which the
vendor's own SDKs document every resource; `answers` reads either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element, SubElement, tostring

from xrm_platform.providers import (
    BadResponse,
    DeliveryEvent,
    DeliveryStatus,
    InboundSms,
    OptedOut,
    OutcomeUnknown,
    OutgoingSms,
    PermanentError,
    ProviderError,
    SentSms,
    SmsEncoding,
    TransientError,
    VendorAccount,
)

from .answers import Record, child, items, moment, number, read, text
from .listings import opted_out_at, received_at, submitted_at
from .settings import LONGEST_VALIDITY

CHARACTER_SETS = {SmsEncoding.GSM7: "GSM", SmsEncoding.UCS2: "Unicode"}
"""Said with every message: Esendex's default is GSM, and what it does to a character that GSM lacks is not known."""

STATUSES = {
    "submitted": DeliveryStatus.SENT,
    "dispatched": DeliveryStatus.SENT,
    "acknowledged": DeliveryStatus.SENT,
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "partiallydelivered": DeliveryStatus.DELAYED,
    "failed": DeliveryStatus.FAILED,
    "rejected": DeliveryStatus.FAILED,
    "failedauthorisation": DeliveryStatus.FAILED,
    "expired": DeliveryStatus.EXPIRED,
    "cancelled": DeliveryStatus.CANCELLED,
}
STILL_WAITING = frozenset({"queued", "scheduled", "authorised", "processing", "connecting"})
"""Nothing has become of the message yet: no report."""

SHORTEST_WITHOUT_PREFIX = 11
"""Esendex takes a shorter number for a national one unless it starts with 00 (its help page on international SMS):
Norway, Singapore, New Caledonia, Saint-Pierre-et-Miquelon, Wallis-et-Futuna."""

E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_number(written: str) -> bool:
    """Whether `written` is E.164 with its plus, which the dispatcher's form can be made of."""
    return E164.fullmatch(written) is not None


def recipient(number_: str) -> str:
    """E.164 with its plus, as Esendex wants it."""
    digits = number_[1:]
    return digits if len(digits) >= SHORTEST_WITHOUT_PREFIX else f"00{digits}"


def e164(written: str) -> str:
    """A number of Esendex's (international digits, with or without 00 or plus) in E.164 with its plus. What is none, a
    short code or a name, stays as it is."""
    bare = written.strip()
    digits = bare.removeprefix("+") if bare.startswith("+") else bare.removeprefix("00")
    return f"+{digits}" if is_number(f"+{digits}") else bare


def validity_hours(time: timedelta | None, default: int | None) -> int | None:
    """`validity` of a message: whole hours, at least one and at most what Esendex takes."""
    if time is None:
        return default
    return min(max(-(-time // timedelta(hours=1)), 1), LONGEST_VALIDITY)


def dispatch(
    batch: Iterable[OutgoingSms], account_reference: str, originator: str, validity: int | None = None
) -> bytes:
    """The body of `POST /v1.0/messagedispatcher`. One `to` a message, so that the answer's order tells them apart.
    `validity` (hours) is that of messages that have none of their own."""
    default = phone_or_name(originator)
    messages = [
        {
            "to": recipient(sms.to),
            "from": phone_or_name(sms.sender) if sms.sender else default,
            "body": sms.text,
            "characterset": CHARACTER_SETS[sms.encoding],
            **({"validity": hours} if (hours := validity_hours(sms.validity, validity)) else {}),
        }
        for sms in batch
    ]
    return json.dumps({"accountreference": account_reference, "messages": messages}, ensure_ascii=False).encode()


def phone_or_name(originator: str) -> str:
    """An originator as Esendex wants it: a phone number without its plus, a name as it is."""
    return originator.removeprefix("+")


def references(body: bytes, count: int) -> list[str]:
    """The ids that Esendex gave to `count` messages, in their order and in lower case, in which pushes and listings are
    compared with them. Esendex took the messages, so an answer that does
    not tell each one's id leaves their outcome unknown: `OutcomeUnknown`."""
    try:
        record = read(body)
        headers = items({**child(record, "batch"), **record}, "messageheaders", "messageheader")
    except BadResponse as error:
        raise OutcomeUnknown(detail=error.detail) from error
    found = [id_.lower() for header in headers if isinstance(id_ := header.get("id"), str) and id_]
    if not len(found) == len(headers) == count:
        raise OutcomeUnknown(detail=f"{len(found)} ids for {count} messages")
    return found


def single_header(body: bytes) -> Record:
    """The header that `GET /v1.0/messageheaders/{id}` answers."""
    record = read(body)
    header = child(record, "messageheader") or record
    if "status" not in header:
        raise BadResponse(detail="no message header in the answer")
    return header


def header_id(header: Record) -> str:
    """The id of a message header, in the lower case in which ids are compared."""
    return text(header, "id").strip().lower()


def report(header: Record, reference: str, now: datetime) -> DeliveryEvent | None:
    """What a message header tells of the message that we know as `reference`; None while there is nothing to tell."""
    word = text(header, "status").strip()
    if word.lower() in STILL_WAITING:
        return None
    status = STATUSES.get(word.lower(), DeliveryStatus.UNKNOWN)
    return DeliveryEvent(
        key=report_key(reference, word),
        reference=reference,
        status=status,
        at=_last_change(header, status) or now,
        error=failure(child(header, "failurereason"), word) if status is DeliveryStatus.FAILED else None,
        raw=word,
    )


def report_key(reference: str, word: str) -> str:
    """The same for a status however and however often it is told."""
    return f"{reference.lower()}:{word.lower()}"


def _last_change(header: Record, status: DeliveryStatus) -> datetime | None:
    own = {DeliveryStatus.DELIVERED: "deliveredat", DeliveryStatus.SENT: "sentat"}.get(status, "laststatusat")
    dates = (moment(text(header, name)) for name in (own, "laststatusat", "submittedat"))
    return next((date for date in dates if date), None)


def failure(reason: Record, word: str) -> ProviderError:
    """Why a message that ended as `word` failed: the `failurereason` of a header or of a push, which say `description`
    and `Detail`. One fixture of the vendor says `retryable`, all others `permanentfailure`."""
    told = text(reason, "description").strip() or text(reason, "detail").strip()
    detail = ": ".join(filter(None, (text(reason, "code").strip(), told))) or word
    permanent = text(reason, "permanentfailure").strip().lower()
    retryable = text(reason, "retryable").strip().lower()
    if permanent == "false" or (not permanent and retryable == "true"):
        return TransientError("delivery_failed_for_now", detail=detail)
    return PermanentError("delivery_failed", detail=detail)


def inbound(header: Record, body: str, now: datetime) -> InboundSms:
    """A message of the inbox. `body` is its whole text: the header holds only the start of it."""
    return InboundSms(
        key=header_id(header),
        sender=e164(text(header, "from", "phonenumber")),
        to=e164(text(header, "to", "phonenumber")),
        text=body,
        at=received_at(header) or now,
    )


def sent(header: Record, now: datetime) -> SentSms:
    """A message that was sent, as its header tells it: only with the start of its text."""
    word = text(header, "status").strip().lower()
    status = None if word in STILL_WAITING else STATUSES.get(word, DeliveryStatus.UNKNOWN)
    return SentSms(
        reference=header_id(header),
        to=e164(text(header, "to", "phonenumber")),
        text=text(header, "summary"),
        at=submitted_at(header) or now,
        status=status,
        whole=False,
    )


def is_inbound(header: Record) -> bool:
    return text(header, "direction").strip().lower() == "inbound"


def opted_out(entry: Record, now: datetime) -> OptedOut:
    """An entry of the list of opt-outs."""
    number_ = text(entry, "from", "phonenumber")
    if not number_.strip():
        raise BadResponse(detail="an opt-out without a number")
    return OptedOut(text(entry, "id").strip().lower() or number_, e164(number_), opted_out_at(entry) or now)


def opt_out_request(account_reference: str, number_: str) -> bytes:
    """The body of `POST /v1.0/optouts` for a number in E.164: XML, as the vendor's SDKs send it."""
    root = Element("optout", xmlns="http://api.esendex.com/ns/")
    SubElement(root, "accountreference").text = account_reference
    SubElement(SubElement(root, "from"), "phonenumber").text = number_.removeprefix("+")
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def body_text(body: bytes) -> str:
    """The text of `GET …/messageheaders/{id}/body`. Its character set may be absent: nothing depends on it."""
    record = read(body)
    if "messagebody" not in record and "bodytext" not in record:
        raise BadResponse(detail="no bodytext in the answer")
    return text(child(record, "messagebody") or record, "bodytext")


def accounts(body: bytes) -> list[VendorAccount]:
    """The accounts that `GET /v1.0/accounts` answers. `messages_left` is None where it is not told."""
    return [
        VendorAccount(
            reference=text(account, "reference").strip(),
            label=text(account, "label").strip() or text(account, "alias").strip(),
            messages_left=number(account, "messagesremaining"),
        )
        for account in items(read(body), "accounts", "account")
    ]


def called(accounts_: Iterable[VendorAccount], reference: str) -> VendorAccount | None:
    """The account called `reference`, in upper or lower case; None when none is."""
    return next((one for one in accounts_ if one.reference.lower() == reference.lower()), None)
