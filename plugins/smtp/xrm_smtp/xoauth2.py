"""Signing in with an access token: the SASL mechanism XOAUTH2, by SMTP, IMAP and POP.

A token that a server refuses is replaced once: it may have been taken back before its end. The server then says why in
a challenge, in base64 and JSON, and waits for an empty answer before it says no.
"""

from __future__ import annotations

from collections.abc import Callable

import aiosmtplib

from xrm_platform.providers import AuthError

from . import mapping
from .mapping import Reply
from .tokens import TokenSource


def initial_response(username: str, token: str) -> bytes:
    """What the client says first, before base64 (Google: The SASL XOAUTH2 Mechanism)."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01".encode()


async def sign_in_by_smtp(smtp: aiosmtplib.SMTP, host: str, port: int, username: str, tokens: TokenSource) -> None:
    """AUTH XOAUTH2. Raises `ProviderError`, and what aiosmtplib raises when the connection ends."""
    if "xoauth2" not in smtp.server_auth_methods:
        raise AuthError("no_consent_offered", host=host, port=port)
    refused = None
    while True:
        token = await tokens.token(refused)
        try:
            await smtp.auth_xoauth2(username, token)
        except aiosmtplib.SMTPAuthenticationError as error:
            reply = Reply(error.code, error.message.replace(token, "…"))
        else:
            return
        failed = mapping.sign_in_error(reply)
        if failed.code != AuthError.default_code:
            raise failed
        if refused is not None:
            raise tokens.refusal("token_refused", reply.detail)
        refused = token


def sign_in_to_mailbox(username: str, tokens: TokenSource, attempt: Callable[[bytes], str | None]) -> None:
    """Give `attempt` the initial response; it answers with the words of a refusal, or None. Runs in a thread.

    Raises `ProviderError`, and what `attempt` raises.
    """
    refused = None
    while True:
        token = tokens.token_in_thread(refused)
        words = attempt(initial_response(username, token))
        if words is None:
            return
        if refused is not None:
            raise tokens.refusal("mailbox_token_refused", words.replace(token, "…"))
        refused = token
