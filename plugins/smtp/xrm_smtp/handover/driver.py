"""What the platform calls: one driver for every mail software, by a ladder of ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from xrm_platform.providers import (
    AccountError,
    AuthError,
    DriverContext,
    Handover,
    InboundMail,
    MailDraft,
    MailListing,
    OutgoingMail,
    ProviderError,
    RecipientResult,
    Rung,
    SendResult,
    Tick,
    TickState,
    Unsupported,
    Whereabouts,
)
from xrm_smtp.access import Access, access_of, in_thread
from xrm_smtp.consented import Consented
from xrm_smtp.imap import ImapMailbox
from xrm_smtp.parts import AttachmentEncoder
from xrm_smtp.pop import PopMailbox
from xrm_smtp.tokens import token_source

from .eml import draft_octets
from .ladder import Ways, without_mailbox
from .mailbox import drafts_folder, put_draft, whereabouts


class HandoverMail(Consented):
    """An account of the person's own mail software. A mail becomes a draft in the mailbox; where there is none, or it
    takes none, a file or a link."""

    opens_files: ClassVar[bool]

    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._tokens = token_source(settings, context)
        access = access_of({**settings, "username": None, "password": None}, self._tokens)
        self._drafts: Access | None = access if access is not None and access.protocol == "imap" else None
        self._mailbox = None if access is None else ImapMailbox(access) if self._drafts else PopMailbox(access)
        self._ways = Ways(settings["without_mailbox"], self.opens_files)
        self._encoder = AttachmentEncoder()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._drafts.host if self._drafts else 'without drafts'})"

    async def send(self, batch: Sequence[OutgoingMail]) -> Sequence[SendResult]:
        """Hand over the mails of `batch`. Raises nothing: each result says what became of its mail."""
        return [await in_thread(self._handed_over, mail) for mail in batch]

    async def whereabouts(self, message_ids: Mapping[str, str]) -> Mapping[str, Whereabouts] | None:
        """Whether these lie among the drafts or the sent mail; None where there is no mailbox to look into."""
        if self._drafts is None:
            return None
        return await in_thread(whereabouts, self._drafts, message_ids)

    async def inbox(self, cursor: str | None) -> MailListing:
        """What lies in the mailbox by IMAP or POP, none where the account has none."""
        if self._mailbox is None:
            return MailListing()
        return await in_thread(self._mailbox.listing, cursor)

    async def fetch(self, keys: Sequence[str], max_bytes: int) -> Sequence[InboundMail]:
        """Those mails; they stay where they are, as unread as they were."""
        if self._mailbox is None:
            return ()
        return await in_thread(self._mailbox.fetch, keys, max_bytes)

    async def check(self) -> Sequence[Tick]:
        """Open the mailbox and look for the folder of drafts; without a mailbox there is nothing to reach."""
        if self._mailbox is None:
            return [Tick(step, TickState.SKIPPED) for step in ("reached", "signed_in", "drafts")]
        steps: list[tuple[str, Callable[[], object]]] = [("signed_in", self._mailbox.check)]
        drafts = self._drafts
        if drafts is not None:
            steps.append(("drafts", lambda: drafts_folder(drafts)))
        ticks = [Tick("reached", TickState.OK)]
        for step, run in steps:
            try:
                await in_thread(run)
            except ProviderError as error:
                return _failed(ticks, step, error)
            ticks.append(Tick(step, TickState.OK))
        return ticks

    async def aclose(self) -> None:
        """Nothing stays open between two calls."""

    def _handed_over(self, mail: OutgoingMail) -> SendResult:
        """Runs in a thread."""
        try:
            draft = self._drafted(mail)
        except ProviderError as error:
            return SendResult(mail.id, error=error)
        return SendResult(mail.id, tuple(RecipientResult(to, Handover.DRAFTED) for to in mail.envelope), draft=draft)

    def _drafted(self, mail: OutgoingMail) -> MailDraft:
        refused: ProviderError | None = None
        if self._drafts is not None:
            try:
                folder = put_draft(self._drafts, draft_octets(mail, self._encoder), mail.message_id, mail.id)
                return MailDraft(Rung.MAILBOX, "open_drafts", {"folder": folder}, watched=True)
            except Unsupported as error:
                refused = error
        return without_mailbox(mail, self._ways, self._encoder, refused, watched=self._drafts is not None)


class OutlookMail(HandoverMail):
    opens_files = True


class AppleMail(HandoverMail):
    """Mail opens a file to be read, from which the person has to make a message of their own."""

    opens_files = False


def _failed(ticks: Sequence[Tick], step: str, error: ProviderError) -> list[Tick]:
    """The ticks with the one that failed: signing in fails by its credentials, else the server was not reached."""
    tick = Tick(step, TickState.FAILED, error.code, error.params)
    if step != "signed_in" or isinstance(error, AuthError):
        return [*ticks, tick]
    named = "secured" if isinstance(error, AccountError) else "reached"
    before = [] if named == "reached" else ticks
    return [*before, Tick(named, TickState.FAILED, error.code, error.params)]
