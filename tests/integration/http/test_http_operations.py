"""Is it alive, can it work, what is counted; headers on all of it; listening and ending."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket

import aiohttp
import pytest

from xrm_platform.app import Platform
from xrm_platform.web import ListenError, create_app, docs_page, operations, serve
from xrm_platform.web.middleware import CONTENT_SECURITY_POLICY

from .conftest import PLUGIN


async def test_it_is_alive_and_ready(client) -> None:
    assert (await client.get("/healthz")).status == 200
    ready = await client.get("/readyz")
    assert (ready.status, (await ready.json())["checks"]) == (200, {"database": True, "migrations": True})


async def test_a_working_platform_is_ready_while_its_worker_is(config, aiohttp_client) -> None:
    async with Platform.open(config, work=True, plugins=[PLUGIN]) as xrm:
        client = await aiohttp_client(create_app(xrm))
        async with asyncio.timeout(60):
            while (ready := await client.get("/readyz")).status != 200:
                await asyncio.sleep(0.05)
        assert (await ready.json())["checks"]["worker"] is True


async def test_without_its_tables_it_is_alive_and_not_ready(client, xrm) -> None:
    async with xrm.store.engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM alembic_version")
    ready = await client.get("/readyz")
    assert (ready.status, (await ready.json())["checks"]["migrations"]) == (503, False)
    assert (await client.get("/healthz")).status == 200


async def test_a_check_that_hangs_is_not_waited_for(client, xrm, monkeypatch) -> None:
    monkeypatch.setattr(operations, "READY_TIMEOUT_SECONDS", 0.01)
    monkeypatch.setattr(xrm, "ready", asyncio.Event().wait)
    ready = await client.get("/readyz")
    assert (ready.status, (await ready.json())["checks"]) == (503, {"timely": False})


async def test_requests_are_counted_by_route_and_never_by_address(client, as_token) -> None:
    await as_token("read")("GET", "/collaborators/COM")
    await as_token("read")("GET", "/collaborators/NOBODY")
    await client.get("/nowhere/at/all")
    await client.request("PROPFIND", "/healthz")
    text = await (await client.get("/metrics")).text()
    route = 'route="/api/v1/bases/{base}/collaborators/{code}"'
    assert f'xrm_http_requests_total{{method="GET",{route},status="200"}} 1.0' in text
    assert f'xrm_http_requests_total{{method="GET",{route},status="404"}} 1.0' in text
    assert 'route="unmatched",status="404"' in text
    assert 'method="other"' in text
    assert "NOBODY" not in text
    assert "PROPFIND" not in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
async def test_what_a_proxy_passes_on_does_not_see_the_measures(client, header) -> None:
    response = await client.get("/metrics", headers={header: "192.0.2.1"})
    assert (response.status, (await response.json())["code"]) == (403, "metrics_from_here_only")


async def test_with_a_token_the_measures_need_it(config, aiohttp_client) -> None:
    async with Platform.open(dataclasses.replace(config, metrics_token="m3trics"), plugins=[PLUGIN]) as xrm:
        client = await aiohttp_client(create_app(xrm))
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "m3tric"}):
            assert (await client.get("/metrics", headers=headers)).status == 401
        passed_on = {"Authorization": "Bearer m3trics", "X-Forwarded-For": "192.0.2.1"}
        assert (await client.get("/metrics", headers=passed_on)).status == 200


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/api/docs", "/api/v1/session", "/static/api_docs.js"])
async def test_every_answer_tells_browsers_what_not_to_do(client, path) -> None:
    response = await client.get(path)
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Server"] == "xrm"
    assert ("no-store" in response.headers.get("Cache-Control", "")) != path.startswith("/static/")


async def test_the_document_of_the_api_is_served(client) -> None:
    document = await (await client.get("/api/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert "/api/v1/bases/{base}/mails" in document["paths"]


@pytest.mark.parametrize(("language", "words"), [("en", "are not installed"), ("fr", "ne sont pas installés")])
async def test_without_its_files_the_page_says_how_to_get_them(client, monkeypatch, tmp_path, language, words) -> None:
    monkeypatch.setattr(docs_page, "NEEDED", (tmp_path / "missing.js",))
    response = await client.get("/api/docs", headers={"Accept-Language": language})
    text = await response.text()
    assert response.status == 200
    assert words in text
    assert "tools/assets.py" in text
    assert 'href="/api/openapi.json"' in text
    assert "<script" not in text


async def test_it_listens_until_it_is_told_to_stop(xrm) -> None:
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(xrm, "127.0.0.1", 0, listening.set_result))
    address = await listening
    async with aiohttp.ClientSession() as session, session.get(f"{address}/healthz") as response:
        assert response.status == 200
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"{address}/healthz")


async def test_a_port_in_use_is_told_as_such(xrm) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError) as refused:
            await serve(xrm, "127.0.0.1", port)
    assert (refused.value.code, refused.value.params) == ("port_in_use", {"host": "127.0.0.1", "port": port})


async def test_an_address_of_another_machine_is_told_as_such(xrm) -> None:
    with pytest.raises(ListenError) as refused:
        await serve(xrm, "192.0.2.1", 0)
    assert refused.value.code == "address_not_ours"
