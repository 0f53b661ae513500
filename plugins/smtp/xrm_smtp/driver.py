"""What the platform calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from xrm_platform.providers import (
    DriverContext,
    Handover,
    InboundMail,
    MailListing,
    News,
    OutgoingMail,
    ProviderError,
    RecipientResult,
    SendResult,
    Tick,
    TickState,
)

from .client import Connection
from .compose import ComposedMail, ascii_domain, compose
from .consented import Consented
from .dkim_signing import DkimSigner, signer_of
from .mapping import connection_error
from .parts import AttachmentEncoder
from .plugin import SMTP
from .pool import Pool
from .receiving import Receiving
from .tokens import token_source

CALL_SECONDS = SMTP.limits.timeout - 10
"""When a call ends by itself. It answers what is known by then, which the platform's cut would lose."""

STEPS = ("reached", "secured", "signed_in", "may_send")


class SmtpMail(Consented):
    """An account at an SMTP server. A batch is composed in one thread, then sent over the account's connections, which
    all calls share: `limits.connections` bounds them together."""

    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._settings = settings
        self._tokens = token_source(settings, context)
        self._pool = Pool(settings, SMTP.limits.connections, self._tokens)
        self._encoder = AttachmentEncoder()
        self._signer = signer_of(settings)
        self._now = context.now
        self._receiving = Receiving(settings, self._tokens)

    def __repr__(self) -> str:
        return f"SmtpMail({self._settings['host']}:{self._settings['port']})"

    async def send(self, batch: Sequence[OutgoingMail]) -> Sequence[SendResult]:
        """Hand over the mails of `batch`. Raises nothing: each result says what became of its mail."""
        asked_at = asyncio.get_running_loop().time()
        composed = await asyncio.to_thread(self._composed, batch)
        return await asyncio.gather(*(self._sent(mail, asked_at) for mail in composed))

    async def inbox(self, cursor: str | None) -> MailListing:
        """What lies in the mailbox by IMAP or POP, none where the account is not set to receive."""
        return await self._receiving.listing(cursor)

    async def fetch(self, keys: Sequence[str], max_bytes: int) -> Sequence[InboundMail]:
        """Those mails; they stay where they are, as unread as they were."""
        return await self._receiving.fetch(keys, max_bytes)

    async def wait_for_news(self, cursor: str | None, seconds: float) -> News:
        """By IMAP, where the server can (IDLE)."""
        return await self._receiving.wait_for_news(cursor, seconds)

    async def file_sent(self, mail: OutgoingMail) -> None:
        """Put a copy into the folder of sent mail by IMAP; nothing where the server of the account does so itself."""
        await self._receiving.file_sent(mail, self._encoder)

    async def check(self) -> Sequence[Tick]:
        """Connect, secure, sign in, and ask whether the account may send as itself; no mail is sent. Then ask the DNS
        for the key of what is signed, if it is, and try the mailbox, if mail is to come in."""
        sending = await self._check_sending()
        if any(tick.state is TickState.FAILED for tick in sending):
            return sending
        if self._signer is not None:
            sending = [*sending, await dkim_tick(self._signer)]
        if sending[-1].state is TickState.FAILED:
            return sending
        return [*sending, *await self._receiving.check()]

    async def _check_sending(self) -> Sequence[Tick]:
        username = self._settings["username"]
        address = own_address(username)
        wanted = {
            "secured": self._settings["security"] != "none",
            "signed_in": username is not None,
            "may_send": address is not None,
        }
        try:
            async with self._pool.apart() as connection:
                failed = await self._tried(connection, address)
                return ticks(wanted, connection.step, failed)
        except ProviderError as error:
            return ticks({**wanted, "reached": False}, "secured", error)

    async def aclose(self) -> None:
        """Leave the server."""
        await self._pool.aclose()

    async def _tried(self, connection: Connection, address: str | None) -> ProviderError | None:
        """Why the step that `connection` names failed."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await connection.open()
                if address is not None:
                    connection.step = "may_send"
                    await connection.may_send(address)
        except ProviderError as error:
            return error
        except TimeoutError as error:
            return connection_error(error, self._settings["host"], self._settings["port"])
        return None

    def _composed(self, batch: Sequence[OutgoingMail]) -> list[ComposedMail | SendResult]:
        """The mails as octets, or why they cannot be written. Runs in a thread."""
        composed: list[ComposedMail | SendResult] = []
        for mail in batch:
            try:
                written = compose(mail, self._encoder)
                composed.append(written if self._signer is None else self._signer.signed(written, self._now()))
            except ProviderError as error:
                composed.append(SendResult(mail.id, error=error))
        return composed

    async def _sent(self, mail: ComposedMail | SendResult, asked_at: float) -> SendResult:
        if isinstance(mail, SendResult):
            return mail
        errors: Mapping[str, ProviderError] = mail.unspeakable
        reference = None
        if mail.recipients:
            try:
                delivery = await self._pool.deliver(mail, asked_at, asked_at + CALL_SECONDS)
            except ProviderError as error:
                return SendResult(mail.id, error=error)
            errors, reference = {**errors, **delivery.errors}, delivery.reference
        return SendResult(
            mail.id,
            tuple(
                RecipientResult(address, Handover.FAILED, error=errors[address])
                if address in errors
                else RecipientResult(address, Handover.ACCEPTED, reference)
                for address in [*mail.recipients, *mail.unspeakable]
            ),
            copy_wanted=self._receiving.files_sent,
        )


def own_address(username: str | None) -> str | None:
    """The address of an account whose user name is one, as with most providers; some sign in with a bare name."""
    try:
        return ascii_domain(username or "")
    except ValueError:
        return None


def ticks(wanted: Mapping[str, bool], last: str, error: ProviderError | None) -> list[Tick]:
    """The steps of a check: those not `wanted` were skipped; if there is an `error`, it ended with the step `last`."""
    told: list[Tick] = []
    for step in STEPS:
        if step == last and error is not None:
            said = {"detail": error.detail} if error.detail else {}
            told.append(Tick(step, TickState.FAILED, error.code, {**error.params, **said}))
            return told
        told.append(Tick(step, TickState.OK if wanted.get(step, True) else TickState.SKIPPED))
    return told


async def dkim_tick(signer: DkimSigner) -> Tick:
    """Whether the DNS fits the key; what asks it is loaded only now."""
    from .dkim_record import check  # noqa: PLC0415

    return await check(signer)
