"""What people may write reaches both databases as it is, or is refused: PostgreSQL takes less than SQLite."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.people.actor import Scope
from xrm_platform.store import new_key
from xrm_platform.web import create_app

from .conftest import BASE

STRANGE = [
    "\0",
    "a\0b",
    "\ud800",
    "\udfff",
    "\u202e",
    "\ufffe",
    "\U0010ffff",
    "'; DROP TABLE base; --",
    "%",
    "_",
    "\\",
    "é" * 99,
]


@pytest.fixture
async def call(database_url, tmp_path, aiohttp_client):
    """Calls as a token with all scopes on a base of its own."""
    config = Config(home=tmp_path, database_url=database_url, secret_keys=(new_key(),))
    async with Platform.open(config) as xrm:
        await xrm.bases.create("ACME", "Acme", actor_name="operator:test")
        operator = await xrm.bases.operator("ACME")
        await xrm.collaborators.create(operator, "COM", last_name="Martin", email="com@acme.example")
        _, secret = await xrm.tokens.create(operator, "all", list(Scope))
        client = await aiohttp_client(create_app(xrm))

        async def of(method: str, path: str, body: object = None):
            headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
            data = None if body is None else json.dumps(body)
            return await client.request(method, BASE + path, data=data, headers=headers)

        yield of


async def test_strange_text_is_stored_as_it_is_or_refused(call) -> None:
    for text in STRANGE:
        response = await call("PATCH", "/collaborators/COM", {"first_name": text, "signature_text": text})
        assert response.status in (200, 422), text
        if response.status == 200:
            shown = await (await call("GET", "/collaborators/COM")).json()
            assert shown["first_name"] == text.strip()


async def test_strange_text_finds_nothing_and_breaks_nothing(call) -> None:
    for text in STRANGE:
        written = quote(text, safe="", errors="surrogatepass")
        for path in ("/collaborators/{}", "/users/{}", "/accounts/{}", "/messages/{}"):
            assert (await call("GET", path.format(written))).status == 404, (path, text)
        for path in ("/collaborators?after={}", "/messages?sender={}", "/audit?after={}", "/choices?after={}"):
            assert (await call("GET", path.format(written))).status in (200, 404, 422), (path, text)


async def test_numbers_at_the_edges_are_taken_or_refused(call) -> None:
    for number in (2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63), 10**30, 1.5, 1e300):
        mail = {"sender": "COM", "to": ["a@b.example"], "subject": "x", "text": "x", "priority": number}
        assert (await call("POST", "/mails", mail)).status in (409, 422), number
