"""An account is connected by consent: the real plugin, Google's stand-in, a browser, and the page that says what
happened."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from datetime import timedelta

import aiohttp
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from sqlalchemy import select
from sync_company import people
from yarl import URL

import xrm_platform.app
from xrm_platform.accounts.consents import ConsentFailed
from xrm_platform.accounts.tables import AccountConsent
from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.people.passwords import Passwords
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.google_vendor import GoogleVendor
from xrm_platform.web import create_app

PASSWORD = "correct horse"


@pytest.fixture
async def google(clock):
    async with GoogleServer(now=clock) as server:
        yield server


@pytest.fixture
def config(database_url, tmp_path, unused_tcp_port):
    return Config(
        home=tmp_path,
        database_url=database_url,
        secret_keys=(Fernet.generate_key().decode(),),
        public_url=f"http://127.0.0.1:{unused_tcp_port}",
    )


@pytest.fixture
def cheap_passwords(monkeypatch):
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(xrm_platform.app, "Passwords", lambda: Passwords(hasher))


@pytest.fixture
async def xrm(config, clock, cheap_passwords):
    async with Platform.open(config, now=clock) as platform:
        yield platform


@pytest.fixture
async def admin(xrm):
    admin = await people(xrm)
    await xrm.users.create(admin, "chief", password=PASSWORD, is_admin=True)
    await xrm.users.create(admin, "lea", password=PASSWORD, xrm_allowed=True, collaborator="COM")
    await xrm.users.create(admin, "roux", password=PASSWORD, xrm_allowed=True, collaborator="DIR")
    await xrm.providers.enable(admin, "google_calendar")
    return admin


def without_token(google):
    return {name: value for name, value in GoogleVendor(google).settings().items() if name != "refresh_token"}


@pytest.fixture
async def account(xrm, admin, google):
    """An account of COM to which nobody has given consent yet."""
    added = await xrm.accounts.add(admin, "google_calendar", "Agenda de Léa", without_token(google), collaborator="COM")
    return added.id


@pytest.fixture
async def server(xrm, config, aiohttp_server):
    return await aiohttp_server(create_app(xrm), port=URL(config.public_url).port)


@pytest.fixture
async def browser_of(xrm, admin, server):
    """A browser in which this user is signed in, or nobody."""
    opened = []

    async def browser(login: str | None = None, language: str = "fr"):
        jar = aiohttp.CookieJar(unsafe=True)
        browser = aiohttp.ClientSession(cookie_jar=jar, headers={"Accept-Language": language})
        opened.append(browser)
        if login is not None:
            given = {"base": "ACME", "login": login, "password": PASSWORD}
            async with browser.post(server.make_url("/api/v1/session"), json=given) as answer:
                browser.headers["X-CSRF-Token"] = (await answer.json())["csrf_token"]
        return browser

    yield browser
    for browser in opened:
        await browser.close()


async def begin(browser, server, account):
    async with browser.post(server.make_url(f"/api/v1/bases/ACME/accounts/{account}/consent")) as answer:
        return answer.status, await answer.json()


async def answer_of(url):
    """What the provider's page sends the browser back with."""
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as answer:
        return URL(answer.headers["Location"])


async def shown(browser, url):
    async with browser.get(url) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("login", ["chief", "lea"])
async def test_a_consent_in_the_browser_connects_the_account(xrm, admin, server, browser_of, account, login):
    browser = await browser_of(login)
    status, begun = await begin(browser, server, account)
    assert status == 200

    status, page = await shown(browser, begun["url"])

    assert (status, "Le compte Agenda de Léa est connecté" in page) == (200, True)
    view = await xrm.accounts.get(admin, account)
    assert (view.health, view.suspended) == ("ok", False)
    assert [one.name for one in await xrm.calendar_links.available(admin, "COM")] == ["Agenda"]
    entry = (await xrm.audit.list(admin)).items[0]
    assert (entry.action, entry.actor, entry.changes) == (
        "account.connected",
        f"user:{login}",
        {"tokens": [None, "***"]},
    )


async def test_the_page_is_for_people_of_both_languages_and_runs_nothing(server, browser_of, account):
    browser = await browser_of("chief", "en")
    _, begun = await begin(browser, server, account)

    async with browser.get(begun["url"]) as answer:
        page = await answer.text()

    assert answer.content_type == "text/html"
    assert "The account Agenda de Léa is connected" in page
    assert "<script" not in page
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_what_is_put_into_the_address_is_no_markup_of_the_page(server, browser_of):
    browser = await browser_of()

    _, page = await shown(browser, server.make_url("/oauth/callback?state=x&error=<script>alert(1)</script>"))

    assert "<script" not in page


async def test_a_collaborator_connects_their_own_account_only(xrm, admin, google, server, browser_of, account):
    of_the_base = await xrm.accounts.add(admin, "google_calendar", "Commun", without_token(google))
    lea, roux = await browser_of("lea"), await browser_of("roux")

    assert (await begin(lea, server, account))[0] == 200
    status, refused = await begin(lea, server, of_the_base.id)
    assert (status, refused["code"]) == (403, "consent_of_other")
    status, refused = await begin(roux, server, account)
    assert (status, refused["code"]) == (404, "unknown_account")


async def test_a_token_connects_accounts_only_with_the_scope_of_an_administrator(xrm, admin, account):
    for scope in ("read", "send"):
        _, secret = await xrm.tokens.create(admin, scope, [scope])
        with pytest.raises(Forbidden):
            await xrm.consents.start(await xrm.tokens.actor_of(secret), account)
    _, secret = await xrm.tokens.create(admin, "admin", ["admin"])
    assert (await xrm.consents.start(await xrm.tokens.actor_of(secret), account)).url


async def test_access_that_is_denied_is_said_and_changes_nothing(xrm, admin, google, server, browser_of, account):
    google.sign_in.denies = True
    browser = await browser_of("lea")
    _, begun = await begin(browser, server, account)

    status, page = await shown(browser, begun["url"])

    assert (status, "autorisé" in page, "recommencez" in page) == (409, True, True)
    assert (await xrm.accounts.get(admin, account)).health == "unchecked"
    assert await xrm.consents.outcome(admin, begun["id"]) == "consent_denied"


async def test_the_browser_of_somebody_else_connects_nothing(xrm, admin, server, browser_of, account):
    """Else somebody could send their link to a colleague, and have the colleague's calendar in their own agenda."""
    for login in (None, "roux", "chief"):
        _, begun = await begin(await browser_of("lea"), server, account)
        other = await browser_of(login)
        back = await answer_of(begun["url"])

        status, _ = await shown(other, back)

        assert (status, (await xrm.accounts.get(admin, account)).health) == (403, "unchecked")
        assert await xrm.consents.outcome(admin, begun["id"]) == "consent_other_session"
        assert (await shown(await browser_of("lea"), back))[0] == 409


async def test_what_the_operator_begins_ends_in_any_browser(xrm, admin, server, browser_of, account):
    started = await xrm.consents.start(admin, account)

    status, _ = await shown(await browser_of(), started.url)

    assert (status, await xrm.consents.outcome(admin, started.id)) == (200, "connected")


async def test_an_answer_is_good_once(xrm, admin, account):
    started = await xrm.consents.start(admin, account)
    back = await answer_of(started.url)
    finish = {"state": back.query["state"], "code": back.query["code"]}

    ended = await asyncio.gather(*(xrm.consents.finish(**finish) for _ in range(5)), return_exceptions=True)

    assert sorted(getattr(one, "code", "connected") for one in ended) == ["connected", *["consent_used"] * 4]


async def test_an_answer_that_comes_too_late_is_refused(xrm, admin, clock, account):
    started = await xrm.consents.start(admin, account)
    back = await answer_of(started.url)
    clock.advance(timedelta(minutes=10))

    with pytest.raises(Conflicting) as refused:
        await xrm.consents.finish(back.query["state"], code=back.query["code"])

    assert refused.value.code == "consent_expired"
    assert await xrm.consents.outcome(admin, started.id) == "consent_expired"


@pytest.mark.parametrize("state", ["", "guessed", "\udcff\x00"])
async def test_a_state_that_is_nobodys_is_refused(xrm, admin, account, state):
    await xrm.consents.start(admin, account)

    with pytest.raises(Missing) as refused:
        await xrm.consents.finish(state, code="4/code")

    assert refused.value.code == "consent_unknown"


async def test_a_code_that_the_provider_does_not_know_is_said_in_its_words(xrm, admin, account):
    started = await xrm.consents.start(admin, account)

    with pytest.raises(ConsentFailed) as refused:
        await xrm.consents.finish((await answer_of(started.url)).query["state"], code="4/another")

    fault = refused.value.fault
    assert xrm.wording.knows("errors", fault.code, language="fr", package=fault.package)


async def test_an_account_whose_settings_changed_meanwhile_is_not_connected(xrm, admin, account):
    started = await xrm.consents.start(admin, account)
    back = await answer_of(started.url)
    await xrm.accounts.change(admin, account, {"settings": {"client_id": "another"}})

    with pytest.raises(Conflicting) as refused:
        await xrm.consents.finish(back.query["state"], code=back.query["code"])

    assert refused.value.code == "consent_outdated"


async def test_neither_state_nor_verifier_nor_code_is_stored_or_logged(xrm, admin, account, caplog):
    caplog.set_level(logging.DEBUG)
    started = await xrm.consents.start(admin, account)
    back = await answer_of(started.url)
    async with xrm.store.read() as session:
        row = (await session.scalars(select(AccountConsent))).one()
        stored = repr({column.name: getattr(row, column.name) for column in AccountConsent.__table__.columns})
    await xrm.consents.finish(back.query["state"], code=back.query["code"])

    for secret in (back.query["state"], back.query["code"]):
        assert secret not in stored
        assert secret not in caplog.text
    assert back.query["state"] not in repr(started)
    async with xrm.store.read() as session:
        assert (await session.scalars(select(AccountConsent.verifier))).one() == b""


async def test_a_consent_that_was_taken_back_suspends_and_a_new_one_lifts_it(xrm, admin, google, account):
    async def connect():
        back = await answer_of((await xrm.consents.start(admin, account)).url)
        return await xrm.consents.finish(back.query["state"], code=back.query["code"])

    await connect()
    link = await xrm.calendar_links.link(admin, "COM", account=account)
    await xrm.calendar_runs.sync(admin, link.id)
    google.sign_in.revoke(google.email)
    assert (await xrm.calendar_runs.sync(admin, link.id)).error_code == "reconnect_needed"
    assert (await xrm.accounts.get(admin, account)).suspended

    checked = await connect()

    assert (checked.ok, checked.account.suspended) == (True, False)
    google.put("Déjeuner")
    assert (await xrm.calendar_runs.sync(admin, link.id)).made_here == 1


async def test_another_process_works_with_the_new_consent_at_once(xrm, config, clock, admin, google, account):
    async with Platform.open(config, now=clock) as other:
        for _ in range(2):
            google.sign_in.revoke(google.email)
            with pytest.raises(Invalid):
                await other.calendar_links.available(admin, "COM", account)
            back = await answer_of((await xrm.consents.start(admin, account)).url)
            await xrm.consents.finish(back.query["state"], code=back.query["code"])
            assert await other.calendar_links.available(admin, "COM", account)


async def test_an_account_that_does_not_pass_its_check_is_connected_and_says_why(
    xrm, admin, google, server, browser_of
):
    settings = {**without_token(google), "calendar_id": "no-such-calendar"}
    added = await xrm.accounts.add(admin, "google_calendar", "Agenda", settings)
    browser = await browser_of("chief")
    _, begun = await begin(browser, server, added.id)

    status, page = await shown(browser, begun["url"])

    assert (status, "ne fonctionne pas encore" in page, "no-such-calendar" in page) == (200, True, True)
    assert (await xrm.accounts.get(admin, added.id)).health_code == "calendar_not_found"


async def test_where_there_is_nothing_to_consent_to_it_is_said(xrm, admin, google):
    await xrm.providers.enable(admin, "ical")
    ical = await xrm.accounts.add(
        admin, "ical", "Radicale", {"url": "http://127.0.0.1:1/", "username": "a", "password": "b"}
    )
    with pytest.raises(Conflicting) as refused:
        await xrm.consents.start(admin, ical.id)
    assert refused.value.code == "provider_without_consent"

    info = google.service_account(google.email).info
    settings = {"account": google.email, "service_account": json.dumps(info)}
    by_key = await xrm.accounts.add(admin, "google_calendar", "Clé", settings)
    with pytest.raises(ConsentFailed) as failed:
        await xrm.consents.start(admin, by_key.id)
    assert failed.value.fault.code == "consent_not_used"


@pytest.mark.parametrize(
    "redirect",
    [
        "https://evil.example/oauth/callback",
        "http://evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://user@127.0.0.1:1/",
        "http://127.0.0.1:1/?next=x",
        "http://[::1",
        "javascript:alert(1)",
    ],
)
async def test_the_browser_comes_back_here_or_to_this_machine_only(xrm, admin, account, redirect):
    with pytest.raises(Invalid):
        await xrm.consents.start(admin, account, redirect=redirect)


async def test_without_an_address_that_a_provider_leads_back_to_the_command_is_named(
    config, clock, admin, account, cheap_passwords
):
    inside = dataclasses.replace(config, public_url="http://xrm.acme.lan")
    async with Platform.open(inside, now=clock) as platform:
        with pytest.raises(Conflicting) as refused:
            await platform.consents.start(admin, account)
        assert refused.value.code == "consent_needs_address"
        assert await platform.consents.start(admin, account, redirect="http://127.0.0.1:4711/oauth/callback")


async def test_a_head_request_uses_nothing_up(xrm, admin, server, browser_of, account):
    started = await xrm.consents.start(admin, account)
    back = await answer_of(started.url)
    browser = await browser_of()

    async with browser.head(back) as answer:
        assert answer.status == 405
    assert (await shown(browser, back))[0] == 200
