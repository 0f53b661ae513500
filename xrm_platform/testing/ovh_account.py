"""What an SMS service of OVHcloud knows and decides: the rules of a job, what becomes of it, whom it spares.

From OVHcloud's guides on SMS (FAQ, API cookbook, API users) and the published schema of its API. Where no source tells
what the vendor does, the choice made here is marked "our choice"; a driver must not depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from .sms_parts import in_gsm, is_gsm, parts

RECEIVER = re.compile(r"(?:\+|00)[1-9][0-9]{6,14}")
UNASSIGNED_COUNTRY = "999"
URL = re.compile(r"https?://", re.IGNORECASE)
STOP = " STOP 36111"
"""Eleven characters that are appended to a text from a sender of one's own, unless `noStopClause` says otherwise."""

SENT_AFTER = timedelta(milliseconds=350)
FINAL_AFTER = timedelta(seconds=6)
UNTIL_MORNING = timedelta(hours=12)
LONGEST_VALIDITY = 2880

FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "message": str,
    "receivers": list,
    "sender": str,
    "senderForResponse": bool,
    "noStopClause": bool,
    "charset": str,
    "class": str,
    "coding": str,
    "priority": str,
    "differedPeriod": int,
    "validityPeriod": int,
    "tag": str,
}


class Ending(NamedTuple):
    """How a message ends: its tracking code (PTT), and the receipt's own id (1 success, 2 failed, 8 buffered …)."""

    ptt: int
    receipt: int


ACCEPTED = Ending(3, 4)
DELIVERED = Ending(4, 1)
FAILED = Ending(5, 2)
EXPIRED = Ending(8, 2)


class Refused(Exception):
    """The service says no: HTTP `status`, `message`, and often a code."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


@dataclass(slots=True)
class OvhJob:
    """A message that was taken: `to` in E.164 with its plus, `text` as a handset shows it."""

    id: int
    to: str
    text: str
    sender: str
    unicode: bool
    parts: int
    created_at: datetime
    send_at: datetime
    validity: int
    tag: str
    priority: str
    held: bool
    ending: Ending = DELIVERED

    def state(self, now: datetime) -> Ending | None:
        """What is known of it by now; None while it is a job and not yet sent."""
        age = now - self.send_at
        if age < SENT_AFTER:
            return None
        return self.ending if age >= FINAL_AFTER else ACCEPTED


@dataclass(frozen=True, slots=True)
class OvhIncoming:
    """A message that a handset sent."""

    id: int
    sender: str
    text: str
    created_at: datetime


@dataclass(slots=True)
class OvhService:
    """A service `sms-xx0000-1` with credit, senders (name to status) and a list of numbers that it spares."""

    name: str = "sms-xr12345-1"
    description: str = "Main"
    credits_left: float = 100_000.0
    senders: dict[str, str] = field(default_factory=lambda: {"XRM": "enable"})
    jobs: list[OvhJob] = field(default_factory=list)
    incoming: list[OvhIncoming] = field(default_factory=list)
    blacklist: dict[str, datetime] = field(default_factory=dict)
    night: bool = False
    """Whether it is an hour at which the law lets no marketing go."""
    ids: count[int] = field(default_factory=lambda: count(26_929_925))

    def take(self, body: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """Take a job, each receiver by itself: the answer names those that are numbers and those that are none."""
        _check_fields(body)
        text, sender = body["message"], self._sender(body)
        stop = "" if body.get("noStopClause", False) or body.get("senderForResponse") else STOP
        valid = [receiver for receiver in body["receivers"] if _is_number(receiver)]
        unicode = not is_gsm(text)
        shown = (text if unicode else in_gsm(text)) + stop
        cost = parts(shown, gsm=not unicode)
        if cost * len(valid) > self.credits_left:
            raise Refused(402, "Not enough credits on your account")  # our choice: no source tells status and words
        self.credits_left -= cost * len(valid)
        held = self.night and bool(stop)
        send_at = now + timedelta(minutes=body.get("differedPeriod", 0)) + (UNTIL_MORNING if held else timedelta())
        taken = [
            OvhJob(
                id=next(self.ids),
                to=f"+{receiver.removeprefix('+').removeprefix('00')}",
                text=shown,
                sender=sender,
                unicode=unicode,
                parts=cost,
                created_at=now,
                send_at=send_at,
                validity=body.get("validityPeriod", LONGEST_VALIDITY),
                tag=body.get("tag", ""),
                priority=body.get("priority", "high"),
                held=held,
            )
            for receiver in valid
        ]
        self.jobs += taken
        return {
            "totalCreditsRemoved": cost * len(valid),
            "invalidReceivers": [receiver for receiver in body["receivers"] if not _is_number(receiver)],
            "ids": [job.id for job in taken],
            "validReceivers": valid,
        }

    def _sender(self, body: Mapping[str, Any]) -> str:
        """Either one's own sender, validated, or a short number that can be answered and takes no address of a page."""
        sender, answered = body.get("sender"), body.get("senderForResponse", False)
        if bool(sender) is bool(answered):
            raise Refused(400, "sender and senderForResponse exclude each other and one is needed")
        if answered:
            if URL.search(body["message"]):
                raise Refused(403, "URLs are not allowed with a short number")
            return "36105"
        if self.senders.get(str(sender)) != "enable":
            raise Refused(403, f"The sender {sender} does not exist or is not validated")
        return str(sender)


def _check_fields(body: Mapping[str, Any]) -> None:
    for name, value in body.items():
        if name not in FIELDS:
            raise Refused(400, f"[{name}] Unknown parameter")
        if not isinstance(value, FIELDS[name]) or (FIELDS[name] is int and isinstance(value, bool)):
            raise Refused(400, f"[{name}] Given data ({value}) is not valid for its type")
    if not body.get("message"):
        raise Refused(400, "[message] Missing parameter")
    if not body.get("receivers") or not all(isinstance(receiver, str) for receiver in body["receivers"]):
        raise Refused(400, "[receivers] Missing parameter")
    if body.get("charset", "UTF-8") != "UTF-8":
        raise Refused(400, "[charset] Given data is not valid for type sms.CharsetEnum")
    if body.get("priority", "high") not in ("high", "medium", "low", "veryLow"):
        raise Refused(400, "[priority] Given data is not valid for type sms.PriorityEnum")
    if not 0 < body.get("validityPeriod", LONGEST_VALIDITY) <= LONGEST_VALIDITY:
        raise Refused(400, "[validityPeriod] Out of range")  # our choice: the longest is not told


def _is_number(receiver: str) -> bool:
    return bool(RECEIVER.fullmatch(receiver)) and not receiver.lstrip("+0").startswith(UNASSIGNED_COUNTRY)
