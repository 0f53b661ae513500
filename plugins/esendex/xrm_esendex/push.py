"""Reading what Esendex pushes: four kinds of XML, in the spellings that its samples and its clients show.

A kind of event has the key that polling gives it, so that the same thing told by both counts once; the GUID of a push
itself is the key only where there is no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from xrm_platform.providers import BadResponse, DeliveryEvent, DeliveryStatus, InboundSms, OptedOut

from .answers import Record, child, excerpt, moment, read, text
from .mapping import e164, failure, report_key

LARGEST = 256 * 1024
"""Bytes of a push: many times the longest SMS."""

Pushed = DeliveryEvent | InboundSms | OptedOut


def read_push(body: bytes, account_reference: str, now: datetime) -> list[Pushed]:
    """What a push says, dated `now` where it has no date. An opt-out of another account of the same user says nothing.
    Raises `BadResponse` for what is no push."""
    if len(body) > LARGEST:
        raise BadResponse(detail=f"a push of {len(body)} bytes")
    record = read(body)
    for kind, reader in READERS.items():
        found = record.get(kind)
        if isinstance(found, dict):
            if _of_another_account(found, account_reference):
                return []
            return [reader(found, now)]
    raise BadResponse(detail=f"no push: {excerpt(body)}")


def _of_another_account(push: Record, account_reference: str) -> bool:
    """Only an opt-out names the account by its reference; the others by a GUID that the settings do not hold."""
    named = text(push, "accountreference").strip().lower()
    return bool(named) and named != account_reference.lower()


def _inbound(push: Record, now: datetime) -> InboundSms:
    """It has no date: it is of now."""
    if "messagetext" not in push:
        raise BadResponse(detail="no MessageText in the push")
    return InboundSms(
        key=_required(push, "messageid").lower(),
        sender=e164(_required(push, "from")),
        to=e164(text(push, "to")),
        text=text(push, "messagetext"),
        at=now,
    )


def _delivered(push: Record, now: datetime) -> DeliveryEvent:
    reference = _required(push, "messageid").lower()
    key = report_key(reference, "delivered")
    return DeliveryEvent(key, reference, DeliveryStatus.DELIVERED, _when(push, "occurredat") or now, raw=_raw(push))


def _failed(push: Record, now: datetime) -> DeliveryEvent:
    reference = _required(push, "messageid").lower()
    error = failure(child(push, "failurereason"), "Failed")
    at = _when(push, "occurredat") or now
    return DeliveryEvent(report_key(reference, "failed"), reference, DeliveryStatus.FAILED, at, error, _raw(push))


def _opted_out(push: Record, now: datetime) -> OptedOut:
    """Its link ends with the GUID that the list of opt-outs has. `ReceviedAt` is the vendor's own spelling."""
    link = text(child(push, "link"), "href").rstrip("/").rpartition("/optouts/")[2]
    return OptedOut(
        key=(link or _required(push, "id")).lower(),
        number=e164(_required(child(push, "from"), "phonenumber")),
        at=_when(push, "receivedat") or _when(push, "receviedat") or now,
    )


READERS: Mapping[str, Callable[[Record, datetime], Pushed]] = {
    "inboundmessage": _inbound,
    "messagedelivered": _delivered,
    "messagefailed": _failed,
    "optout": _opted_out,
}


def _required(push: Record, name: str) -> str:
    written = text(push, name).strip()
    if not written:
        raise BadResponse(detail=f"no {name} in the push")
    return written


def _when(push: Record, name: str) -> datetime | None:
    return moment(text(push, name))


def _raw(push: Record) -> str:
    """What support may want to know: the GUIDs of the push and of the account."""
    return f"push {text(push, 'id').strip()[:100]}, account {text(push, 'accountid').strip()[:100]}"
