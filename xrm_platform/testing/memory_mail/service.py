"""The service behind the provider: what it was handed, what it answers, and its switches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from weakref import WeakValueDictionary

from xrm_platform.providers import (
    Address,
    Attachment,
    AuthError,
    Handover,
    InboundMail,
    InvalidRecipient,
    MailEntry,
    MailListing,
    News,
    OutcomeUnknown,
    OutgoingMail,
    PermanentError,
    ProviderError,
    RecipientResult,
    SendResult,
    TooLarge,
    TransientError,
)
from xrm_platform.testing.mail_vendor import Arrival


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """A mail, and those of its envelope whom this handing over reached."""

    mail: OutgoingMail
    recipients: tuple[str, ...]


class MemoryMailService:
    """A mail service in memory; a `MailVendor`."""

    def __init__(self) -> None:
        self.accepted: list[AcceptedMail] = []
        self.spoilt_answers: deque[ProviderError] = deque()
        """Each spoils one message: `OutcomeUnknown` after it was taken, any other instead of that."""
        self.mailbox: dict[str, bytes] = {}
        """What came in, by key, oldest first."""
        self.sent_folder: list[OutgoingMail] = []
        self.wants_copies = False
        """Whether copies of what is sent are to be put into `sent_folder`."""
        self.spoilt_keys: dict[str, ProviderError] = {}
        """Mails that cannot be loaded, and why."""
        self.tells = True
        """Whether the mailbox tells when something comes in."""
        self.waited_from: list[str | None] = []
        """The cursors of all waits so far."""
        self._waiting: list[asyncio.Future[None]] = []
        self._reached: set[tuple[str, str]] = set()
        self._refused: dict[str, ProviderError] = {}
        self._max_octets: int | None = None
        self._reachable = True
        self._knows_password = True

    # What a driver asks

    def sign_in(self) -> None:
        """Raise what stands between the account and the service."""
        if not self._reachable:
            raise TransientError
        if not self._knows_password:
            raise AuthError

    def send(self, mail: OutgoingMail) -> SendResult:
        """Take `mail`, once for each recipient however often it is offered."""
        try:
            self.sign_in()
            spoilt = self.spoilt_answers.popleft() if self.spoilt_answers else None
            if spoilt is not None and not isinstance(spoilt, OutcomeUnknown):
                raise spoilt
            self._judge(mail)
            result = SendResult(mail.id, tuple(self._take(mail)), copy_wanted=self.wants_copies)
            if spoilt is not None:
                raise spoilt
        except ProviderError as error:
            return SendResult(mail.id, error=error)
        return result

    def listing(self, cursor: str | None) -> MailListing:
        """What came in after the mail that has `cursor` for its key; everything when it is gone."""
        self.sign_in()
        keys = list(self.mailbox)
        new = keys[keys.index(cursor) + 1 :] if cursor in keys else keys
        return MailListing(tuple(MailEntry(key, len(self.mailbox[key])) for key in new), keys[-1] if keys else None)

    async def wait_for_news(self, cursor: str | None, seconds: float) -> News:
        """Until `receive` is called, unless there is something after `cursor` already."""
        self.waited_from.append(cursor)
        if not self.tells:
            return News.UNTOLD
        if self.listing(cursor).entries:
            return News.CAME
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(seconds):
                await waiting
        except TimeoutError:
            return News.NONE
        finally:
            self._waiting.remove(waiting)
        return News.CAME

    def fetched(self, key: str, max_bytes: int) -> list[InboundMail]:
        """The mail, if it is there."""
        self.sign_in()
        if key in self.spoilt_keys:
            raise self.spoilt_keys[key]
        content = self.mailbox.get(key)
        return [] if content is None else [InboundMail(key, content if len(content) <= max_bytes else None)]

    def file_sent(self, mail: OutgoingMail) -> None:
        """Put `mail` into the folder of sent mail, once."""
        self.sign_in()
        if mail.message_id not in {one.message_id for one in self.sent_folder}:
            self.sent_folder.append(mail)

    def _judge(self, mail: OutgoingMail) -> None:
        octets = len(mail.text) + len(mail.html or "") + sum(len(file.content) for file in mail.attachments)
        octets += 0 if mail.calendar is None else 2 * len(mail.calendar.text)
        if self._max_octets is not None and octets > self._max_octets:
            raise TooLarge
        try:
            written(mail)
        except ValueError as error:  # a line break in a header
            raise PermanentError from error

    def _take(self, mail: OutgoingMail) -> list[RecipientResult]:
        good = [address for address in mail.envelope if address not in self._refused]
        new = tuple(address for address in good if (mail.id, address) not in self._reached)
        if new:
            self.accepted.append(AcceptedMail(mail, new))
            self._reached |= {(mail.id, address) for address in new}
        return [
            RecipientResult(address, Handover.ACCEPTED, f"memory-{mail.id}")
            if address in good
            else RecipientResult(address, Handover.FAILED, error=self._refused[address])
            for address in mail.envelope
        ]

    # What a test turns

    def receive(self, octets: bytes, key: str | None = None) -> str:
        """A mail comes in; its key."""
        key = key or f"key-{len(self.mailbox) + 1}"
        self.mailbox[key] = octets
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        return key

    def waiting(self) -> int:
        """How many wait for mail at this moment."""
        return len(self._waiting)

    def lose_connections(self) -> None:
        """Those who wait hear nothing more."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(TransientError("connection_lost"))

    async def arrived(self) -> Sequence[Arrival]:
        return [Arrival(one.mail.sender.email, one.recipients, written(one.mail)) for one in self.accepted]

    async def refuse_credentials(self) -> None:
        self._knows_password = False

    async def go_down(self) -> None:
        self._reachable = False

    async def come_back(self) -> None:
        """Reachable again, and the credentials are right."""
        self._reachable = self._knows_password = True

    async def refuse_recipient(self, address: str) -> None:
        self._refused[address] = InvalidRecipient()

    async def defer_recipient(self, address: str) -> None:
        self._refused[address] = TransientError()

    async def accept_recipient(self, address: str) -> None:
        """Take `address` again."""
        self._refused.pop(address, None)

    async def lose_next_answer(self) -> None:
        self.spoilt_answers.append(OutcomeUnknown())

    async def cut_next_message(self) -> None:
        self.spoilt_answers.append(TransientError())

    async def accept_at_most(self, octets: int) -> None:
        self._max_octets = octets


_services: WeakValueDictionary[str, MemoryMailService] = WeakValueDictionary()


def memory_mail_service(name: str) -> MemoryMailService:
    """The service called `name`; it lasts as long as a test or a driver holds it."""
    return _services.setdefault(name, MemoryMailService())


def written(mail: OutgoingMail) -> EmailMessage:
    """`mail` as a message, by the standard library. Raises `ValueError` for a line break in a header."""
    message = EmailMessage()
    message["From"] = _mailbox(mail.sender)
    message["To"] = [_mailbox(address) for address in mail.to]
    if mail.cc:
        message["Cc"] = [_mailbox(address) for address in mail.cc]
    if mail.reply_to is not None:
        message["Reply-To"] = _mailbox(mail.reply_to)
    message["Subject"] = mail.subject
    message["Date"] = mail.date
    message["Message-ID"] = mail.message_id
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text)
    shown = [file for file in mail.attachments if file.cid is not None and mail.html is not None]
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
        for html in message.iter_parts():
            if html.get_content_type() == "text/html":
                for file in shown:
                    html.add_related(*_typed(file), cid=f"<{file.cid}>", filename=file.filename, disposition="inline")
    if mail.calendar is not None:
        method = {"method": mail.calendar.method}
        message.add_alternative(mail.calendar.text, subtype="calendar", params=method)
        message.add_attachment(mail.calendar.text.encode(), "application", "ics", filename="invite.ics")
    for file in mail.attachments:
        if file not in shown:
            message.add_attachment(*_typed(file), filename=file.filename)
    return message


def _typed(file: Attachment) -> tuple[bytes, str, str]:
    maintype, _, subtype = file.content_type.partition("/")
    return file.content, maintype, subtype


def _mailbox(address: Address) -> Mailbox:
    return Mailbox(address.name, addr_spec=address.email)
