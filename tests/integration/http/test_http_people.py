"""Collaborators, users, tokens and the audit over HTTP."""

from __future__ import annotations

import io

import pytest
from PIL import Image


def png() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    return picture.getvalue()


async def test_a_collaborator_is_added_changed_and_shown(as_user) -> None:
    call = as_user("chief")
    added = await call(
        "POST", "/collaborators", json={"code": "new", "last_name": "Durand", "mobile": "06 12 34 56 78"}
    )
    assert added.status == 201
    assert added.headers["Location"] == "/api/v1/bases/ACME/collaborators/NEW"
    assert (await added.json())["mobile"] == "+33612345678"
    changed = await call("PATCH", "/collaborators/NEW", json={"manager": "DIR", "mobile": None})
    assert ((await changed.json())["manager"], (await changed.json())["mobile"]) == ("DIR", None)
    shown = await call("GET", added.headers["Location"])
    assert await shown.json() == await changed.json()


async def test_a_loop_of_managers_is_a_conflict(as_user) -> None:
    response = await as_user("chief")("PATCH", "/collaborators/DIR", json={"manager": "COM"})
    assert (response.status, (await response.json())["code"]) == (409, "manager_loop")


async def test_a_listing_comes_in_pages(as_token) -> None:
    call = as_token("read")
    first = await (await call("GET", "/collaborators?limit=1")).json()
    assert [item["code"] for item in first["items"]] == ["COM"]
    second = await (await call("GET", f"/collaborators?limit=1&after={first['next']}")).json()
    assert ([item["code"] for item in second["items"]], second["next"]) == (["DIR"], None)


async def test_the_image_of_a_signature_goes_in_and_comes_out_as_it_is(as_user) -> None:
    call = as_user("chief")
    path = "/collaborators/COM/signature-image"
    assert (await call("GET", path)).status == 404
    put = await call("PUT", path, data=png(), headers={"Content-Type": "image/png"})
    assert (await put.json())["has_signature_image"]
    got = await call("GET", path)
    assert (await got.read(), got.content_type) == (png(), "image/png")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert not (await (await call("DELETE", path)).json())["has_signature_image"]
    assert (await call("GET", path)).status == 404


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [("image/png", b"<svg/>", 422), ("image/svg+xml", b"<svg/>", 415), ("image/png", b"", 422)],
)
async def test_what_is_no_image_is_refused(as_user, kind, content, status) -> None:
    response = await as_user("chief")(
        "PUT", "/collaborators/COM/signature-image", data=content, headers={"Content-Type": kind}
    )
    assert response.status == status


async def test_a_photograph_is_made_small_and_what_is_larger_than_ten_megabytes_is_refused(as_user) -> None:
    call, path = as_user("chief"), "/collaborators/COM/signature-image"
    file = io.BytesIO()
    Image.effect_noise((1500, 1500), 90).save(file, "PNG")
    assert len(file.getvalue()) > 1024**2
    headers = {"Content-Type": "image/png"}
    assert (await call("PUT", path, data=io.BytesIO(file.getvalue()), headers=headers)).status == 200
    assert len(await (await call("GET", path)).read()) <= 100_000
    larger = io.BytesIO(file.getvalue().ljust(10 * 1024**2 + 1))
    refused = await call("PUT", path, data=larger, headers=headers)
    assert refused.status == 422
    assert "10" in (await refused.json())["errors"]["signature_image"][0]


async def test_types_of_collaborators_are_the_bases_own_list(as_user) -> None:
    call = as_user("chief")
    added = await call("POST", "/collaborator-types", json={"code": "driver", "label": "Livreur"})
    assert added.status == 201
    listed = (await (await call("GET", "/collaborator-types")).json())["items"]
    assert {"code": "driver", "label": "Livreur"} in listed
    assert len(listed) == 4


async def test_a_user_is_added_and_can_sign_in_and_no_answer_shows_the_password(as_user, client) -> None:
    call = as_user("chief")
    given = {"login": "paul", "password": "a long password", "xrm_allowed": True, "collaborator": "DIR"}
    added = await call("POST", "/users", json=given)
    assert added.status == 201
    assert added.headers["Location"].endswith("/users/paul")
    texts = [await added.text(), await (await call("GET", "/users")).text(), await (await call("GET", "/audit")).text()]
    assert not any("a long password" in text or "argon2" in text for text in texts)
    signing_in = {"base": "ACME", "login": "paul", "password": "a long password"}
    assert (await client.post("/api/v1/session", json=signing_in)).status == 201


async def test_the_last_administrator_stays_one(as_user) -> None:
    response = await as_user("chief")("PATCH", "/users/chief", json={"is_admin": False})
    assert (response.status, (await response.json())["code"]) == (409, "last_administrator")


async def test_a_token_opens_what_its_scope_says_until_it_is_revoked(as_user, client) -> None:
    call = as_user("chief")
    made = await (await call("POST", "/tokens", json={"name": "erp", "scopes": ["read"]})).json()
    headers = {"Authorization": f"Bearer {made['secret']}"}
    path = "/api/v1/bases/ACME/collaborators"
    assert made["secret"].startswith("xrm_")
    assert made["secret"] not in await (await call("GET", "/tokens")).text()
    client.session.cookie_jar.clear()
    assert (await client.get(path, headers=headers)).status == 200
    assert (await call("DELETE", f"/tokens/{made['token']['id']}")).status == 204
    client.session.cookie_jar.clear()
    assert (await client.get(path, headers=headers)).status == 401


async def test_the_audit_says_who_changed_what_newest_first(as_user) -> None:
    call = as_user("chief")
    await call("PATCH", "/collaborators/COM", json={"first_name": "Marie"})
    entry = (await (await call("GET", "/audit?limit=1")).json())["items"][0]
    assert (entry["actor"], entry["action"], entry["subject_id"]) == ("user:chief", "collaborator.changed", "COM")
    assert entry["changes"] == {"first_name": ["", "Marie"]}
