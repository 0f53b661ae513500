"""What Esendex pushes: XML in PascalCase without a namespace, posted to an address until it answers 200.

From Esendex's page on push notifications and the fixtures of its SDKs: dates are UTC without a zone, a message that
came in has no date at all, and an opt-out was received at `ReceviedAt`. Nothing authenticates the caller. No page tells
what is pushed for a message that ends otherwise than `Delivered` or `Failed`: here nothing (our choice).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from uuid import uuid4

import aiohttp

from .esendex_outbox import InboundMessage, OptOut, SentSms
from .esendex_wire import element, long_fraction, plain_zulu, short_fraction, without_zone

RETRIED_FOR = timedelta(hours=72)
OK = 200


@dataclass(slots=True)
class Notification:
    """One push: its GUID, what it says, since when it is due, and the statuses that it was answered with."""

    id: str
    body: str
    due_at: datetime
    answers: list[int] = field(default_factory=list)

    @property
    def arrived(self) -> bool:
        return OK in self.answers


class EsendexPush:
    """The notifications of a server. `url` is where they go, None for nowhere; they are kept either way."""

    def __init__(self) -> None:
        self.url: str | None = None
        self.typo = True
        """An opt-out spells `ReceviedAt`, as in the vendor's own samples."""
        self.mixed_dates = False
        """Dates come in every form that samples of the API show, one after the other."""
        self.newest_first = False
        self.copies = 1
        """How often each is posted, even when the first was answered 200."""
        self.notifications: list[Notification] = []
        self._told: set[str] = set()
        self._forms = cycle([_bare, plain_zulu, short_fraction, long_fraction, without_zone])

    def inbound(self, message: InboundMessage, account_id: str) -> None:
        """A message came in."""
        inner = (
            element("MessageId", message.id)
            + element("AccountId", account_id)
            + element("MessageText", message.text)
            + element("From", message.sender)
            + element("To", message.to)
        )
        self._add("InboundMessage", inner, message.received_at)

    def opted_out(self, one: OptOut, account_id: str, url: str) -> None:
        """Somebody opted out."""
        received = "ReceviedAt" if self.typo else "ReceivedAt"
        inner = (
            element("AccountId", account_id)
            + element("AccountReference", one.account)
            + element(received, plain_zulu(one.received_at))
            + f"<From>{element('PhoneNumber', one.number)}</From>"
            + f'<Link rel="optout" href="{url}/v1.0/optouts/{one.id}" />'
        )
        self._add("OptOut", inner, one.received_at)

    def ended(self, messages: Iterable[SentSms], account_ids: dict[str, str], now: datetime) -> None:
        """Which of `messages` were delivered or failed by `now`, each told once."""
        for sms in messages:
            word = sms.status(now)
            if word not in ("Delivered", "Failed") or sms.id in self._told:
                continue
            self._told.add(sms.id)
            inner = (
                element("MessageId", sms.id)
                + element("AccountId", account_ids[sms.account])
                + element("OccurredAt", self._date(now))
            )
            if word == "Delivered":
                self._add("MessageDelivered", inner, now)
            else:
                self._add("MessageFailed", inner + _reason(sms), now)

    def _date(self, at: datetime) -> str:
        return next(self._forms)(at) if self.mixed_dates else _bare(at)

    def _add(self, kind: str, inner: str, due_at: datetime) -> None:
        id_ = str(uuid4())
        body = f'<?xml version="1.0" encoding="utf-8"?>\n<{kind}>{element("Id", id_)}{inner}</{kind}>'
        self.notifications.append(Notification(id_, body, due_at))

    async def deliver(self, http: aiohttp.ClientSession, now: datetime) -> None:
        """Post once more (`copies` times) all that was not answered 200 within its 72 hours."""
        if self.url is None:
            return
        due = [one for one in self.notifications if not one.arrived and now - one.due_at <= RETRIED_FOR]
        for notification in reversed(due) if self.newest_first else due:
            for _ in range(self.copies):
                notification.answers.append(await _post(http, self.url, notification.body))


async def _post(http: aiohttp.ClientSession, url: str, body: str) -> int:
    """The status of the answer; 0 when there was none."""
    headers = {"Content-Type": "application/xml; charset=utf-8"}
    try:
        async with http.post(url, data=body.encode(), headers=headers, allow_redirects=False) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0


def _bare(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


def _reason(sms: SentSms) -> str:
    if not sms.ending.code:
        return ""
    told = f"<Code>{sms.ending.code}</Code>{element('Detail', sms.ending.reason)}"
    return (
        f"<FailureReason>{told}<PermanentFailure>{str(sms.ending.permanent).lower()}</PermanentFailure></FailureReason>"
    )
