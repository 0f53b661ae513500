"""Generated requests over the whole document: no 5xx, and every answer as the document says."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import xrm_platform.app
from xrm_platform.app import Platform
from xrm_platform.web import serve
from xrm_platform.web.application import ENDPOINTS
from xrm_platform.web.openapi import document

from .conftest import PLUGIN, config_of

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def schema(*, with_credentials: bool) -> schemathesis.BaseSchema:
    """The document, without its security where generated credentials would stand in the way of real ones."""
    drawn = document(ENDPOINTS)
    if not with_credentials:
        del drawn["components"]["securitySchemes"]
        for operations in drawn["paths"].values():
            for operation in operations.values():
                del operation["security"]
    loaded = schemathesis.openapi.from_dict(drawn)
    loaded.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    return loaded


SIGNED_IN = schema(with_credentials=False)
SIGNED_OUT = schema(with_credentials=True)


@pytest.fixture(scope="module")
def address(seed, tmp_path_factory, cheap_passwords) -> Iterator[str]:
    """The real application, listening in a thread of its own."""
    home = tmp_path_factory.mktemp("served")
    shutil.copyfile(seed.database, home / "xrm.db")
    listening: list[str] = []
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def tell(where: str) -> None:
        listening.append(where)
        ready.set()

    async def run() -> None:
        async with Platform.open(config_of(home, seed.keys), plugins=[PLUGIN]) as xrm:
            serving = asyncio.create_task(serve(xrm, "127.0.0.1", 0, tell))
            await stop.wait()
            serving.cancel()
            await asyncio.wait([serving])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xrm_platform.app, "Passwords", cheap_passwords)
        thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
        thread.start()
        assert ready.wait(30)
        yield listening[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def lead_somewhere(case: schemathesis.Case, seed) -> None:
    """Put real names in place of every other generated one, so that requests get past "there is no such thing"."""
    about = case.operation.path.removeprefix("/api/v1/bases/{base}/").partition("/")[0]
    ids = {"accounts": seed.mail_account, "messages": seed.message, "tokens": seed.token_id, "contacts": seed.contact}
    ids |= {"events": seed.event, "feeds": seed.feed}
    real = {"code": "COM", "login": "marie", "slug": "smtp", "channel": "mail", "id": ids.get(about, "")}
    real |= {"name": "Lyon", "address": "0612345678", "file": "01900000-0000-7000-8000-000000000000"}
    for name, value in case.path_parameters.items():
        if name == "base":
            case.path_parameters[name] = "ACME"
        elif len(str(value)) % 2:
            case.path_parameters[name] = real[name]
    if case.operation.definition.raw["operationId"] == "list_presets" and case.query:
        case.query.pop("search", None)  # it would ask the DNS
    if isinstance(case.body, dict) and isinstance(case.body.get("sender"), str):
        case.body["sender"] = "DIR"
    if isinstance(case.body, dict) and isinstance(case.body.get("owner"), str):
        case.body["owner"] = "DIR"


@SIGNED_IN.parametrize()
@BOUNDED
def test_signed_in_as_administrator(case, address, seed) -> None:
    if case.operation.definition.raw["operationId"] in {"sign_out", "sign_out_everywhere"}:
        pytest.skip("it would end the session that the others use")
    session = seed.sessions["chief"]
    headers = {"X-CSRF-Token": session.csrf_token, "Cookie": f"xrm={session.cookie}"}
    lead_somewhere(case, seed)
    response = case.call_and_validate(base_url=address, headers=headers, checks=CHECKS)
    assert response.status_code != 401 or case.operation.path == "/api/v1/session"


@SIGNED_OUT.parametrize()
@settings(BOUNDED, max_examples=5)
def test_signed_in_by_nobody(case, address) -> None:
    response = case.call_and_validate(base_url=address, checks=CHECKS)
    assert response.status_code >= 400
