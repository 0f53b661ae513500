"""Between the contract's values and OVHcloud's: pure functions, no I/O."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from xrm_platform.providers import (
    BadResponse,
    Category,
    InboundSms,
    InvalidRecipient,
    OptedOut,
    OutcomeUnknown,
    OutgoingSms,
    ProviderError,
    SentSms,
    VendorAccount,
)

from .plugin import OVH_SMS
from .receipts import Receipt
from .refusals import MessageRefused
from .settings import is_french_mobile, is_sender

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
URL = re.compile(r"https?://", re.IGNORECASE)

LONGEST_VALIDITY = timedelta(hours=48)
"""What every sample of the vendor says; that it takes more is told nowhere."""


def unfit(sms: OutgoingSms, sender: str) -> ProviderError | None:
    """Why a message cannot be handed over at all, None when it can. `sender` is that of the account, empty for a short
    number: with that, OVHcloud blocks addresses of pages and adds no STOP mention."""
    if not E164.fullmatch(sms.to):
        return InvalidRecipient()
    if sms.sender is not None and not is_sender(sms.sender):
        return MessageRefused("sender_refused", sender=sms.sender)
    if sms.category is Category.MARKETING and is_french_mobile(sms.sender or sender):
        return MessageRefused("mobile_sender_is_not_for_marketing")
    if not (sms.sender or sender):
        if sms.category is Category.MARKETING:
            return MessageRefused("marketing_needs_a_sender")
        if URL.search(sms.text):
            return MessageRefused("link_needs_a_sender")
    return None


def job(sms: OutgoingSms, sender: str) -> dict[str, Any]:
    """The body of `POST /sms/{serviceName}/jobs` for one message. How it is encoded OVHcloud sees by itself."""
    body: dict[str, Any] = {
        "message": sms.text,
        "receivers": [sms.to],
        "charset": "UTF-8",
        "noStopClause": sms.category is Category.TRANSACTIONAL,
        "priority": "high" if sms.category is Category.TRANSACTIONAL else "medium",
    }
    shown = sms.sender or sender
    body |= {"sender": shown} if shown else {"senderForResponse": True}
    if sms.validity is not None:
        lasting = min(max(sms.validity, timedelta(minutes=1)), LONGEST_VALIDITY)
        body["validityPeriod"] = -(-lasting // timedelta(minutes=1))
    return body


def reference(answer: Any) -> str:
    """The id of the one message of a job. OVHcloud answers 200 with no id for a number that it does not take:
    `InvalidRecipient`. Any other answer without exactly one id leaves the outcome unknown: `OutcomeUnknown`."""
    report = answer if isinstance(answer, dict) else {}
    ids, invalid = report.get("ids"), report.get("invalidReceivers")
    if ids == [] and invalid:
        raise InvalidRecipient
    if not isinstance(ids, list) or len(ids) != 1 or not _is_id(ids[0]):
        raise OutcomeUnknown(detail=f"no id in the answer: {str(answer)[:300]}")
    return str(ids[0])


def id_list(answer: Any) -> list[str]:
    """The ids or names of a listing."""
    if not isinstance(answer, list) or not all(_is_id(one) or isinstance(one, str) for one in answer):
        raise BadResponse(detail=f"no list: {str(answer)[:300]}")
    return [str(one) for one in answer]


def record(answer: Any) -> Mapping[str, Any]:
    """An object."""
    if not isinstance(answer, dict):
        raise BadResponse(detail=f"no object: {str(answer)[:300]}")
    return answer


def receipt(outgoing: Mapping[str, Any]) -> Receipt:
    """What `GET …/outgoing/{id}` says became of it; a field that is missing is nothing yet."""
    return Receipt(_number(outgoing, "ptt"), _number(outgoing, "deliveryReceipt"))


def sent(outgoing: Mapping[str, Any], now: datetime) -> SentSms:
    """A message of `…/outgoing/{id}` or `…/jobs/{id}`, without the mention that OVHcloud appended."""
    return SentSms(
        reference=_text(outgoing, "id"),
        to=e164(_text(outgoing, "receiver")),
        text=_text(outgoing, "message").removesuffix(OVH_SMS.stop_mention),
        at=moment(_text(outgoing, "creationDatetime")) or now,
        status=receipt(outgoing).status,
    )


def inbound(incoming: Mapping[str, Any], now: datetime) -> InboundSms:
    """A message of `…/incoming/{id}`. To which number it was sent is not told."""
    return InboundSms(
        key=_text(incoming, "id"),
        sender=e164(_text(incoming, "sender")),
        to="",
        text=_text(incoming, "message"),
        at=moment(_text(incoming, "creationDatetime")) or now,
    )


def opted_out(entry: Mapping[str, Any], number: str, now: datetime) -> OptedOut:
    """A number of the blacklist; who is taken off it and answers STOP again is told again."""
    at = moment(_text(entry, "dateCreation") or _text(entry, "creationDatetime")) or now
    return OptedOut(f"{number}:{at:%Y%m%d%H%M%S}", e164(number), at)


def account(service: Mapping[str, Any], name: str) -> VendorAccount:
    """What `GET /sms/{serviceName}` says. Credits are fractions where a country costs more than one."""
    left = service.get("creditsLeft")
    counted = isinstance(left, int | float) and not isinstance(left, bool) and math.isfinite(left)
    return VendorAccount(name, _text(service, "description") or name, int(left or 0) if counted else None)


def e164(written: str) -> str:
    """A number of OVHcloud's (`+33…` or `0033…`) in E.164; what is none stays as it is."""
    bare = written.strip()
    plus = f"+{bare[2:]}" if bare.startswith("00") else bare
    return plus if E164.fullmatch(plus) else bare


def moment(written: str) -> datetime | None:
    """A date in UTC; None for one that cannot be read or does not tell its zone."""
    try:
        at = datetime.fromisoformat(written.strip())
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    return int(value) if value is not None and _is_id(value) else 0


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return str(value) if isinstance(value, str) or _is_id(value) else ""
