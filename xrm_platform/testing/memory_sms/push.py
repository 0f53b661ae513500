"""What the service pushes: JSON that holds one event, and its way back."""

from __future__ import annotations

import json
from datetime import datetime

from xrm_platform.providers import BadResponse, DeliveryEvent, DeliveryStatus, InboundSms, OptedOut, PermanentError
from xrm_platform.testing.sms_vendor import Push

LARGEST = 100_000
"""Bytes of a push."""


def push_of(event: DeliveryEvent | InboundSms | OptedOut) -> Push:
    """The call that tells of `event`."""
    told = {"key": event.key, "at": event.at.isoformat()}
    match event:
        case DeliveryEvent():
            told |= {"kind": "report", "reference": event.reference, "status": event.status}
        case InboundSms():
            told |= {"kind": "message", "sender": event.sender, "to": event.to, "text": event.text}
        case OptedOut():
            told |= {"kind": "opt_out", "number": event.number}
    return Push(json.dumps(told).encode(), {"Content-Type": "application/json"})


def read_push(body: bytes) -> DeliveryEvent | InboundSms | OptedOut:
    """The event of a call. Raises `BadResponse` for all that `push_of` does not write."""
    if len(body) > LARGEST:
        raise BadResponse(detail=f"{len(body)} bytes")
    try:
        told = json.loads(body)
        key, at = told["key"], datetime.fromisoformat(told["at"])
        match told["kind"]:
            case "report":
                status = DeliveryStatus(told["status"])
                error = PermanentError() if status is DeliveryStatus.FAILED else None
                return DeliveryEvent(key, told["reference"], status, at, error)
            case "message":
                return InboundSms(key, told["sender"], told["to"], told["text"], at)
            case "opt_out":
                return OptedOut(key, told["number"], at)
            case kind:
                raise BadResponse(detail=f"no such kind: {kind}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadResponse(detail=type(error).__name__) from error
