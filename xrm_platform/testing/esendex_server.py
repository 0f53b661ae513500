"""A stand-in for Esendex that speaks its HTTP API and refuses what Esendex refuses.

    async with EsendexServer() as esendex:
        ...                                # a driver with esendex.url, esendex.username, esendex.password
        assert esendex.sent[0].text == "Bonjour"

Messages go `Submitted`, `Sent`, `Delivered` as time passes; `advance` makes it pass. Faults are queued on `faults`, and
each spoils one request. It listens on 127.0.0.1 only, on a port that the system chooses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from secrets import token_urlsafe
from uuid import uuid4

from aiohttp import ClientSession, encode_basic_auth, web

from . import esendex_wire as wire
from .esendex_outbox import Ending, EsendexAccount, InboundMessage, OptOut, Outbox, Refused, SentSms
from .esendex_push import EsendexPush
from .esendex_requests import date_asked, error_answer, fault_answer, page_asked, wants_json, xml_answer
from .http_faults import Fault, Handler, play
from .http_stand_in import HttpStandIn

LARGEST_REQUEST = 16 * 2**20


class EsendexServer(HttpStandIn):
    """An Esendex of one user with `accounts`, by default one. Without `password` it makes one up. `now` gives the time,
    aware and in UTC."""

    def __init__(
        self,
        *accounts: EsendexAccount,
        username: str = "user@example.com",
        password: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.username = username
        self.password = password or token_urlsafe(12)
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        """Every request that came, as `GET /v1.0/accounts`, in order."""
        self.inbox: list[InboundMessage] = []
        self.push = EsendexPush()
        """What it pushes and where to; `push_once` does it."""
        self._outbox = Outbox(accounts or (EsendexAccount(),))
        self._now = now
        self._passed = timedelta()

    @property
    def accounts(self) -> Sequence[EsendexAccount]:
        return self._outbox.accounts

    def add_account(self, account: EsendexAccount) -> None:
        """The user gets one account more."""
        self._outbox.accounts += (account,)

    @property
    def sent(self) -> list[SentSms]:
        """What arrived, in order."""
        return self._outbox.sent

    def advance(self, time: timedelta) -> None:
        """Let `time` pass for the messages."""
        self._passed += time

    def end(self, id_: str, ending: Ending) -> None:
        """The message `id_` ends so, once its time has come."""
        self._outbox.by_id[id_].ending = ending

    def receive(self, sender: str, text: str, *, characterset: str | None = "GSM") -> InboundMessage:
        """A handset sends `text` to the first account."""
        account = self.accounts[0]
        message = InboundMessage(
            str(uuid4()), account.reference, account.address, sender, text, self._time(), characterset
        )
        self.inbox.append(message)
        self.push.inbound(message, account.id)
        return message

    @property
    def opt_outs(self) -> Sequence[OptOut]:
        """Whom the accounts spare, in order."""
        return self._outbox.opt_outs

    def opt_out(self, number: str) -> None:
        """Who has `number` opts out of the first account."""
        account = self.accounts[0]
        self.push.opted_out(self._outbox.opt_out(account.reference, number, self._time()), account.id, self.url)

    def collect_pushes(self) -> None:
        """Note what has become of messages by now in `push.notifications`."""
        ids = {account.reference: account.id for account in self.accounts}
        self.push.ended(self.sent, ids, self._time())

    async def push_once(self) -> None:
        """Post all that has happened and was not answered 200 yet to `push.url`."""
        self.collect_pushes()
        async with ClientSession() as http:
            await self.push.deliver(http, self._time())

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._spoil, self._serve], client_max_size=LARGEST_REQUEST)
        app.add_routes(
            [
                web.post("/v1.{minor:[01]}/messagedispatcher", self._dispatch),
                web.get("/v1.0/accounts", self._accounts),
                web.get("/v1.{minor:[01]}/messageheaders", self._headers),
                web.get("/v1.{minor:[01]}/messageheaders/{id}", self._header),
                web.get("/v1.{minor:[01]}/messageheaders/{id}/body", self._body),
                web.get("/v1.{minor:[01]}/inbox/messages", self._inbox),
                web.get("/v1.{minor:[01]}/inbox/{reference}/messages", self._inbox),
                web.get("/v1.0/optouts", self._opt_outs),
                web.post("/v1.0/optouts", self._add_opt_out),
                web.get("/v1.1/messagebatches", self._batches),
                web.get("/v1.{minor:[01]}/messagebatches/{id}/messages", self._batch_messages),
            ]
        )
        return app

    def _time(self) -> datetime:
        return self._now() + self._passed

    # What happens to every request

    @web.middleware
    async def _spoil(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        return await play(request, handler, self.faults, self._stopping, fault_answer)

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Authorise, and turn refusals into answers."""
        if request.headers.get("Authorization") != encode_basic_auth(self.username, self.password):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="esendex"'}, text="Unauthorized")
        try:
            return await handler(request)
        except Refused as refused:
            return error_answer(request, refused.status, refused.code, refused.description)

    # Resources

    async def _dispatch(self, request: web.Request) -> web.Response:
        envelope = wire.read_dispatch(await request.read(), request.content_type)
        batch = self._outbox.dispatch(envelope, self._time())
        if wants_json(request):
            return web.Response(text=wire.dispatched_json(batch, self.url), content_type="application/json")
        return xml_answer(wire.dispatched_xml(batch, self.url))

    async def _accounts(self, _: web.Request) -> web.Response:
        return xml_answer(wire.accounts_xml(self.accounts, self.url))

    async def _headers(self, request: web.Request) -> web.Response:
        return self._listing(request, list(reversed(self.sent)))

    async def _header(self, request: web.Request) -> web.Response:
        return xml_answer(wire.single_xml(self._sent_header(self._found(request))))

    async def _body(self, request: web.Request) -> web.Response:
        for message in self.inbox:
            if message.id == request.match_info["id"]:
                return xml_answer(wire.body_xml(message.text, message.characterset))
        sms = self._found(request)
        return xml_answer(wire.body_xml(sms.text, sms.characterset))

    async def _inbox(self, request: web.Request) -> web.Response:
        reference = request.match_info.get("reference")
        account = self._outbox.account(reference) if reference else None
        found = [
            message for message in reversed(self.inbox) if account in (None, self._outbox.account(message.account))
        ]
        start, count = page_asked(request)
        headers = [wire.inbound_header(message, self.url) for message in found[start : start + count]]
        return xml_answer(wire.listing_xml(headers, start, len(found)))

    async def _opt_outs(self, request: web.Request) -> web.Response:
        query = request.query
        found: Sequence[OptOut] = self.opt_outs
        if "accountreference" in query:
            name = self._outbox.account(query["accountreference"]).reference
            found = [one for one in found if one.account == name]
        if "from" in query:
            found = [one for one in found if one.number == query["from"]]
        start, count = page_asked(request)
        return xml_answer(wire.opt_outs_xml(found[start : start + count], start, len(found), self.url))

    async def _add_opt_out(self, request: web.Request) -> web.Response:
        reference, number = wire.read_opt_out(await request.read())
        one = self._outbox.opt_out(reference, number, self._time())
        return xml_answer(f'<response xmlns="{wire.NAMESPACE}">{wire.opt_out_element(one, self.url)}</response>')

    async def _batches(self, request: web.Request) -> web.Response:
        start, count = page_asked(request)
        batches = [list(batch) for _, batch in groupby(self.sent, key=lambda sms: sms.batch_id)]
        return xml_answer(wire.batches_xml(batches[::-1][start : start + count], self.url, self._time()))

    async def _batch_messages(self, request: web.Request) -> web.Response:
        batch = [sms for sms in self.sent if sms.batch_id == request.match_info["id"]]
        if not batch:
            raise Refused(404, "not_found", "Not found")
        return self._listing(request, batch)

    def _found(self, request: web.Request) -> SentSms:
        sms = self._outbox.by_id.get(request.match_info["id"].lower())
        if sms is None:
            raise Refused(404, "not_found", "Not found")
        return sms

    def _listing(self, request: web.Request, messages: Sequence[SentSms]) -> web.Response:
        """The messages that the query asks for, a page of them."""
        query = request.query
        by_account = query.get("filterValue") if query.get("filterBy") == "account" else None
        reference = query.get("accountreference") or by_account
        if reference:
            name = self._outbox.account(reference).reference
            messages = [sms for sms in messages if sms.account == name]
        if "status" in query:
            wanted, now = query["status"].lower(), self._time()
            messages = [sms for sms in messages if sms.status(now).lower() == wanted]
        if "start" in query:
            earliest = date_asked(query["start"])
            messages = [sms for sms in messages if sms.submitted_at >= earliest]
        if "finish" in query:
            latest = date_asked(query["finish"])
            messages = [sms for sms in messages if sms.submitted_at <= latest]
        start, count = page_asked(request)
        page = [self._sent_header(sms) for sms in messages[start : start + count]]
        return xml_answer(wire.listing_xml(page, start, len(messages)))

    def _sent_header(self, sms: SentSms) -> str:
        return wire.sent_header(sms, self.url, self.username, self._time())
