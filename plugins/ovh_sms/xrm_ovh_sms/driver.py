"""OVHcloud SMS as the platform calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from xrm_platform.providers import (
    AccountError,
    BadResponse,
    DeliveryEvent,
    DriverContext,
    InboundSms,
    NotFound,
    OptedOut,
    OutgoingSms,
    SendResult,
    SentSms,
    Tick,
    VendorAccount,
)

from . import account_check, mapping
from .client import OvhClient
from .push import read_receipt
from .refusals import NotGranted
from .sending import hand_over
from .signature import Keys

AT_ONCE = 4
"""Objects that are read at once: OVHcloud gives a list of ids, and each object for itself."""

Found = TypeVar("Found")


class OvhSms:
    """One SMS service of a customer. It remembers the distance of OVHcloud's clock and when numbers were blacklisted,
    and is right without either. Before a service is chosen, `accounts` alone makes sense."""

    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._url: str = settings["url"]
        self._service: str = settings.get("service_name", "")
        self._sender: str = settings.get("sender", "")
        keys = Keys(settings["application_key"], settings["application_secret"], settings["consumer_key"])
        self._client = OvhClient(self._url, keys, context)
        self._now = context.now
        self._opted_out: dict[str, OptedOut] = {}

    async def send(self, batch: Sequence[OutgoingSms]) -> Sequence[SendResult]:
        """Hand over the messages, each by a request of its own."""
        return await hand_over(batch, lambda sms: mapping.unfit(sms, self._sender), self._offer)

    async def _offer(self, sms: OutgoingSms) -> str:
        try:
            answer = await self._client.act("sms", self._service, "jobs", body=mapping.job(sms, self._sender))
        except NotFound as error:  # no message will fare better
            raise AccountError("service_unknown", detail=error.detail, service=self._service) from error
        return mapping.reference(answer)

    async def reports(self, references: Sequence[str]) -> Sequence[DeliveryEvent]:
        """What became of these. What OVHcloud does not know, or has not sent yet, gives no event."""
        known = [reference for reference in references if reference.isascii() and reference.isdigit()]
        outgoing = await _each(known, lambda id_: self._found("outgoing", id_))
        events = [
            mapping.receipt(one).event(reference, self._now())
            for reference, one in zip(known, outgoing, strict=True)
            if one is not None
        ]
        return [event for event in events if event is not None]

    async def inbox(self, since: datetime) -> Sequence[InboundSms]:
        """Answers that came in at `since` or later."""
        ids = await self._listed("incoming", since)
        found = await _each(ids, lambda id_: self._found("incoming", id_))
        return [mapping.inbound(one, self._now()) for one in found if one is not None]

    def parse_push(self, _: Mapping[str, str], body: bytes) -> Sequence[DeliveryEvent]:
        """A delivery receipt: OVHcloud calls an address whose query string comes here as the body. It signs nothing."""
        return read_receipt(body, self._now())

    async def sent_since(self, since: datetime) -> Sequence[SentSms]:
        """What was sent, and what still waits. Jobs are read first: one that is sent meanwhile is in both or the
        second, never in neither."""
        waiting = await self._sent("jobs", mapping.id_list(await self._client.read("sms", self._service, "jobs")))
        sent = await self._sent("outgoing", await self._listed("outgoing", since))
        found = {one.reference: one for one in (*waiting, *sent)}
        return [one for one in found.values() if one.at >= since.replace(microsecond=0)]

    async def _sent(self, kind: str, ids: Sequence[str]) -> list[SentSms]:
        found = await _each(ids, lambda id_: self._found(kind, id_))
        return [mapping.sent(one, self._now()) for one in found if one is not None]

    async def opt_outs(self, since: datetime) -> Sequence[OptedOut]:
        """Who answered STOP at `since` or later. There is no call to add to the list: OVHcloud fills it by itself."""
        numbers = mapping.id_list(await self._client.read("sms", self._service, "blacklists"))
        new = [number for number in numbers if number not in self._opted_out]
        for number, entry in zip(new, await _each(new, lambda one: self._found("blacklists", one)), strict=True):
            if entry is not None:
                self._opted_out[number] = mapping.opted_out(entry, number, self._now())
        self._opted_out = {number: self._opted_out[number] for number in numbers if number in self._opted_out}
        return [one for one in self._opted_out.values() if one.at >= since.replace(microsecond=0)]

    async def _listed(self, kind: str, since: datetime) -> list[str]:
        """The ids of what was made at `since` or later, which OVHcloud counts in whole seconds."""
        start = since.astimezone(UTC).isoformat(timespec="seconds")
        return mapping.id_list(await self._client.read("sms", self._service, kind, **{"creationDatetime.from": start}))

    async def _found(self, kind: str, id_: str) -> Mapping[str, Any] | None:
        try:
            return mapping.record(await self._client.read("sms", self._service, kind, id_))
        except NotFound:
            return None

    async def balance(self) -> int:
        """Credits left on the service: one is a part of a message to metropolitan France."""
        left = (await self._account(self._service)).messages_left
        if left is None:
            raise BadResponse(detail="no creditsLeft in the service")
        return left

    async def accounts(self) -> Sequence[VendorAccount]:
        """All SMS services of the customer. One that the keys may not look into is told by its name alone."""
        names = mapping.id_list(await self._client.read("sms"))
        return await _each(names, self._account_or_name)

    async def _account_or_name(self, name: str) -> VendorAccount:
        try:
            return await self._account(name)
        except NotGranted:
            return VendorAccount(name, name)

    async def _account(self, name: str) -> VendorAccount:
        return mapping.account(mapping.record(await self._client.read("sms", name)), name)

    async def check(self) -> Sequence[Tick]:
        """Ticks `reached`, `secured`, `signed_in`, `may_send` and `balance`."""
        return await account_check.ticks(
            self._url, self._service, self._client.ask_time, lambda: self._account(self._service), self._sender_trouble
        )

    async def _sender_trouble(self) -> str:
        if not self._sender:
            return ""
        sender = await self._found("senders", self._sender)
        if sender is None:
            return "sender_unknown"
        return "" if sender.get("status") == "enable" else "sender_not_validated"

    async def aclose(self) -> None:
        """Nothing is open: the HTTP session is the platform's."""


async def _each(names: Sequence[str], ask: Callable[[str], Awaitable[Found]]) -> list[Found]:
    """The answer for each of `names`, a few asked at once. The first error ends it and is raised."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> Found:
        async with gate:
            return await ask(name)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(name)) for name in names]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]
