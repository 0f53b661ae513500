"""What an Esendex-compatible service knows and decides: accounts, the rules of dispatch, what becomes of a message.

From Esendex's SDKs and the XSD of its API. Where no source tells what the vendor does, the choice made here is marked
"our choice"; a driver must not depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from .sms_parts import in_gsm, is_gsm, parts

RECIPIENT = re.compile(r"(?:00)?[1-9][0-9]{5,14}|0[1-9][0-9]{5,12}")
NAMED_ORIGINATOR = re.compile(r"[A-Za-z0-9 *$?!\"#%&_\-,@'+.]{1,11}")
PHONE_ORIGINATOR = re.compile(r"[0-9]{1,20}")
OPTED_OUT = re.compile(r"[1-9][0-9]{5,14}")
SEND_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?")
LONGEST_VALIDITY = 72

SENT_AFTER = timedelta(milliseconds=350)
FINAL_AFTER = timedelta(seconds=6)

UNASSIGNED_COUNTRY = "999"
"""A number of no country: the whole batch is refused for it (our choice, as for any other malformed recipient)."""


class Ending(NamedTuple):
    """How a message ends: the status word, and why it failed."""

    word: str
    code: int = 0
    reason: str = ""
    permanent: bool = True


DELIVERED = Ending("Delivered")
MAGIC_NUMBERS: Mapping[str, Ending] = {
    "33639980001": Ending("Failed", 142, "Message broken"),
    "33639980002": Ending("Expired"),
    "33639980003": Ending("Failed", 112, "Temporary issue", permanent=False),
    "33639980004": Ending("Teleported"),
}
"""Numbers of the range kept free for fiction (ARCEP: 06 39 98) that do not end `Delivered`. The last one ends in a
status that no documentation names."""


class Refused(Exception):
    """The service says no: HTTP `status`, and `code` with `description` in its body."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description


@dataclass(slots=True)
class EsendexAccount:
    """An account of the user: what it is called, what is left on it, the number behind it."""

    reference: str = "EX0000000"
    messages_remaining: int = 100_000
    label: str = "Main"
    address: str = "33639980100"
    default_dial_code: str = "33"
    id: str = field(default_factory=lambda: str(uuid4()))


@dataclass(slots=True)
class SentSms:
    """A message that arrived here: `to` in full international digits, `text` as a handset shows it."""

    id: str
    batch_id: str
    account: str
    to: str
    sender: str
    text: str
    characterset: str
    parts: int
    submitted_at: datetime
    send_at: datetime
    ending: Ending
    validity: int = 0
    """Hours; 0 is the vendor's longest."""

    def status(self, now: datetime) -> str:
        """The status word by now."""
        if now < self.send_at:
            return "Scheduled"
        age = now - self.send_at
        if age >= FINAL_AFTER:
            return self.ending.word
        return "Sent" if age >= SENT_AFTER else "Submitted"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message that a handset sent to an account. `characterset` is None for what the vendor could not decode."""

    id: str
    account: str
    to: str
    sender: str
    text: str
    received_at: datetime
    characterset: str | None = "GSM"


@dataclass(frozen=True, slots=True)
class OptOut:
    """A number that an account spares, in international digits."""

    id: str
    account: str
    number: str
    received_at: datetime


class Outbox:
    """Accounts and the messages they sent. Times are given by the caller, aware and in UTC."""

    def __init__(self, accounts: tuple[EsendexAccount, ...]) -> None:
        self.accounts = accounts
        self.sent: list[SentSms] = []
        self.by_id: dict[str, SentSms] = {}
        self.opt_outs: list[OptOut] = []

    def account(self, reference: str) -> EsendexAccount:
        """The account called `reference`, in upper or lower case."""
        for account in self.accounts:
            if account.reference.lower() == reference.lower():
                return account
        raise Refused(400, "accountreference_invalid", f"Invalid Account Reference {reference}")

    def dispatch(self, envelope: Mapping[str, Any], now: datetime) -> list[SentSms]:
        """Take all messages of a dispatch, or refuse all of them."""
        messages = envelope.get("messages")
        if not isinstance(messages, list) or not messages:
            raise Refused(400, "messages_missing", "No messages were supplied")
        account = self.account(str(envelope.get("accountreference", "")))
        batch_id = str(uuid4())
        send_at = _send_at(envelope, now)
        taken = [
            sms
            for message in messages
            for sms in _messages_of(_object(message), envelope, account, batch_id=batch_id, now=now, send_at=send_at)
        ]
        cost = sum(sms.parts for sms in taken)
        if cost > account.messages_remaining:
            raise Refused(402, "insufficient_credit", "Not enough messages remaining on the account")
        account.messages_remaining -= cost
        self.sent += taken
        self.by_id.update((sms.id, sms) for sms in taken)
        return taken

    def opt_out(self, reference: str, number: str, now: datetime) -> OptOut:
        """Spare `number` from now on. Twice the same is a conflict (our choice)."""
        account = self.account(reference)
        if not OPTED_OUT.fullmatch(number):
            raise Refused(400, "phonenumber_invalid", f"Phone number {number} is invalid")
        if any(one.number == number and one.account == account.reference for one in self.opt_outs):
            raise Refused(409, "optout_exists", "The number has opted out already")
        one = OptOut(str(uuid4()), account.reference, number, now)
        self.opt_outs.append(one)
        return one


def _object(message: Any) -> Mapping[str, Any]:
    if not isinstance(message, Mapping):
        raise Refused(400, "message_invalid", "A message is not an object")
    return message


def _messages_of(
    message: Mapping[str, Any],
    envelope: Mapping[str, Any],
    account: EsendexAccount,
    *,
    batch_id: str,
    now: datetime,
    send_at: datetime,
) -> list[SentSms]:
    """One message of a dispatch, once for each of its comma-separated recipients."""
    if "sendat" in message:
        raise Refused(400, "sendat_invalid", "sendat belongs to the batch")
    validity = _validity(message.get("validity", envelope.get("validity", 0)))
    sender = str(message.get("from") or envelope.get("from") or account.address)
    if not (PHONE_ORIGINATOR.fullmatch(sender) or NAMED_ORIGINATOR.fullmatch(sender)):
        raise Refused(400, "originator_invalid", f"Invalid originator {sender}")
    text = message.get("body")
    if not isinstance(text, str) or not text:
        raise Refused(400, "body_missing", "Message body is missing")
    characterset = _characterset(text, message.get("characterset") or envelope.get("characterset") or "GSM")
    gsm = characterset == "GSM"
    return [
        SentSms(
            id=str(uuid4()),
            batch_id=batch_id,
            account=account.reference,
            to=to,
            sender=sender,
            text=in_gsm(text) if gsm else text,
            characterset=characterset,
            parts=parts(text, gsm=gsm),
            submitted_at=now,
            send_at=send_at,
            ending=MAGIC_NUMBERS.get(to, DELIVERED),
            validity=validity,
        )
        for to in (_recipient(one.strip(), account) for one in str(message.get("to") or "").split(","))
    ]


def _recipient(written: str, account: EsendexAccount) -> str:
    """The full international digits. A number of less than eleven digits without 00 is a national one (told of the
    vendor's portal)."""
    if not written:
        raise Refused(400, "phonenumber_missing", "Phone number is missing")
    if not RECIPIENT.fullmatch(written) or written.removeprefix("00").startswith(UNASSIGNED_COUNTRY):
        raise Refused(400, "phonenumber_invalid", f"Phone number {written} is invalid")
    if written.startswith("00"):
        return written[2:]
    if written.startswith("0") or len(written) < 11:
        return account.default_dial_code + written.removeprefix("0")
    return written


def _characterset(text: str, asked: Any) -> str:
    if asked not in ("GSM", "Unicode", "Auto"):
        raise Refused(400, "characterset_invalid", f"Unknown character set {asked}")
    if asked == "Auto":
        return "GSM" if is_gsm(text) else "Unicode"
    return str(asked)


def _validity(hours: Any) -> int:
    if not str(hours).isdecimal() or int(hours) > LONGEST_VALIDITY:
        raise Refused(400, "validity_invalid", f"Validity is 0 to {LONGEST_VALIDITY} hours")
    return int(hours)


def _send_at(envelope: Mapping[str, Any], now: datetime) -> datetime:
    asked = envelope.get("sendat")
    if asked is None:
        return now
    if not SEND_AT.fullmatch(str(asked)):
        raise Refused(400, "sendat_invalid", "sendat is yyyy-MM-ddThh:mm:ssZ")
    at = datetime.fromisoformat(str(asked))
    return max(now, at if at.tzinfo else at.replace(tzinfo=now.tzinfo))
