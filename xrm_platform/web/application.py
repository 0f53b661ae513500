"""The aiohttp application: all routes, and what surrounds each."""

from __future__ import annotations

from aiohttp import web

from xrm_platform.app import Platform
from xrm_platform.messaging.mail.ways_out import PATH

from . import openapi
from .callers import cookie_name
from .calls import handler_of
from .consent import come_back
from .docs_page import DOCUMENT, STATIC, docs_page, openapi_document
from .endpoints import Endpoint, endpoints_of
from .feeds import feed
from .hooks import take_calendar_call, take_call
from .measures import MEASURES, Measures
from .middleware import observe, say_problems, set_headers
from .operations import healthz, metrics, readyz
from .request_values import PLATFORM
from .routes import accounts, agenda, bulk, calendars, contacts, inbound, mailings, messages, people, rules, session
from .unsubscribe import ask, leave

ENDPOINTS: tuple[Endpoint, ...] = endpoints_of(
    session, people, contacts, accounts, messages, rules, inbound, bulk, mailings, agenda, calendars
)
WAY_OUT = f"{PATH}/{{link:.*}}"
"""Links that were cut short too: who follows one gets a page that says so."""


def create_app(platform: Platform) -> web.Application:
    """The HTTP API over an open `platform`, which stays the caller's to close. A host application may mount nothing
    beside it: middleware and headers are for the whole."""
    app = web.Application(middlewares=[observe, say_problems], client_max_size=platform.config.max_request_bytes)
    app[PLATFORM] = platform
    app[MEASURES] = Measures()
    app[DOCUMENT] = openapi.document(ENDPOINTS, cookie=cookie_name(https=platform.config.https))
    app.on_response_prepare.append(set_headers)
    for endpoint in ENDPOINTS:
        handler = handler_of(endpoint, platform.config.max_request_bytes)
        resource = app.router.add_resource(openapi.PREFIX + endpoint.path, name=endpoint.name)
        for method in (endpoint.method, "HEAD") if endpoint.method == "GET" else (endpoint.method,):
            resource.add_route(method, handler)
    app.router.add_get("/api/openapi.json", openapi_document)
    app.router.add_get("/api/docs", docs_page)
    app.router.add_route("GET", "/hooks/{token}", take_call)
    app.router.add_route("POST", "/hooks/{token}", take_call)
    app.router.add_post("/hooks/calendar/{token}", take_calendar_call)
    app.router.add_get(WAY_OUT, ask, allow_head=False)
    app.router.add_post(WAY_OUT, leave)
    app.router.add_get("/oauth/callback", come_back, allow_head=False)
    app.router.add_get("/feeds/{token}.ics", feed)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    app.router.add_static("/static/", STATIC)
    return app
