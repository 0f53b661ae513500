"""A stand-in for OVHcloud's API of SMS that checks every signature and refuses what OVHcloud refuses.

    async with OvhServer() as ovh:
        ...                  # a driver with ovh.url, ovh.application_key, ovh.application_secret, ovh.consumer_key
        assert ovh.services[0].jobs[0].text == "Bonjour"

A job is sent a moment later, and then found among the outgoing messages under the same id. `advance` makes time pass;
faults are queued on `faults`, and each spoils one signed request. Its clock may go `ahead` of that of the callers, who
have to ask for it. It listens on 127.0.0.1 only, on a port that the system chooses.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import TypeVar
from urllib.parse import urlencode

from aiohttp import web

from .http_faults import Fault, Handler, play
from .http_stand_in import HttpStandIn
from .ovh_account import Ending, OvhIncoming, OvhJob, OvhService, Refused
from .ovh_wire import asked_since, error_answer, fault_answer, in_paris, missing, shown

LATE = timedelta(seconds=30)
"""How far a timestamp may be off (our choice)."""


class OvhServer(HttpStandIn):
    """An OVHcloud of one customer with `services`, by default one. `now` gives the time, aware and in UTC."""

    def __init__(
        self,
        *services: OvhService,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        ahead: timedelta = timedelta(),
    ) -> None:
        super().__init__()
        self.services = list(services or [OvhService()])
        self.application_key = token_hex(8)
        self.application_secret = token_hex(16)
        self.consumer_key = token_hex(16)
        self.ahead = ahead
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        """Every signed request that came, as `GET /1.0/sms`, in order."""
        self.callbacks: list[str] = []
        """Query strings with which the address for delivery receipts was called so far, in order."""
        self._told: set[tuple[int, Ending]] = set()
        self._now = now
        self._passed = timedelta()

    @property
    def url(self) -> str:
        """Where the API of this version begins, as https://eu.api.ovh.com/1.0 does."""
        return f"{super().url}/1.0"

    @property
    def jobs(self) -> Sequence[OvhJob]:
        """What the first service took, in order."""
        return self.services[0].jobs

    def time(self) -> datetime:
        """The time of messages."""
        return self._now() + self._passed

    def advance(self, time: timedelta) -> None:
        """Let `time` pass for the messages."""
        self._passed += time

    def end(self, id_: int, ending: Ending) -> None:
        """The job `id_` of the first service ends so, once its time has come."""
        next(job for job in self.jobs if job.id == id_).ending = ending

    def receive(self, sender: str, text: str) -> None:
        """A handset answers the first service."""
        service = self.services[0]
        service.incoming.append(OvhIncoming(next(service.ids), sender, text, self.time()))

    def opt_out(self, number: str) -> None:
        """Who has `number` answers STOP to the first service."""
        self.services[0].blacklist[number] = self.time()

    def collect_callbacks(self) -> None:
        """Call, in `callbacks`, for every change of the first service's messages that was not told yet."""
        for job in self.jobs:
            state = job.state(self.time())
            if state is not None and (job.id, state) not in self._told:
                self._told.add((job.id, state))
                told = {"id": job.id, "ptt": state.ptt, "date": f"{self.time():%Y%m%d%H%M%S}"}
                self.callbacks.append(urlencode({**told, "description": state.receipt, "descriptionDlr": "a & b"}))

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._check_and_serve])
        app.add_routes(
            [
                web.get("/1.0/auth/time", self._auth_time),
                web.get("/1.0/sms", self._names),
                web.get("/1.0/sms/{service}", self._service),
                web.post("/1.0/sms/{service}/jobs", self._add_job),
                web.get("/1.0/sms/{service}/jobs", self._pending),
                web.get("/1.0/sms/{service}/jobs/{id}", self._job),
                web.get("/1.0/sms/{service}/outgoing", self._outgoing),
                web.get("/1.0/sms/{service}/outgoing/{id}", self._sent),
                web.get("/1.0/sms/{service}/incoming", self._incoming),
                web.get("/1.0/sms/{service}/incoming/{id}", self._received),
                web.get("/1.0/sms/{service}/blacklists", self._blacklists),
                web.get("/1.0/sms/{service}/blacklists/{number}", self._blacklisted),
                web.get("/1.0/sms/{service}/senders", self._senders),
                web.get("/1.0/sms/{service}/senders/{sender}", self._sender),
            ]
        )
        return app

    # What happens to every request

    @web.middleware
    async def _check_and_serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/1.0/auth/time":
            return await handler(request)
        self.requests.append(f"{request.method} {request.path}")

        async def served(request: web.Request) -> web.StreamResponse:
            try:
                await self._check(request)
                return await handler(request)
            except Refused as refused:
                return error_answer(refused)

        return await play(request, served, self.faults, self._stopping, fault_answer)

    async def _check(self, request: web.Request) -> None:
        """The four headers, as OVHcloud's own clients make them."""
        headers = request.headers
        if headers.get("X-Ovh-Application") != self.application_key:
            raise Refused(403, "This application key is invalid", "INVALID_KEY")
        if headers.get("X-Ovh-Consumer") != self.consumer_key:
            raise Refused(403, "This credential is not valid", "INVALID_CREDENTIAL")
        timestamp = headers.get("X-Ovh-Timestamp", "")
        if not timestamp.isdecimal() or abs(int(timestamp) - self._clock()) > LATE.total_seconds():
            raise Refused(400, "Query out of time", "QUERY_TIME_OUT")
        url = f"http://127.0.0.1:{self._port}{request.raw_path}"
        body = (await request.read()).decode()
        signed = f"{self.application_secret}+{self.consumer_key}+{request.method}+{url}+{body}+{timestamp}"
        expected = f"$1${hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest()}"
        if not hmac.compare_digest(expected, headers.get("X-Ovh-Signature", "")):
            raise Refused(400, "Invalid signature", "INVALID_SIGNATURE")

    def _clock(self) -> int:
        return int((self._now() + self.ahead).timestamp())

    # Resources

    async def _auth_time(self, _: web.Request) -> web.Response:
        return web.json_response(self._clock())

    async def _names(self, _: web.Request) -> web.Response:
        return web.json_response([service.name for service in self.services])

    async def _service(self, request: web.Request) -> web.Response:
        service = self._named(request)
        return web.json_response(
            {
                "name": service.name,
                "description": service.description,
                "creditsLeft": service.credits_left,
                "creditsHoldByQuota": 0,
                "status": "enable",
                "callBack": None,
                "smsResponse": {"responseType": "none", "cgiUrl": None, "text": None, "trackingOptions": []},
            }
        )

    async def _add_job(self, request: web.Request) -> web.Response:
        service = self._named(request)
        try:
            body = json.loads(await request.read())
        except ValueError as error:
            raise Refused(400, "Invalid JSON received") from error
        if not isinstance(body, dict):
            raise Refused(400, "Invalid JSON received")
        return web.json_response(service.take(body, self.time()))

    async def _pending(self, request: web.Request) -> web.Response:
        return web.json_response([job.id for job in self._named(request).jobs if job.state(self.time()) is None])

    async def _job(self, request: web.Request) -> web.Response:
        job = _by_id(self._named(request).jobs, request)
        if job.state(self.time()) is not None:
            raise missing()
        return web.json_response(shown(job))

    async def _outgoing(self, request: web.Request) -> web.Response:
        since = asked_since(request)
        jobs = self._named(request).jobs
        return web.json_response(
            [job.id for job in jobs if job.state(self.time()) is not None and job.created_at >= since]
        )

    async def _sent(self, request: web.Request) -> web.Response:
        job = _by_id(self._named(request).jobs, request)
        state = job.state(self.time())
        if state is None:
            raise missing()
        return web.json_response({**shown(job), "ptt": state.ptt, "deliveryReceipt": state.receipt})

    async def _incoming(self, request: web.Request) -> web.Response:
        since = asked_since(request)
        return web.json_response([one.id for one in self._named(request).incoming if one.created_at >= since])

    async def _received(self, request: web.Request) -> web.Response:
        one = _by_id(self._named(request).incoming, request)
        told = {"id": one.id, "sender": one.sender, "message": one.text, "credits": 0, "tag": None}
        return web.json_response({**told, "creationDatetime": in_paris(one.created_at)})

    async def _blacklists(self, request: web.Request) -> web.Response:
        return web.json_response(list(self._named(request).blacklist))

    async def _blacklisted(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        at = self._named(request).blacklist.get(number)
        if at is None:
            raise missing()
        return web.json_response({"number": number, "dateCreation": in_paris(at)})

    async def _senders(self, request: web.Request) -> web.Response:
        return web.json_response(list(self._named(request).senders))

    async def _sender(self, request: web.Request) -> web.Response:
        status = self._named(request).senders.get(request.match_info["sender"])
        if status is None:
            raise missing()
        return web.json_response({"sender": request.match_info["sender"], "status": status, "referer": "custom"})

    def _named(self, request: web.Request) -> OvhService:
        for service in self.services:
            if service.name == request.match_info["service"]:
                return service
        raise missing()


Listed = TypeVar("Listed", OvhJob, OvhIncoming)


def _by_id(found: Sequence[Listed], request: web.Request) -> Listed:
    for one in found:
        if str(one.id) == request.match_info["id"]:
            return one
    raise missing()
