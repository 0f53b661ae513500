"""Between the contract's values and Esendex's: pure functions, no I/O.

Messages are dispatched as JSON: it carries every character of an SMS (XML 1.0 has no form feed, which GSM 03.38 has),
needs no escaping, and its answer is known from clients in use. All the rest is read as XML, the form for which the
vendor's own SDKs document every resource; `answers` reads either.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from xrm_platform.providers import (
    BadResponse,
    DeliveryEvent,
    DeliveryStatus,
    InboundSms,
    OutcomeUnknown,
    OutgoingSms,
    PermanentError,
    ProviderError,
    SmsEncoding,
    TransientError,
)

from .answers import Record, child, items, moment, number, read, text

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


def dispatch(batch: Iterable[OutgoingSms], account_reference: str, originator: str) -> bytes:
    """The body of `POST /v1.0/messagedispatcher`. One `to` a message, so that the answer's order tells them apart."""
    default = phone_or_name(originator)
    messages = [
        {
            "to": recipient(sms.to),
            "from": phone_or_name(sms.sender) if sms.sender else default,
            "body": sms.text,
            "characterset": CHARACTER_SETS[sms.encoding],
        }
        for sms in batch
    ]
    return json.dumps({"accountreference": account_reference, "messages": messages}, ensure_ascii=False).encode()


def phone_or_name(originator: str) -> str:
    """An originator as Esendex wants it: a phone number without its plus, a name as it is."""
    return originator.removeprefix("+")


def references(body: bytes, count: int) -> list[str]:
    """The ids that Esendex gave to `count` messages, in their order. Esendex took the messages, so an answer that does
    not tell each one's id leaves their outcome unknown: `OutcomeUnknown`."""
    try:
        record = read(body)
        headers = items({**child(record, "batch"), **record}, "messageheaders", "messageheader")
    except BadResponse as error:
        raise OutcomeUnknown(detail=error.detail) from error
    found = [id_ for header in headers if isinstance(id_ := header.get("id"), str) and id_]
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
        key=f"{reference}:{word.lower()}",
        reference=reference,
        status=status,
        at=_last_change(header, status) or now,
        error=_failure(header, word) if status is DeliveryStatus.FAILED else None,
        raw=word,
    )


def _last_change(header: Record, status: DeliveryStatus) -> datetime | None:
    own = {DeliveryStatus.DELIVERED: "deliveredat", DeliveryStatus.SENT: "sentat"}.get(status, "laststatusat")
    dates = (moment(text(header, name)) for name in (own, "laststatusat", "submittedat"))
    return next((date for date in dates if date), None)


def _failure(header: Record, word: str) -> ProviderError:
    """Why it failed. One fixture of the vendor says `retryable`, all others `permanentfailure`."""
    reason = child(header, "failurereason")
    detail = ": ".join(filter(None, (text(reason, "code").strip(), text(reason, "description").strip()))) or word
    permanent = text(reason, "permanentfailure").strip().lower()
    retryable = text(reason, "retryable").strip().lower()
    if permanent == "false" or (not permanent and retryable == "true"):
        return TransientError("delivery_failed_for_now", detail=detail)
    return PermanentError("delivery_failed", detail=detail)


def received_at(header: Record) -> datetime | None:
    """When an inbound message came in."""
    dates = (moment(text(header, name)) for name in ("receivedat", "laststatusat", "submittedat"))
    return next((date for date in dates if date), None)


def came_in_since(header: Record, since: datetime) -> bool:
    """Whether an inbound message is of `since` or later. One without a readable date is taken for new: it is told
    twice rather than never."""
    at = received_at(header)
    return at is None or at >= since


def goes_back_beyond(page: Sequence[Record], since: datetime) -> bool:
    """Whether all that follows `page` is older than `since`. The order of the inbox is not documented: only a page
    that runs from newer to older and ends before `since` says so."""
    dates = [at for header in page if (at := received_at(header))]
    newest_first = all(later >= earlier for later, earlier in itertools.pairwise(dates))
    return newest_first and bool(dates) and dates[0] > dates[-1] and dates[-1] < since


def total(answer: Record, seen: int, page: int) -> int:
    """How many entries a listing has in all; where it does not tell, one more than `seen` while its pages are full."""
    told = number({**child(answer, "messageheaders"), **answer}, "totalcount")
    if told is not None:
        return told
    return seen + 1 if seen % page == 0 else seen


def inbound(header: Record, body: str, now: datetime) -> InboundSms:
    """A message of the inbox. `body` is its whole text: the header holds only the start of it."""
    return InboundSms(
        key=header_id(header),
        sender=text(header, "from", "phonenumber").strip(),
        to=text(header, "to", "phonenumber").strip(),
        text=body,
        at=received_at(header) or now,
    )


def body_text(body: bytes) -> str:
    """The text of `GET …/messageheaders/{id}/body`. Its character set may be absent: nothing depends on it."""
    record = read(body)
    if "messagebody" not in record and "bodytext" not in record:
        raise BadResponse(detail="no bodytext in the answer")
    return text(child(record, "messagebody") or record, "bodytext")


def messages_left(accounts: Sequence[Record], reference: str) -> int | None:
    """What `messagesremaining` says of the account `reference`; None when no account is called so."""
    for account in accounts:
        if text(account, "reference").strip().lower() == reference.lower():
            left = number(account, "messagesremaining")
            if left is None:
                raise BadResponse(detail="no messagesremaining in the account")
            return left
    return None
