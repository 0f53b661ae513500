"""What becomes of messages when the server does wrong, over real connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from xrm_smtp import client, driver, pool
from xrm_smtp.driver import SmtpMail
from xrm_smtp.plugin import SMTP

from xrm_platform.providers import (
    AccountError,
    Address,
    Attachment,
    AuthError,
    Handover,
    InvalidRecipient,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    TooLarge,
    TransientError,
    Unsupported,
)
from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.inspection import failed_tick
from xrm_platform.testing.mail_vendor import ANNA, BEN, QUOTE, outcomes, outgoing_mail
from xrm_platform.testing.smtp_server import CertificateFlaw, SmtpFault, SmtpSecurity, SmtpServer, SmtpStage

USER = {"com@example.com": "secret"}


@asynccontextmanager
async def account(server: SmtpServer, **changes: Any) -> AsyncIterator[SmtpMail]:
    settings = {
        "host": server.host,
        "port": server.port,
        "security": str(server.security),
        "ca_file": str(server.ca_file or ""),
    }
    if server.users:
        settings |= {"username": "com@example.com", "password": "secret"}
    loaded = SMTP.settings().load({**settings, **changes})
    async with driver_context() as context, open_driver(SmtpMail, loaded, context) as opened:
        yield opened


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer(users=USER) as server:
        yield server


async def error_of(opened: SmtpMail, **changes: Any) -> ProviderError | None:
    (told,) = await outcomes(opened, [outgoing_mail(**changes)])
    return told[ANNA].error


@pytest.mark.parametrize(
    ("stage", "reply", "kind", "code"),
    [
        (SmtpStage.AUTH, "454 4.7.0 later", TransientError, "sign_in_unavailable"),
        (SmtpStage.AUTH, "550 5.7.30 Basic authentication is not supported", AuthError, "basic_auth_off"),
        (SmtpStage.MAIL, "451 4.3.0 later", TransientError, "try_later"),
        (SmtpStage.MAIL, "553 5.1.8 no", PermanentError, "sender_refused"),
        (SmtpStage.MAIL, "421 4.3.2 shutting down", TransientError, "try_later"),
        (SmtpStage.RCPT, "550 5.1.1 unknown", InvalidRecipient, "invalid_recipient"),
        (SmtpStage.RCPT, "421 4.3.2 shutting down", TransientError, "try_later"),
        (SmtpStage.DATA, "451 4.3.0 later", TransientError, "try_later"),
        (SmtpStage.DATA, "554 5.5.1 no", PermanentError, "content_refused"),
        (SmtpStage.DATA, "421 4.3.2 shutting down", TransientError, "try_later"),
        (SmtpStage.END, "451 4.3.0 later", TransientError, "try_later"),
        (SmtpStage.END, "554 5.7.1 spam", PermanentError, "content_refused"),
        (SmtpStage.END, "421 4.3.2 shutting down", TransientError, "try_later"),
        (SmtpStage.END, "552 5.3.4 too big", TooLarge, "message_refused_as_too_large"),
    ],
)
async def test_a_bad_reply_fails_the_message_and_the_next_one_goes(
    server: SmtpServer, stage: SmtpStage, reply: str, kind: type[ProviderError], code: str
) -> None:
    server.faults.add(SmtpFault(stage, reply))
    async with account(server) as opened:
        error = await error_of(opened)
        assert error is not None
        assert (type(error), error.code) == (kind, code)
        assert error.detail == reply
        assert server.received == []
        assert await error_of(opened) is None
    assert len(server.received) == 1


@pytest.mark.parametrize("stage", [SmtpStage.AUTH, SmtpStage.MAIL, SmtpStage.RCPT, SmtpStage.DATA])
async def test_a_connection_cut_before_the_message_can_be_tried_again(server: SmtpServer, stage: SmtpStage) -> None:
    server.faults.add(SmtpFault(stage, drop=True))
    async with account(server) as opened:
        assert type(await error_of(opened)) is TransientError
        assert server.received == []
        assert await error_of(opened) is None


async def test_a_connection_cut_while_a_large_message_flows_can_be_tried_again(server: SmtpServer) -> None:
    server.faults.add(SmtpFault(SmtpStage.BODY, drop=True, delay=0.05))
    server.max_bytes = 100_000_000
    file = Attachment("large.bin", "application/octet-stream", bytes(20_000_000))
    async with account(server) as opened:
        error = await error_of(opened, attachments=(file,))
    assert error is not None
    assert (type(error), error.code) == (TransientError, "connection_lost")


async def test_a_connection_cut_after_the_final_dot_leaves_the_outcome_unknown(server: SmtpServer) -> None:
    server.faults.add(SmtpFault(SmtpStage.END, drop=True))
    async with account(server) as opened:
        assert type(await error_of(opened)) is OutcomeUnknown
    assert len(server.received) == 1


async def test_the_refused_recipient_of_a_lost_message_is_known_to_be_refused(server: SmtpServer) -> None:
    server.faults.add(SmtpFault(SmtpStage.RCPT, "550 5.1.1 unknown", address=BEN))
    server.faults.add(SmtpFault(SmtpStage.END, drop=True))
    async with account(server) as opened:
        (told,) = await outcomes(opened, [outgoing_mail(to=(Address(ANNA), Address(BEN)))])
    assert (type(told[ANNA].error), type(told[BEN].error)) == (OutcomeUnknown, InvalidRecipient)


async def test_a_foreign_sender_refused_at_the_recipient_leaves_the_recipient_a_good_one(server: SmtpServer) -> None:
    server.senders = {"other@example.com"}
    async with account(server) as opened:
        error = await error_of(opened)
    assert error is not None
    assert (type(error), error.code) == (PermanentError, "sender_refused")


async def test_a_wrong_password_is_tried_once_for_a_whole_batch(server: SmtpServer) -> None:
    server.users = {"com@example.com": "another"}
    async with account(server, username="com@example.com", password="secret") as opened:
        batches = [[outgoing_mail() for _ in range(10)] for _ in range(2)]
        told = await asyncio.gather(*(outcomes(opened, batch) for batch in batches))
    assert {type(one[ANNA].error) for batch in told for one in batch} == {AuthError}
    assert server.connections == 1


async def test_a_password_that_the_server_repeats_stays_secret(server: SmtpServer) -> None:
    server.faults.add(SmtpFault(SmtpStage.AUTH, "535 5.7.8 'secret' is wrong"))
    async with account(server) as opened:
        error = await error_of(opened)
    assert error is not None
    assert "secret" not in f"{error!r} {error.detail} {error.params}"


async def test_connections_are_reused_and_never_more_than_allowed(server: SmtpServer) -> None:
    async with account(server) as opened:
        for _ in range(3):
            await asyncio.gather(*(opened.send([outgoing_mail() for _ in range(20)]) for _ in range(2)))
        assert server.connections <= SMTP.limits.connections
        assert len(server.sessions) <= SMTP.limits.connections
    assert len(server.received) == 120


async def test_a_connection_that_the_server_left_is_replaced_without_a_word(server: SmtpServer) -> None:
    async with account(server) as opened:
        assert await error_of(opened) is None
        await server.cut_connections()
        assert await error_of(opened) is None
    assert (len(server.received), server.connections) == (2, 2)


async def test_a_kept_connection_that_is_told_to_go_is_replaced_without_a_word(server: SmtpServer) -> None:
    async with account(server) as opened:
        assert await error_of(opened) is None
        server.faults.add(SmtpFault(SmtpStage.MAIL, "421 4.4.2 idle for too long"))
        assert await error_of(opened) is None
    assert (len(server.received), server.connections) == (2, 2)


async def test_a_connection_carries_so_many_messages_and_no_more(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MESSAGES_A_CONNECTION", 2)
    async with account(server) as opened:
        for _ in range(5):
            assert await error_of(opened) is None
    assert server.connections == 3


async def test_an_idle_connection_is_left_in_time(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.02)
    async with account(server) as opened:
        assert await error_of(opened) is None
        for _ in range(3000):
            if not server.sessions:
                break
            await asyncio.sleep(0.01)
        assert not server.sessions


async def test_what_is_not_sent_in_time_is_said_before_the_platform_cuts_the_call(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "CALL_SECONDS", 0.5)
    server.faults.add(SmtpFault(SmtpStage.END, delay=30, times=None))
    async with account(server) as opened:
        told = await outcomes(opened, [outgoing_mail() for _ in range(6)])
    kinds = [type(one[ANNA].error) for one in told]
    assert kinds.count(OutcomeUnknown) == len(server.received)
    assert kinds.count(TransientError) == 6 - len(server.received)


async def test_a_message_that_is_cancelled_leaves_no_connection_behind(server: SmtpServer) -> None:
    server.faults.add(SmtpFault(SmtpStage.END, delay=30))
    async with account(server) as opened:
        sending = asyncio.create_task(opened.send([outgoing_mail()]))
        while not server.received:
            await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert await error_of(opened) is None
    assert server.connections == 2


async def test_a_message_too_large_for_the_server_is_not_even_begun(server: SmtpServer) -> None:
    server.max_bytes = 5000
    async with account(server) as opened:
        error = await error_of(opened, attachments=(QUOTE,))
    assert error is not None
    assert (type(error), error.params["limit"]) == (TooLarge, 5)


async def test_accents_before_the_at_go_only_to_servers_that_take_them(server: SmtpServer) -> None:
    mail = outgoing_mail(to=(Address("zoë@client.example"),))
    async with account(server) as opened:
        (told,) = await outcomes(opened, [mail])
        assert told["zoë@client.example"].outcome is Handover.ACCEPTED
        assert server.received[0].recipients == ("zoë@client.example",)
    server.offers_smtputf8 = False
    async with account(server) as opened:
        (told,) = await outcomes(opened, [mail])
    error = told["zoë@client.example"].error
    assert error is not None
    assert (type(error), error.code) == (Unsupported, "needs_smtputf8")


async def test_a_report_will_name_the_message_by_the_platforms_id(server: SmtpServer) -> None:
    mail = outgoing_mail(id="mail+1=é")
    async with account(server) as opened:
        (result,) = await opened.send([mail])
    assert result.recipients[0].reference == "00000001"
    assert server.received[0].envelope_id == "mail+2B1+3D+C3+A9"


async def test_an_old_server_without_any_extension_is_served(server: SmtpServer) -> None:
    server.offers_dsn = server.offers_smtputf8 = False
    async with account(server) as opened:
        assert await error_of(opened) is None
    assert server.received[0].envelope_id is None


@pytest.mark.parametrize("security", [SmtpSecurity.TLS, SmtpSecurity.STARTTLS])
@pytest.mark.parametrize(
    ("flaw", "code"),
    [(CertificateFlaw.EXPIRED, "certificate_expired"), (CertificateFlaw.WRONG_HOST, "certificate_of_another")],
)
async def test_a_certificate_that_does_not_fit_stops_everything(
    security: SmtpSecurity, flaw: CertificateFlaw, code: str
) -> None:
    async with SmtpServer(security=security, users=USER, flaw=flaw) as server, account(server) as opened:
        error = await error_of(opened)
        assert error is not None
        assert (type(error), error.code) == (AccountError, code)
        assert failed_tick(await opened.check()).step == "secured"
        assert server.received == []


async def test_a_certificate_of_an_unknown_authority_stops_everything() -> None:
    async with SmtpServer(security=SmtpSecurity.TLS) as server, account(server, ca_file="") as opened:
        tick = failed_tick(await opened.check())
    assert (tick.step, tick.code) == ("secured", "certificate_refused")


async def test_an_unreadable_authority_file_is_told() -> None:
    async with SmtpServer(security=SmtpSecurity.TLS) as server, account(server, ca_file="/no/such/file") as opened:
        tick = failed_tick(await opened.check())
        error = await error_of(opened)
    assert (tick.step, tick.code) == ("secured", "ca_file_unreadable")
    assert error is not None
    assert error.code == "ca_file_unreadable"


async def test_without_starttls_nothing_is_sent_in_clear() -> None:
    async with SmtpServer(security=SmtpSecurity.STARTTLS, users=USER) as server, account(server) as opened:
        server.offers_starttls = False
        error = await error_of(opened)
        assert error is not None
        assert (type(error), error.code) == (AccountError, "no_starttls")
        assert failed_tick(await opened.check()).step == "secured"
        assert server.received == []


async def test_tls_at_a_server_that_does_not_speak_it_is_a_wrong_setting(server: SmtpServer) -> None:
    async with account(server, security="tls") as opened:
        tick = failed_tick(await opened.check())
    assert (tick.step, tick.code) == ("secured", "wrong_security")


async def test_silence_at_a_server_that_wants_tls_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)
    async with SmtpServer(security=SmtpSecurity.TLS) as server, account(server, security="none") as opened:
        tick = failed_tick(await opened.check())
    assert (tick.step, tick.code) == ("reached", "no_answer")


async def test_a_server_without_sign_in_is_told_apart_from_a_wrong_password(server: SmtpServer) -> None:
    server.offers_auth = False
    async with account(server) as opened:
        tick = failed_tick(await opened.check())
    assert (tick.step, tick.code) == ("signed_in", "no_sign_in_offered")


async def test_a_check_sends_nothing_and_asks_whether_the_account_may_send(server: SmtpServer) -> None:
    async with account(server) as opened:
        assert [tick.state for tick in await opened.check()] == ["ok", "skipped", "ok", "ok"]
        server.faults.add(SmtpFault(SmtpStage.MAIL, "550 5.7.60 not as this sender"))
        tick = failed_tick(await opened.check())
    assert (tick.step, tick.code) == ("may_send", "sender_refused")
    assert server.received == []


async def test_an_account_without_authentication_sends() -> None:
    async with SmtpServer() as server, account(server) as opened:
        assert [tick.state for tick in await opened.check()] == ["ok", "skipped", "skipped", "skipped"]
        assert await error_of(opened) is None
    assert server.received[0].username is None


async def test_a_check_that_takes_too_long_says_at_which_step(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "CALL_SECONDS", 0.5)
    server.faults.add(SmtpFault(SmtpStage.AUTH, delay=30))
    async with account(server) as opened:
        tick = failed_tick(await opened.check())
    assert (tick.step, tick.code) == ("signed_in", "no_answer")
