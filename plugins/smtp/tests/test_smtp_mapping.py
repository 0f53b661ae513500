"""What replies and silences of a server mean to the platform."""

from __future__ import annotations

import json
import re
import ssl
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_smtp import mapping
from xrm_smtp.mapping import Reply
from xrm_smtp.plugin import SMTP

from xrm_platform.providers import (
    AccountError,
    AuthError,
    InvalidRecipient,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    TransientError,
)
from xrm_platform.testing.translations import assert_explained

SIZE = 12_345


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(535, "5.7.8 Authentication credentials invalid"), AuthError, "credentials_refused"),
        (
            Reply(535, "5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"),
            AuthError,
            "smtp_auth_off",
        ),
        (Reply(534, "5.7.9 Application-specific password required"), AuthError, "app_password_needed"),
        (Reply(550, "5.7.30 Basic authentication is not supported for Client Submission"), AuthError, "basic_auth_off"),
        (Reply(454, "4.7.0 Temporary authentication failure"), TransientError, "sign_in_unavailable"),
    ],
)
def test_a_refused_sign_in(reply: Reply, kind: type[ProviderError], code: str) -> None:
    assert_means(mapping.sign_in_error(reply), kind, code)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (
            Reply(550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
            PermanentError,
            "sender_refused",
        ),
        (Reply(553, "Sender rejected"), PermanentError, "sender_refused"),
        (Reply(530, "5.7.0 Authentication required"), AuthError, "sign_in_needed"),
        (Reply(530, "5.7.0 Must issue a STARTTLS command first"), AccountError, "starttls_needed"),
        (Reply(552, "Message size exceeds fixed limit"), TooLarge, "message_refused_as_too_large"),
        (Reply(552, "5.3.4 Message too big"), TooLarge, "message_refused_as_too_large"),
        (Reply(451, "4.3.0 Try again"), TransientError, "try_later"),
        (Reply(550, "5.4.5 Daily user sending limit exceeded"), QuotaExhausted, "daily_limit"),
    ],
)
def test_a_refused_sender(reply: Reply, kind: type[ProviderError], code: str) -> None:
    assert_means(mapping.sender_error(reply, SIZE), kind, code)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(550, "5.1.1 User unknown"), InvalidRecipient, "invalid_recipient"),
        (Reply(550, "No such user here"), InvalidRecipient, "invalid_recipient"),
        (Reply(553, "5.1.3 Bad address"), InvalidRecipient, "invalid_recipient"),
        (Reply(550, "5.1.8 Sender address has no MX"), PermanentError, "sender_refused"),
        (Reply(553, "5.7.1 <eve@example.com>: Sender address rejected: not owned"), PermanentError, "sender_refused"),
        (Reply(554, "5.7.1 Relay access denied"), PermanentError, "relay_refused"),
        (Reply(552, "5.2.2 Mailbox full"), PermanentError, "mailbox_full"),
        (Reply(554, "5.2.1 Mailbox disabled"), PermanentError, "recipient_refused"),
        (Reply(450, "4.2.0 Greylisted"), TransientError, "try_later"),
        (Reply(452, "4.5.3 Too many recipients"), TransientError, "try_later"),
        (Reply(450, "4.7.1 Sending rate too high"), RateLimited, "rate_limited"),
        (Reply(421, "4.7.0 Too many messages from this account"), RateLimited, "rate_limited"),
    ],
)
def test_a_refused_recipient(reply: Reply, kind: type[ProviderError], code: str) -> None:
    assert_means(mapping.recipient_error(reply, SIZE), kind, code)


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(554, "5.7.1 Message looks like spam"), PermanentError, "content_refused"),
        (Reply(550, "Rejected"), PermanentError, "content_refused"),
        (Reply(552, "5.2.2 Mailbox full"), PermanentError, "mailbox_full"),
        (Reply(552, "5.3.4 Message too big"), TooLarge, "message_refused_as_too_large"),
        (Reply(550, "5.7.30 Basic authentication is not supported"), AuthError, "basic_auth_off"),
        (Reply(451, "4.3.0 Queue file write error"), TransientError, "try_later"),
    ],
)
def test_refused_content(reply: Reply, kind: type[ProviderError], code: str) -> None:
    assert_means(mapping.content_error(reply, SIZE), kind, code)


@pytest.mark.parametrize("code", [421, 450, 554, 571])
def test_a_greeting_that_sends_us_away_can_be_tried_again(code: int) -> None:
    error = mapping.greeting_error(Reply(code, "go away"))
    assert isinstance(error, TransientError)
    assert_explained(SMTP, error.code, error.params)


def test_a_connection_that_does_not_come_about_says_why() -> None:
    untrusted = ssl.SSLCertVerificationError("self-signed certificate")
    untrusted.verify_code, untrusted.verify_message = 18, "self-signed certificate"
    wrong = ssl.SSLError(1, "WRONG_VERSION_NUMBER")
    wrapped = ConnectionError("Error connecting")
    wrapped.__cause__ = untrusted
    for error, kind, code in [
        (untrusted, AccountError, "certificate_refused"),
        (wrapped, AccountError, "certificate_refused"),
        (wrong, AccountError, "wrong_security"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), TransientError, "unreachable"),
        (TimeoutError(), TransientError, "no_answer"),
        (ConnectionRefusedError(), TransientError, "unreachable"),
        (OSError("Name or service not known"), TransientError, "unreachable"),
    ]:
        assert_means(mapping.connection_error(error, "smtp.example.com", 465), kind, code)


def test_only_a_connection_lost_after_the_message_leaves_its_outcome_unknown() -> None:
    assert_means(mapping.lost(after_the_message=True), OutcomeUnknown, "answer_lost")
    assert_means(mapping.lost(after_the_message=False), TransientError, "connection_lost")


@pytest.mark.parametrize(
    ("text", "queue_id"),
    [
        ("2.0.0 Ok: queued as 4XyZ1B0", "4XyZ1B0"),
        ("OK id=1tF3ab-0000Xy-2C", "1tF3ab-0000Xy-2C"),
        ("2.0.0 OK  1700000000 a1-2b.3 - gsmtp", None),
        ("", None),
    ],
)
def test_the_name_in_the_queue_is_read_where_the_server_tells_it(text: str, queue_id: str | None) -> None:
    assert Reply(250, text).queue_id == queue_id


@given(st.integers(400, 599), st.text())
def test_any_reply_means_something(code: int, text: str) -> None:
    reply = Reply(code, text)
    for error in (
        mapping.greeting_error(reply),
        mapping.sign_in_error(reply),
        mapping.sender_error(reply, SIZE),
        mapping.recipient_error(reply, SIZE),
        mapping.content_error(reply, SIZE),
    ):
        assert not isinstance(error, OutcomeUnknown)
        assert str(code) in error.detail


@given(st.integers(500, 599), st.integers(0, 999))
def test_a_matter_of_policy_never_makes_an_address_a_bad_one(code: int, detail: int) -> None:
    error = mapping.recipient_error(Reply(code, f"5.7.{detail} no"), SIZE)
    assert isinstance(error, AuthError | PermanentError)
    assert not isinstance(error, InvalidRecipient)


def test_every_code_in_the_source_has_a_sentence_and_every_sentence_a_code() -> None:
    sources = "".join(Path(str(file)).read_text() for file in files("xrm_smtp").iterdir() if file.name.endswith(".py"))
    sentences = json.loads(files("xrm_smtp").joinpath("translations/en.json").read_text())["errors"]
    raised = set(re.findall(r'(?:Error|TooLarge|Unsupported|QuotaExhausted)\(\s*"([a-z_0-9]+)"', sources))
    assert raised <= sentences.keys()
    assert not [code for code in sentences if f'"{code}"' not in sources and not code.startswith("port_")]


def assert_means(error: ProviderError, kind: type[ProviderError], code: str) -> None:
    assert (type(error), error.code) == (kind, code)
    assert_explained(SMTP, error.code, error.params)
