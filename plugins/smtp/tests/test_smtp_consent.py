"""Signing in by consent: Google's and Microsoft's stand-ins, and a server that takes their tokens."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from xrm_smtp import imap_sign_in, pop_sign_in
from xrm_smtp.driver import SmtpMail
from xrm_smtp.grants import whose
from xrm_smtp.plugin import SMTP
from xrm_smtp.settings import SmtpSettings
from yarl import URL

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    ConsentNeeded,
    DriverContext,
    Handover,
    ProviderError,
    RateLimited,
    TransientError,
)
from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.google_sign_in import SignIn, id_token
from xrm_platform.testing.inspection import failed_tick
from xrm_platform.testing.mail_sign_in import BACK, VERIFIER, MailSignIn, allow, connect
from xrm_platform.testing.mail_vendor import outgoing_mail
from xrm_platform.testing.microsoft_sign_in import MicrosoftSignIn
from xrm_platform.testing.smtp_server import SmtpServer
from xrm_platform.testing.translations import assert_explained

WHO = "com@example.com"
RIGHTS = {"google": "https://mail.google.com/", "microsoft": "https://outlook.office.com/SMTP.Send"}


@pytest.fixture(params=["google", "microsoft"])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[MailSignIn]:
    async with MailSignIn(SignIn() if request.param == "google" else MicrosoftSignIn(), WHO) as service:
        yield service


@pytest.fixture
async def server(service: MailSignIn) -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as server:
        server.bearer = service.bearer(RIGHTS[service.settings()["sign_in"]])
        yield server


@pytest.fixture
async def context() -> AsyncIterator[DriverContext]:
    async with driver_context() as context:
        yield context


@asynccontextmanager
async def opened(
    service: MailSignIn, server: SmtpServer, context: DriverContext, **changes: Any
) -> AsyncIterator[SmtpMail]:
    given = {"host": server.host, "port": server.port, "security": "none", **service.settings(), **changes}
    async with open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
        yield driver


async def error_of(driver: SmtpMail) -> ProviderError:
    (result,) = await driver.send([outgoing_mail()])
    assert result.error is not None
    assert_explained(SMTP, result.error.code, result.error.params)
    return result.error


async def sent(driver: SmtpMail) -> bool:
    (result,) = await driver.send([outgoing_mail()])
    return result.error is None and {one.outcome for one in result.recipients} == {Handover.ACCEPTED}


async def test_a_consent_lets_mail_go_and_is_remembered(
    service: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    async with opened(service, server, context) as driver:
        assert (await error_of(driver)).code == "consent_needed"
        back = await allow(driver)
        assert (back.query["state"], back.with_query(None)) == ("state", URL(BACK))
        await driver.redeem(back.query["code"], BACK, VERIFIER)
        assert await sent(driver)
    service.sign_in.end_access()
    async with opened(service, server, context) as driver:
        assert await sent(driver)
    assert {mail.username for mail in server.received} == {WHO}


async def test_the_page_is_asked_for_a_lasting_access_of_this_person(
    service: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    async with opened(service, server, context, receive="imap", receive_host="imap.example.com") as driver:
        query = URL(driver.authorize_url("s&t", BACK, VERIFIER)).query
    assert (query["state"], query["redirect_uri"], query["login_hint"]) == ("s&t", BACK, WHO)
    assert query["code_challenge_method"] == "S256"
    assert VERIFIER not in str(query)
    if isinstance(service.sign_in, MicrosoftSignIn):
        scope = "https://outlook.office.com/SMTP.Send https://outlook.office.com/IMAP.AccessAsUser.All"
        assert query["scope"] == f"{scope} offline_access openid email profile"
    else:
        assert query["scope"] == "https://mail.google.com/ openid email"
        assert (query["access_type"], query["prompt"]) == ("offline", "consent")


@pytest.mark.parametrize(
    ("sign_in", "tenant", "page", "tokens"),
    [
        ("google", None, "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token"),
        *(
            ("microsoft", tenant, f"{at}/authorize", f"{at}/token")
            for tenant, at in (
                (None, "https://login.microsoftonline.com/common/oauth2/v2.0"),
                ("acme.example", "https://login.microsoftonline.com/acme.example/oauth2/v2.0"),
            )
        ),
    ],
)
async def test_without_other_addresses_the_real_ones_are_used(
    context: DriverContext, sign_in: str, tenant: str | None, page: str, tokens: str
) -> None:
    given = {"sign_in": sign_in, "username": WHO, "client_id": "id", "client_secret": "s", "tenant": tenant}
    async with open_driver(SmtpMail, SmtpSettings().load({"host": "smtp.example.com", **given}), context) as driver:
        assert driver.authorize_url("state", BACK, VERIFIER).startswith(f"{page}?")
        assert tokens in repr(driver._tokens)


@pytest.mark.parametrize(
    ("code", "redirect", "verifier"),
    [("other", BACK, VERIFIER), (None, "https://evil.example.com/", VERIFIER), (None, BACK, "another verifier")],
)
async def test_a_code_is_worth_nothing_to_somebody_else(
    service: MailSignIn, server: SmtpServer, context: DriverContext, code: str | None, redirect: str, verifier: str
) -> None:
    async with opened(service, server, context) as driver:
        given = (await allow(driver)).query["code"]
        with pytest.raises(AuthError) as caught:
            await driver.redeem(code or given, redirect, verifier)
    assert_explained(SMTP, caught.value.code, caught.value.params)
    assert await context.tokens.load() == {}


async def test_many_mails_at_once_fetch_one_token(
    service: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    async with opened(service, server, context) as driver:
        await connect(driver)
        service.sign_in.end_access()
        server.connections = 0
        await asyncio.gather(*(sent(driver) for _ in range(20)))
        assert server.connections > 1
    assert [form["grant_type"] for form in service.forms] == ["authorization_code", "refresh_token"]


async def test_a_token_is_replaced_before_its_end(service: MailSignIn, server: SmtpServer) -> None:
    begin = service.now()
    moment = [begin]
    service.now = lambda: moment[0]
    async with driver_context(service.now) as context:
        async with opened(service, server, context) as driver:
            await connect(driver)
            assert await sent(driver)
        moment[0] = begin + timedelta(minutes=57)
        async with opened(service, server, context) as driver:
            assert await sent(driver)
    assert len(service.forms) == 2


async def test_access_that_was_taken_back_has_to_be_allowed_again(
    service: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    async with opened(service, server, context) as driver:
        await connect(driver)
        service.sign_in.revoke(WHO)
        error = await error_of(driver)
        assert (type(error), error.code) == (ConsentNeeded, "reconnect_needed")
        await connect(driver)
        assert await sent(driver)


async def test_the_consent_of_another_mailbox_is_told_by_both_addresses(
    service: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    service.email = "home@example.net"
    async with opened(service, server, context, username=WHO) as driver:
        await connect(driver)
        tick = failed_tick(await driver.check())
    assert (tick.step, tick.code) == ("signed_in", "consent_of_other_mailbox")
    assert {"consented": "home@example.net", "username": WHO}.items() <= tick.params.items()
    assert_explained(SMTP, tick.code, tick.params)


async def test_a_token_that_the_server_refuses_for_another_reason_is_said_to_be(
    service: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    server.bearer = lambda _: None
    async with opened(service, server, context) as driver:
        await connect(driver)
        error = await error_of(driver)
    assert (type(error), error.code, error.detail[:3]) == (AuthError, "token_refused", "535")
    assert [form["grant_type"] for form in service.forms] == ["authorization_code", "refresh_token"]


async def test_a_server_without_xoauth2_is_told(
    service: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    server.bearer = None
    async with opened(service, server, context) as driver:
        await connect(driver)
        assert (await error_of(driver)).code == "no_consent_offered"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, "<html>Sign in</html>", BadResponse),
        (200, "[]", BadResponse),
        (200, json.dumps({"access_token": "a\r\nb", "expires_in": 3600}), BadResponse),
        (200, "[" * 100_000, BadResponse),
        (500, "", TransientError),
        (302, "", TransientError),
        (400, json.dumps({"error": "temporarily_unavailable"}), TransientError),
        (429, "{}", RateLimited),
        (400, json.dumps({"error": "invalid_grant", "error_codes": "x"}), ConsentNeeded),
        (400, json.dumps({"error": "server says something new", "error_codes": [[], {}]}), ConsentNeeded),
    ],
)
async def test_whatever_the_service_answers_is_an_error_of_the_contract(
    service: MailSignIn, server: SmtpServer, context: DriverContext, status: int, body: str, kind: type[ProviderError]
) -> None:
    async with opened(service, server, context) as driver:
        await connect(driver)
        service.sign_in.end_access()
        service.answers.append((status, body))
        assert type(await error_of(driver)) is kind
        assert await sent(driver)


async def test_a_service_that_is_down_makes_mail_wait(
    service: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    async with opened(service, server, context) as driver:
        await connect(driver)
        service.sign_in.end_access()
        await service.stop()
        error = await error_of(driver)
        assert (type(error), error.params) == (TransientError, {"host": "127.0.0.1"})
        await service.start()
        assert await sent(driver)


async def test_no_token_is_in_a_log_an_error_or_a_representation(
    service: MailSignIn, server: SmtpServer, context: DriverContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened(service, server, context) as driver:
        await connect(driver)
        secrets = [value for name, value in (await context.tokens.load()).items() if name.endswith("token")]
        assert await sent(driver)
        server.bearer = lambda _: None
        await server.cut_connections()
        error = await error_of(driver)
        told = f"{caplog.text} {error!r} {error.detail} {driver!r} {driver._tokens!r}"
    assert len(secrets) == 2
    assert not [secret for secret in secrets if secret in told]


async def test_an_account_with_a_password_has_nothing_to_allow(context: DriverContext) -> None:
    settings = SmtpSettings().load({"host": "smtp.example.com", "username": WHO, "password": "secret"})
    async with open_driver(SmtpMail, settings, context) as driver:
        with pytest.raises(AuthError) as caught:
            driver.authorize_url("state", BACK, VERIFIER)
    assert caught.value.code == "consent_not_used"
    assert_explained(SMTP, caught.value.code, {})


@pytest.mark.parametrize("error_of_protocol", [imap_sign_in.sign_in_error, pop_sign_in.sign_in_error])
@pytest.mark.parametrize(
    ("words", "host", "code"),
    [
        ("LOGIN failed.", "outlook.office365.com", "basic_auth_off"),
        ("LOGIN failed.", "Outlook.Office365.com", "basic_auth_off"),
        ("LOGIN failed.", "imap.example.com", "mailbox_sign_in_refused"),
    ],
)
def test_a_mailbox_that_takes_no_password_any_more_is_said_to_be(
    error_of_protocol: Callable[[str, str], ProviderError], words: str, host: str, code: str
) -> None:
    assert error_of_protocol(words, host).code == code


@pytest.mark.parametrize("token", [None, "", "a.b", "a.!!.c", "a.bnVsbA.c", "a.MQ.c", id_token({"email": 3}), 7])
def test_an_id_token_that_says_nothing_is_ignored(token: object) -> None:
    assert whose(token) is None
