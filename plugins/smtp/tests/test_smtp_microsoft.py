"""What is Microsoft's own: refresh tokens that change, tenants, clients without a secret, and refusals in words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from xrm_smtp.driver import SmtpMail
from xrm_smtp.plugin import SMTP
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import AuthError, DriverContext, ProviderError
from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.mail_sign_in import MailSignIn, connect
from xrm_platform.testing.mail_vendor import outgoing_mail
from xrm_platform.testing.microsoft_sign_in import MicrosoftSignIn
from xrm_platform.testing.smtp_server import SmtpFault, SmtpServer, SmtpStage
from xrm_platform.testing.translations import assert_explained

WHO = "com@example.com"


@pytest.fixture
async def microsoft() -> AsyncIterator[MailSignIn]:
    async with MailSignIn(MicrosoftSignIn(), WHO) as service:
        yield service


@pytest.fixture
async def server(microsoft: MailSignIn) -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as server:
        server.bearer = microsoft.bearer("https://outlook.office.com/SMTP.Send")
        yield server


@pytest.fixture
async def context() -> AsyncIterator[DriverContext]:
    async with driver_context() as context:
        yield context


@asynccontextmanager
async def opened(
    microsoft: MailSignIn, server: SmtpServer, context: DriverContext, **changes: Any
) -> AsyncIterator[SmtpMail]:
    given = {"host": server.host, "port": server.port, "security": "none", **microsoft.settings(), **changes}
    async with open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
        yield driver


async def error_of(driver: SmtpMail) -> ProviderError:
    (result,) = await driver.send([outgoing_mail()])
    assert result.error is not None
    assert_explained(SMTP, result.error.code, result.error.params)
    return result.error


async def sent(driver: SmtpMail) -> bool:
    (result,) = await driver.send([outgoing_mail()])
    return result.error is None


async def test_a_refresh_token_that_changes_at_each_use_is_kept(
    microsoft: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    kept = []
    async with opened(microsoft, server, context) as driver:
        await connect(driver)
    for _ in range(3):
        kept.append((await context.tokens.load())["refresh_token"])
        microsoft.sign_in.end_access()
        async with opened(microsoft, server, context) as driver:
            assert await sent(driver)
    assert len(set(kept)) == 3


async def test_a_refresh_token_that_another_process_used_up_is_not_missed(
    microsoft: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    async with opened(microsoft, server, context) as first, opened(microsoft, server, context) as second:
        await connect(first)
        assert await sent(second)
        for _ in range(2):
            microsoft.sign_in.end_access()
            await server.cut_connections()
            assert await sent(first)
            await server.cut_connections()
            assert await sent(second)
    assert [form["grant_type"] for form in microsoft.forms] == ["authorization_code", *["refresh_token"] * 2]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("basic authentication is disabled.", "basic_auth_off"),
        ("SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/…", "smtp_auth_off_in_tenant"),
        ("SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/…", "smtp_auth_off"),
        ("user is locked by your organization's security defaults policy.", "security_defaults"),
        ("the request did not meet the criteria.", "microsoft_refuses"),
    ],
)
@pytest.mark.parametrize("by_consent", [True, False])
async def test_what_microsoft_refuses_is_explained_and_not_tried_again(
    microsoft: MailSignIn, server: SmtpServer, context: DriverContext, words: str, code: str, *, by_consent: bool
) -> None:
    reply = f"535 5.7.139 Authentication unsuccessful, {words}".replace("…", "smtp_auth_disabled")
    server.users = {WHO: "secret"}
    server.faults.add(SmtpFault(SmtpStage.AUTH, reply, times=None))
    by_password = {"sign_in": "password", "password": "secret"} | dict.fromkeys(
        ("client_id", "client_secret", "auth_url", "token_url")
    )
    async with opened(microsoft, server, context, **({} if by_consent else by_password)) as driver:
        if by_consent:
            await connect(driver)
        error = await error_of(driver)
    assert (type(error), error.code) == (AuthError, code)
    assert len(microsoft.forms) == int(by_consent)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda sign_in: setattr(sign_in, "client_secret", "another"), "client_secret_wrong"),
        (lambda sign_in: setattr(sign_in, "secret_expired", True), "client_secret_expired"),
        (lambda sign_in: setattr(sign_in, "client_id", "another"), "client_unknown_in_tenant"),
        (lambda sign_in: setattr(sign_in, "tenants", {"acme.example"}), "tenant_needed"),
    ],
)
async def test_what_is_wrong_with_the_client_is_told(
    microsoft: MailSignIn, server: SmtpServer, context: DriverContext, change: Callable[[Any], None], code: str
) -> None:
    async with opened(microsoft, server, context) as driver:
        await connect(driver)
        microsoft.sign_in.end_access()
        change(microsoft.sign_in)
        assert (await error_of(driver)).code == code


async def test_a_public_client_says_no_secret(
    microsoft: MailSignIn, server: SmtpServer, context: DriverContext
) -> None:
    assert isinstance(microsoft.sign_in, MicrosoftSignIn)
    microsoft.sign_in.public = True
    async with opened(microsoft, server, context, client_secret="") as driver:
        await connect(driver)
        assert await sent(driver)
