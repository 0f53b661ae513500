"""From claimed rows to what a driver is handed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.providers import (
    Category,
    Channel,
    OutgoingMail,
    OutgoingSms,
    PermanentError,
    ProviderError,
    SmsEncoding,
)

from . import delivery_queries as queries
from .files import FileMissing, Files
from .mail import queries as mail_queries
from .mail.outgoing import outgoing_mail
from .mail.tables import MailAnswer
from .outcomes import Attempt, Pending
from .states import State
from .tables import Attachment, Message, MessageRecipient

CACHED_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed message with its rows."""

    message: Message
    recipients: Sequence[MessageRecipient]
    attachments: Sequence[Attachment]
    answer: MailAnswer | None = None


@dataclass(frozen=True, slots=True)
class Sendable:
    """A message ready for its driver: a mail as it is, an SMS once for each recipient. With `error` it cannot go."""

    attempt: Attempt
    outgoing: tuple[OutgoingMail | OutgoingSms, ...]
    error: ProviderError | None = None


async def read_claimed(session: AsyncSession, *, base_id: str, messages: Sequence[Message]) -> list[Claimed]:
    """The rows of `messages`, read in the transaction that claimed them."""
    ids = [message.id for message in messages]
    recipients: dict[str, list[MessageRecipient]] = {message_id: [] for message_id in ids}
    for row in await queries.recipients_to_send(session, base_id=base_id, message_ids=ids):
        recipients[row.message_id].append(row)
    attachments: dict[str, list[Attachment]] = {message_id: [] for message_id in ids}
    mails = [message.id for message in messages if message.channel == Channel.MAIL]
    for file in await queries.attachments_to_send(session, base_id=base_id, message_ids=mails):
        attachments[file.message_id].append(file)
    letters = [message.id for message in messages if message.channel == Channel.MAIL and message.bulk_id is None]
    answers = await mail_queries.answers(session, base_id=base_id, message_ids=letters)
    return [
        Claimed(message, recipients[message.id], attachments[message.id], answers.get(message.id))
        for message in messages
    ]


class Sendables:
    """Completes messages with the bytes of their attachments, which it keeps for the next ones while there is room."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._cached = 0

    async def complete(self, claimed: Claimed) -> Sendable:
        attempt = attempt_of(claimed)
        if claimed.message.channel == Channel.SMS:
            return Sendable(attempt, _sms(claimed.message, attempt))
        try:
            files = [(row, await self._bytes(row.sha256)) for row in claimed.attachments]
        except FileMissing as error:
            return Sendable(attempt, (), PermanentError(error.code))
        envelope = [pending.address for pending in attempt.pending]
        named = [row for row in claimed.recipients if row.state != State.CANCELLED]
        return Sendable(attempt, (outgoing_mail(claimed.message, named, envelope, files, claimed.answer),))

    async def _bytes(self, sha256: str) -> bytes:
        if sha256 in self._cache:
            self._cache.move_to_end(sha256)
            return self._cache[sha256]
        content = await self.files.get(sha256)
        self._cache[sha256] = content
        self._cached += len(content)
        while self._cached > CACHED_BYTES:
            _, oldest = self._cache.popitem(last=False)
            self._cached -= len(oldest)
        return content


def attempt_of(claimed: Claimed) -> Attempt:
    """Recipients that an earlier attempt was done with are settled; this one is for the others."""
    settled = tuple(State(row.state) for row in claimed.recipients if row.state != State.SENDING)
    pending = tuple(Pending(row.id, row.address) for row in claimed.recipients if row.state == State.SENDING)
    later = [row.not_before for row in claimed.recipients if row.state == State.QUEUED and row.not_before is not None]
    return Attempt(claimed.message.id, claimed.message.attempts + 1, pending, settled, min(later, default=None))


def _sms(message: Message, attempt: Attempt) -> tuple[OutgoingSms, ...]:
    encoding = SmsEncoding(message.sms_encoding or SmsEncoding.UCS2)
    category = Category(message.category)
    return tuple(
        OutgoingSms(pending.id, pending.address, message.text, encoding, category=category)
        for pending in attempt.pending
    )
