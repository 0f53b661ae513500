"""The HTTP API of Google Calendar (v3), over a `GoogleWorld`."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from .google_calendars import Event, GoogleCalendar, new_etag, shown
from .google_event_rules import ZONES
from .google_refusals import Refused, invalid
from .google_sign_in import Access
from .google_world import GoogleWorld, Invitation

ROOT = "/calendar/v3"
ACCESS = web.RequestKey("access", Access)


class GoogleApi:
    """The handlers. A request carries under `ACCESS` for whom it comes."""

    def __init__(self, world: GoogleWorld) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        calendar = ROOT + "/calendars/{calendar}"
        entry = ROOT + "/users/me/calendarList/{calendar}"
        return [
            web.get("/o/oauth2/v2/auth", self._consent),
            web.post("/token", self._token),
            web.get(ROOT + "/users/me/calendarList", self._calendar_list),
            web.get(entry, self._calendar_entry),
            web.patch(entry, self._change_calendar_entry),
            web.post(ROOT + "/calendars", self._insert_calendar),
            web.get(calendar, self._calendar),
            web.patch(calendar, self._change_calendar),
            web.delete(calendar, self._delete_calendar),
            web.get(calendar + "/events", self._list),
            web.post(calendar + "/events", self._insert),
            web.post(calendar + "/events/import", self._import),
            web.post(calendar + "/events/watch", self._watch),
            web.get(calendar + "/events/{event}", self._get),
            web.patch(calendar + "/events/{event}", self._change),
            web.put(calendar + "/events/{event}", self._change),
            web.delete(calendar + "/events/{event}", self._delete),
            web.get(calendar + "/events/{event}/instances", self._instances),
            web.post(ROOT + "/channels/stop", self._stop_channel),
        ]

    # Sign-in

    async def _consent(self, request: web.Request) -> web.Response:
        """The person allows everything at once, or denies it, and is sent back."""
        code = self._world.sign_in.consent(request.query, self._world.email, self._world.time())
        answer = {"code": code, "scope": request.query["scope"], "state": request.query.get("state", "")}
        if self._world.sign_in.denies:
            answer = {"error": "access_denied", "state": request.query.get("state", "")}
        raise web.HTTPFound(f"{request.query['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        return web.json_response(self._world.sign_in.grant(form, self._world.time()))

    # Calendars

    async def _calendar_list(self, request: web.Request) -> web.Response:
        entries = [calendar.entry() for calendar in self._world.calendars(request[ACCESS].email)]
        return web.json_response({"kind": "calendar#calendarList", "items": entries, "nextSyncToken": new_etag()})

    async def _calendar_entry(self, request: web.Request) -> web.Response:
        return web.json_response(self._found(request).entry())

    async def _change_calendar_entry(self, request: web.Request) -> web.Response:
        """The colour, which is given as RGB only if the request says so."""
        calendar, body = self._found(request), await _json(request)
        color = body.get("backgroundColor")
        if color is not None:
            if request.query.get("colorRgbFormat") != "true" or "foregroundColor" not in body:
                raise invalid("colorRgbFormat must be true, and both colors given.")
            calendar.background_color = color
        calendar.etag = new_etag()
        return web.json_response(calendar.entry())

    async def _insert_calendar(self, request: web.Request) -> web.Response:
        body = await _json(request)
        zone = body.get("timeZone", "UTC")
        if not body.get("summary") or zone not in ZONES:
            raise Refused(400, "required", "Missing title, or no such time zone.")
        calendar = self._world.add_calendar(request[ACCESS].email, body["summary"], zone)
        return web.json_response(calendar.resource())

    async def _calendar(self, request: web.Request) -> web.Response:
        return web.json_response(self._found(request).resource())

    async def _change_calendar(self, request: web.Request) -> web.Response:
        calendar, body = self._found(request), await _json(request)
        calendar.summary = body.get("summary", calendar.summary)
        calendar.etag = new_etag()
        return web.json_response(calendar.resource())

    async def _delete_calendar(self, request: web.Request) -> web.Response:
        calendar = self._found(request)
        if calendar.primary:
            raise Refused(403, "cannotDeletePrimaryCalendar", "The primary calendar cannot be deleted.")
        self._world.remove_calendar(calendar.id, calendar.owner)
        return web.Response(status=204)

    def _found(self, request: web.Request, *, to_write: bool = False) -> GoogleCalendar:
        calendar = self._world.calendar(request.match_info["calendar"], request[ACCESS].email)
        if to_write and calendar.access_role not in ("owner", "writer"):
            raise Refused(403, "requiredAccessLevel", "You need to have writer access to this calendar.")
        return calendar

    # Events

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response(self._world.listings.list(self._found(request), request.query))

    async def _insert(self, request: web.Request) -> web.Response:
        calendar = self._found(request, to_write=True)
        may_invite = request[ACCESS].delegated
        event = calendar.insert(await _json(request), self._world.time(), may_invite=may_invite)
        return self._written(request, calendar, event)

    async def _import(self, request: web.Request) -> web.Response:
        calendar = self._found(request, to_write=True)
        event = calendar.import_(await _json(request), self._world.time())
        self._world.tell(calendar)
        return web.json_response(shown(event))

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(shown(self._found(request).get(request.match_info["event"])))

    async def _change(self, request: web.Request) -> web.Response:
        calendar = self._found(request, to_write=True)
        event = calendar.change(
            request.match_info["event"],
            await _json(request),
            self._world.time(),
            if_match=request.headers.get("If-Match"),
            whole=request.method == "PUT",
            may_invite=request[ACCESS].delegated,
        )
        return self._written(request, calendar, event)

    async def _delete(self, request: web.Request) -> web.Response:
        calendar, id_ = self._found(request, to_write=True), request.match_info["event"]
        event = calendar.delete(id_, self._world.time(), if_match=request.headers.get("If-Match"))
        self._written(request, calendar, event)
        return web.Response(status=204)

    async def _instances(self, request: web.Request) -> web.Response:
        calendar, query = self._found(request), request.query
        found = calendar.instances(request.match_info["event"], query.get("originalStart"))
        if query.get("showDeleted") != "true":
            found = [event for event in found if event["status"] != "cancelled"]
        return web.json_response({"kind": "calendar#events", "items": [shown(event) for event in found]})

    def _written(self, request: web.Request, calendar: GoogleCalendar, event: Event) -> web.Response:
        """Invite whom the request says, tell who watches, and show the event."""
        updates = request.query.get("sendUpdates", "none")
        if updates not in ("all", "externalOnly", "none"):
            raise invalid("Invalid value for sendUpdates.")
        if updates != "none":
            guests = [guest["email"] for guest in event.get("attendees", []) if guest["email"] != calendar.owner]
            self._world.invitations += [Invitation(event["id"], guest) for guest in guests]
        self._world.tell(calendar)
        return web.json_response(shown(event))

    # Push channels

    async def _watch(self, request: web.Request) -> web.Response:
        calendar = self._found(request)
        uri = f"{request.url.origin()}{request.path.removesuffix('/watch')}?alt=json"
        return web.json_response(self._world.channels.watch(await _json(request), calendar.id, uri, self._world.time()))

    async def _stop_channel(self, request: web.Request) -> web.Response:
        self._world.channels.stop(await _json(request))
        return web.Response(status=204)


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise Refused(400, "parseError", "Parse Error") from error
    if not isinstance(body, dict):
        raise Refused(400, "parseError", "Parse Error")
    return body
