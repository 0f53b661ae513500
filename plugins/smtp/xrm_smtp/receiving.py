"""The mailbox of an account, for the driver: each call runs in a thread and is a session of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xrm_platform.providers import InboundMail, MailListing, News, OutgoingMail, ProviderError, Tick, TickState

from .access import access_of, in_thread
from .compose import compose
from .headers import addresses
from .imap import ImapMailbox
from .imap_idle import wait_for_news
from .parts import AttachmentEncoder
from .pop import PopMailbox
from .tokens import TokenSource

FILES_BY_ITSELF = frozenset({"smtp.gmail.com", "smtp.office365.com", "smtp-mail.outlook.com"})
"""Servers for sending that put what they take into the sender's folder of sent mail."""


class Receiving:
    """`wanted` says that mail is to come in, `files_sent` that copies of what is sent can be kept."""

    def __init__(self, settings: Mapping[str, Any], tokens: TokenSource | None = None) -> None:
        access = access_of(settings, tokens)
        self._imap = ImapMailbox(access) if access is not None and access.protocol == "imap" else None
        self._pop = PopMailbox(access) if access is not None and access.protocol == "pop" else None
        self.files_sent = self._imap is not None and settings["host"].lower() not in FILES_BY_ITSELF

    @property
    def _mailbox(self) -> ImapMailbox | PopMailbox | None:
        return self._imap or self._pop

    async def listing(self, cursor: str | None) -> MailListing:
        """As the contract says of `inbox`."""
        if self._mailbox is None:
            return MailListing()
        return await in_thread(self._mailbox.listing, cursor)

    async def fetch(self, keys: Sequence[str], max_bytes: int) -> Sequence[InboundMail]:
        """As the contract says."""
        if self._mailbox is None:
            return ()
        return await in_thread(self._mailbox.fetch, keys, max_bytes)

    async def wait_for_news(self, cursor: str | None, seconds: float) -> News:
        """As the contract says. POP tells nothing by itself."""
        if self._imap is None:
            return News.UNTOLD
        return await wait_for_news(self._imap.access, cursor, seconds)

    async def file_sent(self, mail: OutgoingMail, encoder: AttachmentEncoder) -> None:
        """Put a copy that names the hidden recipients into the folder of sent mail."""
        if self._imap is not None and self.files_sent:
            await in_thread(self._file, self._imap, mail, encoder)

    async def check(self) -> list[Tick]:
        """Two steps more where mail is to come in: `may_receive` and, where copies are kept, `copied`."""
        if self._mailbox is None:
            return []
        steps = [("may_receive", self._mailbox.check)]
        if self._imap is not None and self.files_sent:
            steps.append(("copied", self._imap.check_sent))
        ticks: list[Tick] = []
        for step, run in steps:
            try:
                await in_thread(run)
            except ProviderError as error:
                return [*ticks, Tick(step, TickState.FAILED, error.code, error.params)]
            ticks.append(Tick(step, TickState.OK))
        return ticks

    def _file(self, mailbox: ImapMailbox, mail: OutgoingMail, encoder: AttachmentEncoder) -> None:
        chunks = compose(mail, encoder).chunks
        mailbox.file_sent(b"".join([addresses("Bcc", mail.bcc), *chunks]), mail.message_id)
