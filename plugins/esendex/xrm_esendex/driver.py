"""Esendex as the platform calls it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    DeliveryEvent,
    DriverContext,
    InboundSms,
    InvalidRecipient,
    NotFound,
    OptedOut,
    OutgoingSms,
    ProviderError,
    SendResult,
    SentSms,
    Tick,
    VendorAccount,
)

from . import account_check, listings, mapping
from .answers import Record, items, read, text
from .client import EsendexClient
from .push import Pushed, read_push
from .reports import Reports
from .sending import hand_over

PAGE = 100
"""Entries a page: the API's default."""


class EsendexSms:
    """One Esendex account. It keeps no state: any of its methods may run any number of times at once. Before an account
    is chosen, `accounts` alone makes sense."""

    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._url: str = settings["url"]
        self._account: str = settings.get("account_reference", "")
        self._originator: str = settings.get("originator", "")
        self._validity: int | None = settings.get("validity_hours")
        self._client = EsendexClient(self._url, settings["username"], settings["password"], context)
        self._now = context.now

    async def send(self, batch: Sequence[OutgoingSms]) -> Sequence[SendResult]:
        """Hand over the batch in one request, or in more when Esendex refuses a message of it."""
        return await hand_over(batch, self._offer)

    async def _offer(self, messages: Sequence[OutgoingSms]) -> Sequence[str]:
        body = mapping.dispatch(messages, self._account, self._originator, self._validity)
        return mapping.references(await self._client.dispatch(body), len(messages))

    async def reports(self, references: Sequence[str]) -> Sequence[DeliveryEvent]:
        """What became of these. What Esendex does not know, or only has waiting, gives no event."""
        headers = await Reports(self._header, self._sent_headers).of(references)
        found = (mapping.report(header, reference, self._now()) for reference, header in headers.items())
        return [event for event in found if event is not None]

    async def _header(self, reference: str) -> Record | None:
        try:
            return mapping.single_header(await self._client.read(f"/v1.0/messageheaders/{quote(reference, safe='')}"))
        except NotFound:
            return None

    def _sent_headers(self, **between: str) -> AsyncGenerator[list[Record]]:
        return self._headers("/v1.0/messageheaders", accountreference=self._account, **between)

    async def inbox(self, since: datetime) -> Sequence[InboundSms]:
        """What came in at `since` or later, the texts read in full."""
        headers = []
        date = listings.received_at
        async for page in self._headers(f"/v1.0/inbox/{self._account}/messages"):
            headers += [header for header in page if listings.is_since(date, header, since)]
            if listings.goes_back_beyond(date, page, since):
                break
        return [mapping.inbound(header, await self._text(header), self._now()) for header in headers]

    async def _text(self, header: Record) -> str:
        """The whole text. One that is gone or unreadable must not stop the others: its summary stands in for it."""
        try:
            path = f"/v1.0/messageheaders/{quote(mapping.header_id(header), safe='')}/body"
            return mapping.body_text(await self._client.read(path))
        except (NotFound, BadResponse):
            return text(header, "summary")

    def parse_push(self, _: Mapping[str, str], body: bytes) -> Sequence[Pushed]:
        """What Esendex posts of its own accord. Esendex signs nothing: who calls is known by the address alone."""
        return read_push(body, self._account, self._now())

    async def sent_since(self, since: datetime) -> Sequence[SentSms]:
        """What Esendex took at `since` or later, each with the start of its text."""
        # A message taken meanwhile moves the others to the next page, where they come again.
        found: dict[str, Record] = {}
        date = listings.submitted_at
        async for page in self._sent_headers(start=listings.written(since)):
            fresh = (header for header in page if not mapping.is_inbound(header))
            found.update(
                (mapping.header_id(header), header) for header in fresh if listings.is_since(date, header, since)
            )
            if listings.goes_back_beyond(date, page, since):
                break
        return [mapping.sent(header, self._now()) for header in found.values()]

    async def opt_outs(self, since: datetime) -> Sequence[OptedOut]:
        """Who opted out of this account at `since` or later."""
        found = []
        date = listings.opted_out_at
        async for page in self._pages("/v1.0/optouts", "optouts", "optout", accountreference=self._account):
            found += [mapping.opted_out(entry, self._now()) for entry in page if listings.is_since(date, entry, since)]
            if listings.goes_back_beyond(date, page, since):
                break
        return found

    async def add_opt_out(self, number: str) -> None:
        """Tell Esendex of an opt-out. It takes none back: its API has no way to."""
        if not mapping.is_number(number):
            raise InvalidRecipient
        await self._client.add("/v1.0/optouts", mapping.opt_out_request(self._account, number))

    def _headers(self, path: str, **query: str) -> AsyncGenerator[list[Record]]:
        return self._pages(path, "messageheaders", "messageheader", **query)

    async def _pages(self, path: str, plural: str, singular: str, **query: str) -> AsyncGenerator[list[Record]]:
        """The listing at `path`, page by page, to its end."""
        start = 0
        while True:
            answer = read(await self._client.read(path, startindex=start, count=PAGE, **query))
            page = items(answer, plural, singular)
            if page:
                yield page
            start += len(page)
            if not page or start >= listings.total(answer, plural, start, PAGE):
                return

    async def balance(self) -> int:
        """Messages left on the account. Raises `AuthError` when it is no account of this sign-in."""
        account = mapping.called(await self.accounts(), self._account)
        if account is None:
            raise AuthError("account_reference_refused")
        if account.messages_left is None:
            raise BadResponse(detail="no messagesremaining in the account")
        return account.messages_left

    async def accounts(self) -> Sequence[VendorAccount]:
        """All accounts of the user."""
        return mapping.accounts(await self._client.read("/v1.0/accounts"))

    async def check(self) -> Sequence[Tick]:
        """Ticks `reached`, `secured`, `signed_in`, `may_send` and `balance`, from one request."""
        accounts: Sequence[VendorAccount] | ProviderError
        try:
            accounts = await self.accounts()
        except ProviderError as error:
            accounts = error
        return account_check.ticks(self._url, self._account, accounts)

    async def aclose(self) -> None:
        """Nothing is open: the HTTP session is the platform's."""
