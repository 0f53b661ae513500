"""What a provider is (its descriptor) and what it does (its driver)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from .calendars import ChangePage, PushChannel, PushHint, RemoteCalendar, RemoteEvent
from .drafts import Whereabouts
from .messages import (
    DeliveryEvent,
    InboundMail,
    InboundSms,
    MailListing,
    News,
    OptedOut,
    OutgoingMail,
    OutgoingSms,
    SendResult,
    SentSms,
    VendorAccount,
)
from .presets import Discovery, Preset
from .settings import ProviderSettings

if TYPE_CHECKING:
    from aiohttp import ClientSession

HOOK_API = (1, 0)
"""(major, minor). A plugin loads when its major is ours and its minor not newer."""


class Channel(StrEnum):
    MAIL = "mail"
    SMS = "sms"
    CALENDAR = "calendar"


class Capability(StrEnum):
    """What a provider can do beyond the least. Declared means it works, undeclared means `Unsupported`: the contract
    tests prove both."""

    DELIVERY_REPORTS = "delivery_reports"
    INBOUND = "inbound"
    NEWS = "news"
    """A mailbox tells when something comes in, as long as somebody waits for it; the platform looks beside that."""
    PUSH = "push"
    BALANCE = "balance"
    ACCOUNTS = "accounts"
    RECONCILE = "reconcile"
    OPT_OUTS = "opt_outs"
    ADD_OPT_OUT = "add_opt_out"
    ADDS_STOP_MENTION = "adds_stop_mention"
    """The vendor appends `stop_mention` to a marketing SMS: the platform appends none, and counts that one."""
    KEEPS_LEGAL_HOURS = "keeps_legal_hours"
    """The vendor holds a marketing SMS until the law of its country lets it go, which may take days: the platform hands
    it over at once instead of deferring it. It goes on deferring where the vendor's clock is not the recipient's (a
    number of another time zone than the base's), and wherever a base allows less than the law."""
    IDEMPOTENT_SEND = "idempotent_send"
    HANDS_OVER = "hands_over"
    """Nothing is sent: a mail becomes a draft in the person's own mail software (`DRAFTED`), and `whereabouts` tells
    what became of it."""
    SENT_COPY = "sent_copy"
    """The driver can put a copy of what was sent into the person's folder of sent mail."""
    CREATE_CALENDARS = "create_calendars"
    INCREMENTAL = "incremental"
    OAUTH = "oauth"
    SCHEDULES = "schedules"
    """A calendar's server may write to the people whom an event names, by itself (RFC 6638)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the vendor takes. The platform keeps to it; a driver need not.

    `batch` messages in one call of `send`, `connections` calls at once, `per_second` messages on average, `max_bytes`
    a message, `references` that one call of `reports` is asked about, `timeout` seconds for one call of any method.
    """

    batch: int = 1
    connections: int = 1
    per_second: float | None = None
    max_bytes: int | None = None
    references: int = 200
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class ProviderDescriptor:
    """Who a provider is, told without loading what it needs to work.

    `slug` equals the name of the driver's entry point and is stored in databases: it never changes. `translations` is
    the package whose folder `translations/` holds `en.json` and `fr.json` with the sections `provider` (`name`),
    `settings` (a label and, as `<name>_help`, a help text for each setting) and `errors` (a sentence for each code that
    the driver raises beyond those of the contract, with its params in braces); who hands over has `next_steps` and
    `losses` too. What a package within another does not say is looked for in the outer one.
    """

    slug: str
    channel: Channel
    label: str
    settings: type[ProviderSettings]
    capabilities: frozenset[Capability] = frozenset()
    limits: Limits = field(default_factory=Limits)
    docs_url: str = ""
    translations: str = ""
    stop_mention: str = ""
    """ADDS_STOP_MENTION: what is appended, with the character before it; it takes its place in the parts."""
    signature_setting: str = ""
    """HANDS_OVER: the setting, a boolean, that says that the person's mail software adds the signature by itself. The
    platform then adds none."""
    account_setting: str = ""
    """ACCOUNTS: the setting that says which of the vendor's accounts is meant. To offer a choice, the platform loads
    the settings by `load_sign_in`, builds a driver of what there is, and calls `accounts` on it and nothing else."""
    presets: tuple[Preset, ...] = ()
    """Services whose settings are known, in the order in which forms offer them."""
    discovery: Discovery | None = None
    """How a mail domain that is in no preset may tell its settings by itself."""
    api: tuple[int, int] = HOOK_API


class TickState(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of a check (`reached`, `secured`, `signed_in`, `may_send`, `balance` …) and, if it failed, why."""

    step: str
    state: TickState
    code: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)


class Clock(Protocol):
    """The time, aware, in UTC."""

    def __call__(self) -> datetime: ...


class TokenStore(Protocol):
    """What an account must remember between two runs (access tokens that rotate), encrypted at rest."""

    async def load(self) -> dict[str, Any]: ...
    async def save(self, tokens: dict[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class DriverContext:
    """What the platform lends a driver: one HTTP session, the time, a place for tokens that rotate."""

    http: ClientSession
    now: Clock
    tokens: TokenStore


class Driver(Protocol):
    """One account's connection to its provider, built as `Class(settings, context)` when first needed and kept.

    `settings` are those of the descriptor's schema, loaded and complete, secrets included; the constructor only keeps
    them and does no I/O. Every method may be called from several tasks at once, raises only `ProviderError`, and is cut
    off by the platform after `limits.timeout`: what was not answered by then counts as `OutcomeUnknown` if it could
    have had an effect.
    """

    async def check(self) -> Sequence[Tick]:
        """Try the account without changing anything at the vendor, as far as the first step that fails."""
        ...

    async def aclose(self) -> None:
        """Let go of everything that is open. Called once, after the last call; nothing is called afterwards."""
        ...


class MailDriver(Driver, Protocol):
    async def send(self, batch: Sequence[OutgoingMail]) -> Sequence[SendResult]:
        """Hand over at most `limits.batch` mails. One result each, in their order. Raises only if none was handed over,
        or `OutcomeUnknown` when the answer for the whole batch was lost."""
        ...

    async def inbox(self, cursor: str | None) -> MailListing:
        """INBOUND: what lies in the mailbox, all of it or what came after `cursor`; the platform knows by `key` what it
        has. None is the first time, or starts afresh. Nothing is deleted or marked as read, neither here nor by
        `fetch`. An account that is not set to receive has an empty mailbox."""
        ...

    async def fetch(self, keys: Sequence[str], max_bytes: int) -> Sequence[InboundMail]:
        """INBOUND: these mails, in any order; what has left the mailbox is left out, what is larger than `max_bytes` is
        not loaded."""
        ...

    async def wait_for_news(self, cursor: str | None, seconds: float) -> News:
        """NEWS: wait until there is mail after `cursor`, for at most `seconds`; if there is already, say so at once. It
        is called once at a time, is cancelled when the account changes or the program ends, and holds no thread."""
        ...

    async def whereabouts(self, message_ids: Mapping[str, str]) -> Mapping[str, Whereabouts] | None:
        """HANDS_OVER: where mails lie by now that were handed over, or may have been; `message_ids` holds the
        Message-ID of each by its `id`. What is neither among the drafts nor among the sent mail is left out. None when
        the account has no mailbox to look into."""
        ...

    async def file_sent(self, mail: OutgoingMail) -> None:
        """SENT_COPY: put `mail` into the folder of sent mail, where it may lie already (an earlier attempt)."""
        ...


class SmsDriver(Driver, Protocol):
    async def send(self, batch: Sequence[OutgoingSms]) -> Sequence[SendResult]:
        """Hand over at most `limits.batch` SMS. One result each, in their order. Raises only if none was handed over,
        or `OutcomeUnknown` when the answer for the whole batch was lost."""
        ...

    async def reports(self, references: Sequence[str]) -> Sequence[DeliveryEvent]:
        """DELIVERY_REPORTS: what became of these by now."""
        ...

    async def inbox(self, since: datetime) -> Sequence[InboundSms]:
        """INBOUND: what came in; the platform forgets what it has seen by `key`."""
        ...

    def parse_push(self, headers: Mapping[str, str], body: bytes, /) -> Sequence[DeliveryEvent | InboundSms | OptedOut]:
        """PUSH: read a call of the vendor's, of the kinds that it makes. No I/O and no state, only the clock.

        `body` is the body as it came; of a call without one (a GET), the query string as it came, percent-encoded.
        `headers` are those of the call, whatever their case. What is told by polling too has the same `key` here.
        Raises `BadResponse` for all that is no such call: empty, too large, cut short, hostile.
        """
        ...

    async def sent_since(self, since: datetime) -> Sequence[SentSms]:
        """RECONCILE: all that the vendor took of this account at `since` or later, so that a message whose answer was
        lost is found or known to be missing. Complete, or it raises."""
        ...

    async def opt_outs(self, since: datetime) -> Sequence[OptedOut]:
        """OPT_OUTS: who opted out at `since` or later; the platform forgets what it has seen by `key`."""
        ...

    async def add_opt_out(self, number: str) -> None:
        """ADD_OPT_OUT: tell the vendor that `number` (E.164 with its plus) wants no more messages. Known already is
        done."""
        ...

    async def balance(self) -> int:
        """BALANCE: messages left."""
        ...

    async def accounts(self) -> Sequence[VendorAccount]:
        """ACCOUNTS: the vendor's accounts that this sign-in opens."""
        ...


class CalendarDriver(Driver, Protocol):
    async def calendars(self) -> Sequence[RemoteCalendar]: ...

    async def create_calendar(self, name: str, color: str | None) -> RemoteCalendar:
        """CREATE_CALENDARS. `color` is #RRGGBB."""
        ...

    async def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar:
        """CREATE_CALENDARS: give a calendar this name and, unless it is None, this colour."""
        ...

    def changes(self, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]:
        """What changed since `cursor`; everything when it is None or no longer known (`complete`). A listing that is
        cut short or cannot be read raises: nothing is ever gone because of an error."""
        ...

    async def fetch(self, calendar: str, refs: Sequence[str]) -> Sequence[RemoteEvent]:
        """These as they are now, in this order; what is gone, or cannot be understood, is left out."""
        ...

    async def create(self, calendar: str, key: str, ical: str) -> RemoteEvent:
        """`key` is the same at every attempt: an event made by an earlier, unanswered attempt is found, not doubled,
        and returned as it is by now, which need not be `ical`. Nobody is invited by the vendor."""
        ...

    async def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent:
        """Raises `Conflict` if it is no longer `event.etag`, unless it is `ical` already (an earlier attempt, whose
        answer was lost), and `NotFound` if it is gone. What `ical` leaves as it was stays untouched."""
        ...

    async def delete(self, calendar: str, event: RemoteEvent) -> None:
        """Already gone is done. Raises `Conflict` if it is no longer `event.etag`."""
        ...


class SchedulingCalendars(Protocol):
    """SCHEDULES, by a calendar driver: some of its servers write to the people whom an event names."""

    async def schedules(self, calendar: str) -> bool:
        """Whether the server of this calendar does. Those whom `create` and `update` brought there are marked
        `SCHEDULE-AGENT=CLIENT` (RFC 6638 §7.1), for the platform writes to them; all others are the server's."""
        ...


class Consent(Protocol):
    """OAUTH, by the driver of any channel: the person allows access in the vendor's own page (RFC 6749 §4.1, RFC 7636).

    The platform makes `state` and `verifier`, both secret and random, keeps them with the account until the browser
    comes back to `redirect`, and compares the state itself.
    """

    def authorize_url(self, state: str, redirect: str, verifier: str) -> str:
        """Where to send the browser. Pure."""
        ...

    async def redeem(self, code: str, redirect: str, verifier: str) -> None:
        """Trade the code that came back for tokens, and keep them in the token store. Raises `AuthError`."""
        ...


class PushedCalendars(Protocol):
    """PUSH, by a calendar driver: the vendor calls an address when a calendar changes. A call is only a reason to ask
    for `changes`, and may be lost."""

    async def watch(self, calendar: str, address: str, secret: str) -> PushChannel:
        """From now on `address` (https) is called, with `secret`. To renew, watch again and `unwatch` the old one."""
        ...

    async def unwatch(self, channel: PushChannel) -> None:
        """No more calls. One that has ended is no error."""
        ...

    def parse_push(self, headers: Mapping[str, str], body: bytes) -> PushHint:
        """Read a call of the vendor's. Pure; hostile input raises `BadResponse`. The platform compares the secret."""
        ...
