"""Every route of the application, tried by those who may not. The routes are the router's: none can be forgotten."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from xrm_platform.store import Record
from xrm_platform.web.application import ENDPOINTS
from xrm_platform.web.endpoints import Need
from xrm_platform.web.openapi import PREFIX

OPEN = {
    "/hooks/{token}",
    "/hooks/calendar/{token}",
    "/oauth/callback",
    "/unsubscribe/{link}",
    "/healthz",
    "/readyz",
    "/metrics",
    "/api/openapi.json",
    "/api/docs",
    "/static",
    "/feeds/{token}.ics",
}
"""Routes that are no endpoints of the API. They show nothing of a base."""

FOR_EVERY_USER = {"list_collaborators", "show_collaborator", "list_collaborator_types"}
"""Who works for the company is no secret to those who may sign in."""

BODIES = {
    "change_password": {"current_password": "correct horse", "new_password": "battery staple"},
    "add_collaborator": {"code": "NEW", "last_name": "New"},
    "change_collaborator": {"last_name": "Changed"},
    "add_collaborator_type": {"code": "new", "label": "New"},
    "add_user": {"login": "new"},
    "change_user": {"xrm_allowed": True},
    "make_token": {"name": "new", "scopes": ["read"]},
    "add_account": {"provider": "memory_mail", "name": "New", "settings": {"service": "x", "password": "y"}},
    "change_account": {"name": "Changed"},
    "choose": {"account": "{mail_account}"},
    "change_preferences": {"sms_paused": False},
    "change_own_preferences": {"mail_software": {"windows": "outlook"}},
    "test_account": {"sender": "COM"},
    "send_mail": {"sender": "COM", "to": ["a@b.example"], "subject": "x", "text": "x"},
    "send_sms": {"sender": "COM", "to": ["0612345678"], "text": "x"},
    "preview_sms": {"text": "x"},
    "change_rules": {"stop_number": "36180"},
    "add_opt_out": {"channel": "sms", "address": "0612345678", "source": "phone call"},
    "lift_opt_out": {"reason": "signed again"},
    "set_price": {"price": "0.045"},
    "prepare_bulk": {"sender": "COM", "text": "x", "search": ""},
    "save_selection": {"search": "lyon"},
    "add_template": {"name": "New", "collaborator": "COM", "subject": "x", "text": "x"},
    "change_template": {"text": "y"},
    "set_limits": {"hourly": 100},
    "watch_credit": {"warn_below": 20},
    "find_accounts": {"settings": {"service": "x", "password": "y"}},
    "add_contact": {"last_name": "New", "phones": [{"number": "0612345678"}]},
    "change_contact": {"notes": "Changed"},
    "merge_contacts": {"others": ["01900000-0000-7000-8000-000000000000"]},
    "add_event": {"owner": "COM", "summary": "New", "start": "2026-12-01"},
    "change_event": {"summary": "Changed"},
    "move_event": {"start": "2026-12-01T09:00"},
    "cancel_event": {},
    "send_invitations_again": {"to": ["anna@client.example"]},
    "make_feed": {"owner": "COM"},
    "change_agenda_preferences": {"tell_owner": False},
    "link_calendar": {"owner": "COM"},
    "change_calendar_link": {"auto_sync": False},
    "release_deletions": {"delete": False},
    "resolve_conflict": {"keep": "mine"},
    "change_inviting": {"invites": False},
    "record_consent": {"channel": "sms", "purpose": "marketing", "state": "withdrawn"},
}
_DAY = {"from": "2026-12-01T00:00:00+00:00", "to": "2026-12-02T00:00:00+00:00"}
QUERIES = {"list_occurrences": _DAY, "list_free_slots": {**_DAY, "people": "COM"}, "list_feeds": {"owner": "COM"}}
QUERIES |= {"list_calendars": {"owner": "COM"}, "list_conflicts": {"owner": "COM"}}
QUERIES |= {"preview_template": {"contact": "01900000-0000-7000-8000-000000000000", "sender": "COM"}}
WITH_BASE = [endpoint for endpoint in ENDPOINTS if "{base}" in endpoint.path]
SIGNED_IN = [endpoint for endpoint in ENDPOINTS if endpoint.need is not Need.NOTHING]
MUTATING = [endpoint for endpoint in ENDPOINTS if endpoint.method != "GET"]


def named(endpoint):
    return endpoint.name


def request_of(endpoint, seed, *, base="ACME"):
    """Method, address and options of a request that would succeed for who may."""
    ids = {"accounts": seed.mail_account, "messages": seed.message, "tokens": seed.token_id, "contacts": seed.contact}
    ids |= {"events": seed.event, "feeds": seed.feed}
    ids["opt-outs"] = ids["bulks"] = "01900000-0000-7000-8000-000000000000"
    ids["templates"] = ids["bulks"]
    ids["calendar-links"] = ids["sync-conflicts"] = ids["inbox"] = ids["bulks"]
    about = endpoint.path.removeprefix("/bases/{base}/").partition("/")[0]
    path = PREFIX + endpoint.path.format(
        base=base,
        code="COM",
        login="marie",
        slug="memory_mail",
        channel="mail",
        address="0612345678",
        file=ids["bulks"],
        name="Lyon",
        id=ids.get(about, ""),
    )
    options = {"params": QUERIES[endpoint.name]} if endpoint.name in QUERIES else {}
    if endpoint.body is not None:
        given = BODIES[endpoint.name]
        options["json"] = {
            name: value.format(mail_account=seed.mail_account) if isinstance(value, str) else value
            for name, value in given.items()
        }
    if endpoint.body_types:
        options |= {"data": b"\x89PNG", "headers": {"Content-Type": "image/png"}}
    return endpoint.method, path, options


async def everything(xrm) -> dict:
    """All rows of all tables; of sessions which there are, for they slide while they are used."""
    async with xrm.store.read() as session:
        return {
            table.name: sorted(map(repr, (await session.execute(select(*columns_of(table)))).all()))
            for table in Record.metadata.sorted_tables
        }


def columns_of(table):
    return [table.c.token_hash, table.c.user_id] if table.name == "session" else table.c


def test_every_route_is_an_endpoint_or_known_to_be_open(client) -> None:
    routes = {(route.method, route.resource.canonical) for route in client.app.router.routes()}
    endpoints = {(endpoint.method, PREFIX + endpoint.path) for endpoint in ENDPOINTS}
    heads = {("HEAD", path) for method, path in routes if method == "GET"}
    assert {path for method, path in routes - endpoints - heads} == OPEN


def test_signing_in_is_all_that_needs_nobody() -> None:
    assert [endpoint.name for endpoint in ENDPOINTS if endpoint.need is Need.NOTHING] == ["sign_in"]


def test_every_endpoint_with_a_body_has_an_example_that_its_schema_takes(seed) -> None:
    for endpoint in SIGNED_IN:
        if endpoint.body is not None:
            endpoint.body().load(request_of(endpoint, seed)[2]["json"])


async def test_without_signing_in_every_endpoint_is_refused_and_nothing_changes(client, xrm, seed) -> None:
    before = await everything(xrm)
    for endpoint in SIGNED_IN:
        method, path, options = request_of(endpoint, seed)
        response = await client.request(method, path, **options)
        assert response.status == 401, endpoint.name
        assert response.content_type == "application/problem+json"
        assert response.headers["WWW-Authenticate"]
    assert await everything(xrm) == before


async def test_a_user_without_any_right_is_refused_by_every_endpoint_of_the_base(as_user, xrm, seed) -> None:
    before = await everything(xrm)
    for endpoint in WITH_BASE:
        if endpoint.name in FOR_EVERY_USER | {"show_base"}:
            continue
        method, path, options = request_of(endpoint, seed)
        response = await as_user("nobody")(method, path, **options)
        assert response.status in (403, 404), endpoint.name
    assert await everything(xrm) == before


async def test_a_collaborator_is_refused_what_is_an_administrators(as_user, xrm, seed) -> None:
    before = await everything(xrm)
    for endpoint in ENDPOINTS:
        if endpoint.need is not Need.ADMIN:
            continue
        method, path, options = request_of(endpoint, seed)
        response = await as_user("marie")(method, path, **options)
        assert (response.status, (await response.json())["code"]) == (403, "admin_only"), endpoint.name
    assert await everything(xrm) == before


@pytest.mark.parametrize("path", ["", "/cancel", "/retry"])
async def test_the_message_of_somebody_above_is_no_message_for_a_collaborator(as_user, seed, path) -> None:
    call = as_user("marie")
    method = "POST" if path else "GET"
    hidden = await call(method, f"/messages/{seed.message}{path}")
    absent = await call(method, f"/messages/01900000-0000-7000-8000-000000000000{path}")
    assert hidden.status == absent.status == 404
    assert (await hidden.json())["code"] == (await absent.json())["code"]


async def test_an_administrator_of_another_base_finds_nothing_here(as_user, xrm, seed) -> None:
    before = await everything(xrm)
    for endpoint in WITH_BASE:
        method, path, options = request_of(endpoint, seed)
        response = await as_user("stranger")(method, path, **options)
        assert (response.status, (await response.json())["code"]) == (404, "unknown_base"), endpoint.name
    assert await everything(xrm) == before


async def test_another_base_is_answered_exactly_as_one_that_is_not_there(as_user) -> None:
    answers = []
    for base in ("OTHER", "NOBASE"):
        response = await as_user("chief")("GET", f"/api/v1/bases/{base}/users")
        document = await response.json()
        del document["instance"]
        answers.append((response.status, str(document).replace(base, "…")))
    assert answers[0] == answers[1]


async def test_ids_of_this_base_are_nothing_in_the_base_of_a_stranger(as_user, xrm, seed) -> None:
    before = await everything(xrm)
    for endpoint in WITH_BASE:
        if "{id}" not in endpoint.path:
            continue
        method, path, options = request_of(endpoint, seed, base="OTHER")
        response = await as_user("stranger")(method, path, **options)
        assert response.status == 404, endpoint.name
    assert await everything(xrm) == before


@pytest.mark.parametrize("scope", ["read", "send"])
async def test_a_token_does_only_what_its_scope_says(as_token, xrm, seed, scope) -> None:
    before = await everything(xrm)
    for endpoint in WITH_BASE:
        if endpoint.need in (Need.SIGN_IN, Need(scope)):
            continue
        method, path, options = request_of(endpoint, seed)
        response = await as_token(scope)(method, path, **options)
        assert response.status == 403, endpoint.name
    after = await everything(xrm)
    assert {name for name in before if before[name] != after[name]} <= {"api_token"}  # when it was last used


async def test_changes_by_a_cookie_need_the_token_against_forgery(as_user, xrm, seed) -> None:
    before = await everything(xrm)
    for endpoint in MUTATING:
        if endpoint.need is Need.NOTHING:
            continue
        method, path, options = request_of(endpoint, seed)
        for csrf in (None, "wrong", seed.sessions["marie"].csrf_token):
            response = await as_user("chief")(method, path, csrf=csrf, **dict(options))
            assert (response.status, (await response.json())["code"]) == (403, "csrf_token_missing"), endpoint.name
    assert await everything(xrm) == before


async def test_rights_that_are_taken_away_are_gone_at_the_next_request(as_user, as_token) -> None:
    assert (await as_user("marie")("GET", "/messages")).status == 200
    assert (await as_token("admin")("PATCH", "/users/marie", json={"xrm_allowed": False})).status == 200
    assert (await as_user("marie")("GET", "/messages")).status == 403
    assert (await as_token("admin")("PATCH", "/users/marie", json={"active": False})).status == 200
    assert (await as_user("marie")("GET", "/messages")).status == 401
