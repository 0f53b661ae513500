"""Signing in and out over HTTP: cookies, the token against forgery, throttling."""

from __future__ import annotations

import pytest

from xrm_platform.app import Platform
from xrm_platform.web import create_app

from .conftest import PASSWORD, PLUGIN, https

SESSION = "/api/v1/session"
MARIE = {"base": "ACME", "login": "marie", "password": PASSWORD}


async def test_signing_in_sets_a_cookie_that_scripts_and_other_sites_do_not_get(client) -> None:
    response = await client.post(SESSION, json=MARIE)
    assert response.status == 201
    document = await response.json()
    assert document["user"]["login"] == "marie"
    cookie = response.cookies["xrm"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert not cookie["secure"]
    assert cookie.value not in await response.text()


async def test_behind_https_the_cookie_is_bound_to_the_host(config, aiohttp_client) -> None:
    async with Platform.open(https(config), plugins=[PLUGIN]) as xrm:
        client = await aiohttp_client(create_app(xrm))
        response = await client.post(SESSION, json=MARIE)
        cookie = response.cookies["__Host-xrm"]
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
        assert response.headers["Strict-Transport-Security"]
        plain = await client.get(SESSION, headers={"Cookie": f"xrm={cookie.value}"})
        assert plain.status == 401
        bound = await client.get(SESSION, headers={"Cookie": f"__Host-xrm={cookie.value}"})
        assert bound.status == 200


async def test_the_session_says_what_one_may_do_and_why_not(as_user) -> None:
    response = await as_user("nobody")("GET", SESSION, headers={"Accept-Language": "en"})
    document = await response.json()
    assert (document["base"], document["name"], document["user"]["login"]) == ("ACME", "user:nobody", "nobody")
    assert document["may"]["read"] == {"allowed": True, "code": None, "reason": None}
    assert not document["may"]["send"]["allowed"]
    assert document["may"]["send"]["code"] == "xrm_not_allowed"
    assert document["may"]["send"]["reason"] not in ("", "xrm_not_allowed")
    assert document["may"]["administer"]["code"] == "admin_only"


async def test_a_token_says_what_it_may_do(as_token) -> None:
    document = await (await as_token("read")("GET", SESSION)).json()
    assert (document["name"], document["user"], document["csrf_token"]) == ("token:read", None, None)
    assert [document["may"][what]["allowed"] for what in ("read", "send", "administer")] == [True, False, False]


@pytest.mark.parametrize("wrong", [{"base": "NOBASE"}, {"login": "nobody-here"}, {"password": "wrong password"}])
async def test_whatever_is_wrong_the_answer_to_signing_in_is_the_same(client, wrong) -> None:
    response = await client.post(SESSION, json={**MARIE, **wrong})
    document = await response.json()
    assert (response.status, document["code"], document["params"]) == (401, "sign_in_failed", {})
    assert "xrm" not in response.cookies


async def test_guessing_is_slowed_down_and_told_when_to_come_back(client) -> None:
    answers = [await client.post(SESSION, json={**MARIE, "password": "wrong password"}) for _ in range(12)]
    assert answers[0].status == 401
    last = answers[-1]
    assert last.status == 429
    assert int(last.headers["Retry-After"]) > 0
    assert (await last.json())["params"]["retry_after"] == int(last.headers["Retry-After"])
    right = await client.post(SESSION, json=MARIE)
    assert right.status == 429


async def test_signing_in_from_a_page_of_another_site_is_refused(client) -> None:
    response = await client.post(SESSION, json=MARIE, headers={"Sec-Fetch-Site": "cross-site"})
    assert (response.status, (await response.json())["code"]) == (403, "cross_site")
    assert "xrm" not in response.cookies


async def test_signing_in_anew_ends_the_session_before(client) -> None:
    first = (await client.post(SESSION, json=MARIE)).cookies["xrm"].value
    second = (await client.post(SESSION, json=MARIE)).cookies["xrm"].value
    client.session.cookie_jar.clear()
    assert first != second
    assert (await client.get(SESSION, headers={"Cookie": f"xrm={first}"})).status == 401
    assert (await client.get(SESSION, headers={"Cookie": f"xrm={second}"})).status == 200


async def test_signing_out_ends_the_session_and_takes_the_cookie_away(as_user) -> None:
    call = as_user("marie")
    response = await call("DELETE", SESSION)
    assert response.status == 204
    assert response.cookies["xrm"].value == ""
    assert (await call("GET", SESSION)).status == 401


async def test_signing_out_everywhere_ends_the_other_sessions_too(client, as_user) -> None:
    other = (await client.post(SESSION, json=MARIE)).cookies["xrm"].value
    response = await as_user("marie")("DELETE", "/api/v1/sessions")
    assert (await response.json())["sessions"] == 2
    client.session.cookie_jar.clear()
    assert (await client.get(SESSION, headers={"Cookie": f"xrm={other}"})).status == 401


async def test_a_new_password_ends_the_sessions_and_opens_the_next(client, as_user) -> None:
    call = as_user("marie")
    new = "battery staple"
    wrong = await call("PUT", SESSION + "/password", json={"current_password": "guess guess", "new_password": new})
    assert (wrong.status, list((await wrong.json())["errors"])) == (422, ["current_password"])
    done = await call("PUT", SESSION + "/password", json={"current_password": PASSWORD, "new_password": new})
    assert done.status == 204
    assert (await call("GET", SESSION)).status == 401
    assert (await client.post(SESSION, json={**MARIE, "password": new})).status == 201


@pytest.mark.parametrize(("method", "path"), [("DELETE", SESSION), ("DELETE", "/api/v1/sessions")])
async def test_a_token_has_no_session_to_end(as_token, method, path) -> None:
    response = await as_token("admin")(method, path)
    assert (response.status, (await response.json())["code"]) == (409, "not_a_session")


@pytest.mark.parametrize(
    "header",
    ["Bearer nonsense", "Bearer", "Basic bWFyaWU6eA==", "Bearer xrm_x_y", "Bearer xrm_" + "0" * 36 + "_x"],
)
async def test_credentials_that_are_refused_are_not_made_good_by_a_cookie(as_user, header) -> None:
    response = await as_user("chief")("GET", SESSION, headers={"Authorization": header})
    assert (response.status, (await response.json())["code"]) == (401, "token_refused")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_what_another_site_starts_is_refused_even_with_the_token(as_user, site) -> None:
    response = await as_user("chief")("POST", "/sms/pause", headers={"Sec-Fetch-Site": site})
    assert (response.status, (await response.json())["code"]) == (403, "cross_site")


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_what_our_own_pages_start_is_done(as_user, site) -> None:
    response = await as_user("chief")("POST", "/sms/pause", headers={"Sec-Fetch-Site": site})
    assert response.status == 200


async def test_a_bearer_call_needs_no_token_against_forgery(as_token) -> None:
    response = await as_token("admin")("POST", "/sms/pause", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status == 200


async def test_one_sees_the_base_one_belongs_to(as_user) -> None:
    call = as_user("marie")
    assert [base["code"] for base in (await (await call("GET", "/api/v1/bases")).json())["items"]] == ["ACME"]
    assert (await (await call("GET", "")).json())["name"] == "ACME"
