"""Google Calendar as the platform calls it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from xrm_platform.providers import (
    AuthError,
    ChangePage,
    DriverContext,
    NotFound,
    ProviderError,
    PushChannel,
    PushHint,
    RemoteCalendar,
    RemoteEvent,
    Tick,
)

from . import account_check, calendars, channels, consent, documents, family, listing, reading
from .client import GoogleClient
from .grants import ByConsent, grant_of
from .tokens import TokenSource
from .writing import Writer


class GoogleCalendar:
    """The calendars of one Google account. Any of its methods may run any number of times at once."""

    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._settings = settings
        self._context = context
        self._grant = grant_of(settings)
        self._tokens = TokenSource(settings["token_url"], self._grant, context)
        self._client = GoogleClient(settings["url"], self._tokens, context)
        self._zones: dict[str, str] = {}

    async def calendars(self) -> Sequence[RemoteCalendar]:
        return await calendars.every(self._client)

    async def create_calendar(self, name: str, color: str | None) -> RemoteCalendar:
        return await calendars.create(self._client, name, color)

    async def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar:
        return await calendars.change(self._client, calendar, name, color)

    async def changes(self, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]:
        """By sync token; series are told whole, at the end."""
        async for page in listing.changes(self._client, calendar, cursor):
            yield page

    async def fetch(self, calendar: str, refs: Sequence[str]) -> Sequence[RemoteEvent]:
        found: list[RemoteEvent] = []
        for ref in refs:
            try:
                one = await family.fetch(self._client, calendar, ref)
            except NotFound:
                continue
            told = await asyncio.to_thread(reading.told, one.master, one.exceptions)
            if isinstance(told, RemoteEvent):
                found.append(told)
        return found

    async def create(self, calendar: str, key: str, ical: str) -> RemoteEvent:
        """The id at Google's follows from `key`, so that Google itself refuses to make the event twice."""
        document = await asyncio.to_thread(documents.read, ical)
        writer = await self._writer(calendar, document)
        return await writer.create(key, await writer.series(document))

    async def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent:
        """Only what differs between `event.ical` and `ical` is sent."""
        before, after = await asyncio.to_thread(lambda: (documents.read(event.ical), documents.read(ical)))
        writer = await self._writer(calendar, before, after)
        return await writer.update(event, await writer.series(before), await writer.series(after))

    async def delete(self, calendar: str, event: RemoteEvent) -> None:
        await (await self._writer(calendar)).delete(event)

    async def _writer(self, calendar: str, *texts: documents.Document) -> Writer:
        """Google has no times without a zone: they are taken for those of the calendar's own."""
        if any(text.floating for text in texts) and calendar not in self._zones:
            told = await self._client.get("calendars", calendar)
            self._zones[calendar] = str(told.get("timeZone") or "UTC")
        return Writer(self._client, calendar, self._zones.get(calendar, "UTC"))

    # Consent

    def authorize_url(self, state: str, redirect: str, verifier: str) -> str:
        """Raises `AuthError` for an account that uses a service account."""
        self._by_consent()
        return consent.authorize_url(self._settings, state, redirect, verifier)

    async def redeem(self, code: str, redirect: str, verifier: str) -> None:
        """Raises `AuthError` for a code that Google does not know, for the consent of another person than the account
        is of, and for an account that uses a service account."""

        async def approve(token: str) -> None:
            client = GoogleClient(self._settings["url"], consent.OneToken(token), self._context)
            await consent.require_account(client, self._settings["account"])

        await self._tokens.redeem(consent.redemption(self._by_consent(), code, redirect, verifier), approve)

    def _by_consent(self) -> ByConsent:
        if not isinstance(self._grant, ByConsent):
            raise AuthError("consent_not_used")
        return self._grant

    # Push

    async def watch(self, calendar: str, address: str, secret: str) -> PushChannel:
        return await channels.watch(self._client, calendar, address, secret)

    async def unwatch(self, channel: PushChannel) -> None:
        await channels.unwatch(self._client, channel)

    def parse_push(self, headers: Mapping[str, str], body: bytes) -> PushHint:  # noqa: ARG002 - empty at Google's
        return channels.parse(headers)

    async def check(self) -> Sequence[Tick]:
        """Ticks `reached`, `secured`, `signed_in` and `calendar`, from one request."""
        found: RemoteCalendar | ProviderError
        try:
            found = await calendars.one(self._client, self._settings["calendar_id"])
        except ProviderError as error:
            found = error
        return account_check.ticks(self._settings["url"], self._settings["calendar_id"], found)

    async def aclose(self) -> None:
        """Nothing is open: the HTTP session is the platform's."""
