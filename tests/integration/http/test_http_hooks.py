"""Where vendors call."""

from __future__ import annotations

import json

import pytest

BASE = "/api/v1/bases/ACME"


@pytest.fixture
async def address(as_token, seed):
    """The address of the SMS account, made anew."""
    response = await as_token("admin")("POST", f"{BASE}/accounts/{seed.sms_account}/push-address")
    assert response.status == 201
    return (await response.json())["address"]


async def test_a_call_is_answered_at_once_and_read_afterwards(client, address, as_token, xrm):
    told = {"kind": "message", "key": "k1", "at": "2026-03-02T10:00:00+00:00", "sender": "+33612345678", "to": "x"}
    path = "/hooks/" + address.rpartition("/")[2]
    for _ in range(10):
        response = await client.post(
            path, data=json.dumps(told | {"text": "Oui"}), headers={"Content-Type": "application/json"}
        )
        assert response.status == 200
    await xrm.run_until_idle()

    answer = await as_token("read")("GET", f"{BASE}/inbox")
    assert [came["text"] for came in (await answer.json())["items"]] == ["Oui"]


async def test_an_address_that_nobody_has_is_not_found(client):
    assert (await client.post("/hooks/guess", data=b"x")).status == 404
    assert (await client.get("/hooks/guess")).status == 404


async def test_a_huge_call_is_refused(client, address):
    path = "/hooks/" + address.rpartition("/")[2]

    assert (await client.post(path, data=b"x" * 300_000)).status == 413


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"<a" * 1000, b"null", b"[" * 50_000])
async def test_a_hostile_call_harms_nothing(client, address, xrm, body):
    path = "/hooks/" + address.rpartition("/")[2]

    assert (await client.post(path, data=body)).status == 200
    await xrm.run_until_idle()
    assert (await client.get("/readyz")).status == 200


async def test_the_conversation_with_a_number_is_shown(as_token):
    response = await as_token("read")("GET", f"{BASE}/conversations/0612345678")

    assert response.status == 200
    assert set(await response.json()) >= {"items"}
