"""Mail and SMS as they cross the border between the platform and a provider: values, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from .drafts import MailDraft
from .errors import ProviderError


class Category(StrEnum):
    """What a message is for; the law treats marketing apart."""

    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox (RFC 5322 §3.4). `email` is already valid, its domain in ASCII (IDNA)."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """`content` as bytes; `cid` set means the HTML shows it in place (RFC 2392)."""

    filename: str
    content_type: str
    content: bytes
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """A scheduling message (RFC 5546) inside a mail (RFC 6047): `method` is the METHOD of `text`, a whole VCALENDAR.

    It goes out twice. As the last alternative of the text, with its method as a parameter, mail programs show it as an
    invitation with buttons; as the file `invite.ics` it can be opened by those that do not.
    """

    method: str
    text: str


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail, complete: the signature is in the bodies, the Message-ID is fixed, nothing is left to decide.

    `envelope` is whom this attempt is for: addresses of `to`, `cc` and `bcc`, at a second attempt only those that the
    first did not reach. `to` and `cc` are what the headers say, `bcc` never reaches a header of a mail that is sent.
    """

    id: str
    message_id: str
    date: datetime
    sender: Address
    envelope: tuple[str, ...]
    to: tuple[Address, ...]
    subject: str
    text: str
    html: str | None = None
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    calendar: CalendarPart | None = None


class SmsEncoding(StrEnum):
    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class OutgoingSms:
    """One SMS to one number. `to` is E.164 with its plus; `encoding` is what `text` needs, decided by the platform.

    `id` is the same at every attempt: a provider that declares `IDEMPOTENT_SEND` recognises it. After `validity` the
    network may give up; None is as long as the vendor tries, as is a time longer than that.
    """

    id: str
    to: str
    text: str
    encoding: SmsEncoding
    sender: str | None = None
    category: Category = Category.TRANSACTIONAL
    validity: timedelta | None = None


class Handover(StrEnum):
    """What the provider did with it, for one recipient, in the answer to `send`."""

    ACCEPTED = "accepted"
    DRAFTED = "drafted"
    """It is in the person's own mail software, by `SendResult.draft`; only the person can send it."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """`recipient` is written as the platform wrote it (envelope address or E.164 number). `reference` is the vendor's
    own id, by which it will report. `error` comes with `FAILED` and says by its class what the platform does next."""

    recipient: str
    outcome: Handover
    reference: str | None = None
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """The answer for one message: either one result for every recipient, or `error`, which failed it as a whole."""

    id: str
    recipients: tuple[RecipientResult, ...] = ()
    error: ProviderError | None = None
    draft: MailDraft | None = None
    """With `DRAFTED`: how the person gets it, and what they do now."""
    copy_wanted: bool = False
    """SENT_COPY: the server keeps no copy of what it takes; the platform calls `file_sent` afterwards."""


class DeliveryStatus(StrEnum):
    """What became of it later. A vendor's word that nobody knows maps to `UNKNOWN`, it never raises."""

    SENT = "sent"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """A report on a `reference` that `send` returned. `key` is the same when the vendor repeats itself."""

    key: str
    reference: str
    status: DeliveryStatus
    at: datetime
    error: ProviderError | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class InboundSms:
    """A message that came in. `key` is the same when the vendor repeats itself, by push or by polling. A number is in
    E.164 with its plus; what is no full number (a short code, a name) is as the vendor writes it."""

    key: str
    sender: str
    to: str
    text: str
    at: datetime
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class MailEntry:
    """A mail that lies in the mailbox of an account. `key` is the same whenever the mailbox is looked at, and no other
    mail's; `size` is what the server says, in octets."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class MailListing:
    """What lies in a mailbox, oldest first, and from where to look the next time."""

    entries: tuple[MailEntry, ...] = ()
    cursor: str | None = None


class News(StrEnum):
    """What became of waiting for mail. `UNTOLD`: this mailbox does not tell, one has to look."""

    CAME = "came"
    NONE = "none"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class InboundMail:
    """A mail as it lies in the mailbox: its octets (RFC 5322). None when it turned out larger than was asked for."""

    key: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class SentSms:
    """What the vendor has of a message that it took. `to` is in E.164 with its plus. `whole`: `text` is all of it
    and not only its start. `status` is None while nothing has become of it."""

    reference: str
    to: str
    text: str
    at: datetime
    status: DeliveryStatus | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Somebody wants no more messages, as the vendor knows it. `key` is the same when the vendor repeats itself, by
    push or by polling; `number` is in E.164 with its plus."""

    key: str
    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VendorAccount:
    """One of the accounts that a sign-in opens. `reference` is what goes into the setting `account_setting` of the
    descriptor, `label` what people call it; `messages_left` is None where the vendor does not count."""

    reference: str
    label: str
    messages_left: int | None = None
