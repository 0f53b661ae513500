"""The composition root: from a configuration to the rooms, wired. The only file that sees all of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog

from .accounts.accounts import Accounts
from .accounts.choice import Choice
from .accounts.connections import Connections
from .accounts.consents import Consents
from .accounts.enabling import Providers
from .accounts.preferences import Preferences
from .accounts.presets import Presets
from .agenda import (
    EXTEND,
    INVITE,
    REMIND,
    Agenda,
    AgendaFiles,
    AgendaSettings,
    Answers,
    EventNotices,
    EventStore,
    Feeds,
    InvitationMails,
    Invitations,
    InvitationsShown,
    OwnEdits,
    Reminders,
    Schedule,
    SendingAgain,
    Upkeep,
)
from .agenda.sync import Channels, Conflicts, Links, Outbox, Reaching, Reconnected, Runs, Syncing, Telling
from .agenda.sync.using import calendars_linked
from .config import Config
from .jobs import TICK, EmbeddedEngine, Handler, Ticks
from .messaging import (
    Alerts,
    Delivery,
    Files,
    Held,
    Messages,
    OptOuts,
    Prices,
    Purge,
    Recovery,
    Reports,
    Rules,
    Sendables,
    Sending,
    SmsPause,
    SmsPreviews,
    Sources,
    Troubles,
)
from .messaging.bulk.jobs import Bulks
from .messaging.bulk.preparing import Preparing
from .messaging.bulk.running import BulkRuns
from .messaging.bulk.selections import Selections
from .messaging.bulk.showing import Showing
from .messaging.credit.credits import Credits
from .messaging.credit.watching import CreditWatch
from .messaging.drafts.showing import Drafts
from .messaging.drafts.watching import DraftWatch
from .messaging.entering import Entrance
from .messaging.inbound import (
    READ_CALENDARS,
    CalendarMails,
    CalendarReader,
    CameBackTelling,
    Inbox,
    MailPolling,
    Opening,
    Polling,
    Pushes,
    Watching,
)
from .messaging.inbound.queries import repoint_contact
from .messaging.limits.limits import SendingLimits
from .messaging.mail.copies import Copies
from .messaging.mail.errors import AddressesInError
from .messaging.mail.previewing import Signatures
from .messaging.mail.trying import MailTests
from .messaging.mail.unsubscribing import Unsubscribing
from .messaging.mail.ways_out import WaysOut
from .messaging.reconciling import Reconciling
from .messaging.resting import Resting
from .messaging.templates.templates import Templates
from .messaging.using import messages_wait
from .people.api_tokens import ApiTokens
from .people.audit import Audit
from .people.bases import Bases
from .people.collaborators import Collaborators
from .people.contacts.contacts import Contacts
from .people.contacts.exporting import ContactExport
from .people.contacts.importing import ContactImport
from .people.passwords import Passwords
from .people.sign_in import SignIn
from .people.users import Users
from .problems import Unavailable
from .providers import HOOK_API
from .registry import InProcessPlugin, Notices, Registry
from .store import SecretBox, Store, read_keys
from .wording import load_wording

MISSED_TICKS = 6
"""After how many ticks that did not come the worker counts as stuck."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class Platform:
    """Everything that the ways in (API, command line, a host application) can call, each part a room's use cases.

        async with Platform.open(Config.from_environment(), work=True) as xrm:
            actor = await xrm.bases.operator("DEMO", "host:erp")
            await xrm.sending.send_mail(actor, MailRequest(sender="COM", to=("a@b.fr",), subject="…", text="…"))

    Made by `open` only.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        registry: Registry,
        box: SecretBox,
        http: aiohttp.ClientSession,
        now: Callable[[], datetime],
    ) -> None:
        self.config = config
        self.store = store
        self.registry = registry
        self.wording = load_wording(frozenset(provider.translations for provider in registry.providers()))
        self.engine = EmbeddedEngine(now, tick_seconds=config.tick_seconds)

        passwords = Passwords()
        self.bases = Bases(store, now, passwords)
        self.collaborators = Collaborators(store, now)
        self.users = Users(store, now, passwords)
        self.sign_in = SignIn(store, now, passwords)
        self.tokens = ApiTokens(store, now)
        self.audit = Audit(store)
        self.contacts = Contacts(store, now, repoints=(repoint_contact,))
        self.contact_import = ContactImport(store, now)
        self.contact_export = ContactExport(store, self.wording)

        self.notices = Notices(registry, now)
        self.connections = Connections(store, registry, box, now, http, self.notices)
        self.providers = Providers(store, registry, now)
        uses = (messages_wait, calendars_linked)
        self.accounts = Accounts(store, registry, self.connections, box, now, self.wording, uses=uses)
        self.consents = Consents(store, registry, self.connections, box, now, config.public_url)
        self.choice = Choice(store, now)
        self.presets = Presets(registry)
        self.preferences = Preferences(store, registry, box, now)

        self._wire_messaging(now)
        self._wire_agenda(now)
        self._handlers: Mapping[str, Handler] = {
            TICK: Ticks(
                self.delivery.tick,
                self.purge.tick,
                self._polling.tick,
                self._calendar_mails.tick,
                self._copies.tick,
                self._draft_watch.tick,
                self._reconciling.tick,
                self._bulk_runs.tick,
                self._credit_watch.tick,
                self._reminders.tick,
                self._invitation_mails.tick,
                self._upkeep.tick,
                self.syncing.tick,
                self.calendar_channels.tick,
            ),
            "deliver": self.delivery.deliver,
            "poll": self.reports.poll,
            "copy": self._copies.run,
            "drafts": self._draft_watch.run,
            "push": self.pushes.read,
            "inbox": self._polling.ask,
            READ_CALENDARS: self._calendar_mails.run,
            "reconcile": self._reconciling.run,
            "bulk": self._bulk_runs.run,
            "credit": self._credit_watch.ask,
            REMIND: self._reminders.run,
            INVITE: self._invitation_mails.run,
            EXTEND: self._upkeep.extend,
            "sync": self.syncing.sync,
            "watch": self.calendar_channels.watch,
        }
        self._works = False

    def _wire_messaging(self, now: Callable[[], datetime]) -> None:
        """Mail and SMS: the rules, the way into the queue, the delivery, and what comes in."""
        store, registry, wake = self.store, self.registry, self.engine.wake
        files = Files(self.config.home / "attachments")
        self.rules = Rules(store, now)
        self.opt_outs = OptOuts(store, now)
        self.prices = Prices(store, now)
        self.sms_previews = SmsPreviews(store, registry, self.connections, now)
        entrance = Entrance(store, registry, self.wording)
        ways_out = WaysOut(self.config.public_url, self.wording)
        self.sending = Sending(store, registry, files, self.notices, wake, now, entrance, self.connections, ways_out)
        self.mail_tests = MailTests(store, registry, self.accounts, self.connections, entrance, self.wording, now)
        showing = Showing(registry)
        self.bulk_preparing = Preparing(store, registry, showing, ways_out, now)
        self.bulks = Bulks(store, showing, ways_out, self.notices, wake, now, self.wording)
        self.selections = Selections(store, now)
        self.templates = Templates(store, now)
        self.unsubscribing = Unsubscribing(store, now)
        self.sending_limits = SendingLimits(store, wake, now)
        self._bulk_runs = BulkRuns(store, entrance, files, showing, ways_out, self.notices, wake, now)
        self.messages = Messages(store, self.notices, wake, now)
        self.sms_pause = SmsPause(store, self.notices, wake, now)
        self.held = Held(store, self.notices, wake, now)
        self.purge = Purge(store, files, now)
        alerts = Alerts(store, self.sending, self.wording)
        troubles = Troubles(registry, self.connections, alerts, self.wording)
        sources = Sources(store, self.connections, troubles)
        self.reports = Reports(store, sources, troubles, self.notices, wake, now)
        self.pushes = Pushes(store, registry, sources, self.reports, self.notices, wake, now, self.config.public_url)
        self.inbox = Inbox(store)
        self.opening = Opening(store, files)
        self.addresses_in_error = AddressesInError(store, now)
        self.credits = Credits(store, now)
        self._credit_watch = CreditWatch(
            store, registry, sources, self.connections, troubles, alerts, self.notices, wake, now
        )
        self._calendar_readers: list[CalendarReader] = []
        self._calendar_mails = CalendarMails(store, wake, now, self._calendar_readers)
        watching = Watching(wake)
        came_back = CameBackTelling(store, self.sending, self.wording)
        resting = Resting(now)
        mailboxes = MailPolling(store, files, self.notices, wake, now, watching, came_back, resting)
        self._polling = Polling(
            store, sources, self.connections, troubles, self.notices, wake, now, mailboxes, watching
        )
        sendables = Sendables(files)
        self._copies = Copies(store, sources, sendables, wake, now)
        self.drafts = Drafts(store, files)
        self.signatures = Signatures(store)
        self._draft_watch = DraftWatch(store, sources, self.connections, self.notices, wake, now, resting)
        self._reconciling = Reconciling(store, sources, troubles, self.notices, wake, now)
        self.delivery = Delivery(
            store,
            sources,
            troubles,
            Recovery(store, registry, self.notices, now),
            sendables,
            self.notices,
            wake,
            now,
            lease=timedelta(seconds=self.config.lease_seconds),
        )

    def _wire_agenda(self, now: Callable[[], datetime]) -> None:
        """Agendas, and what keeps them equal with calendars elsewhere."""
        store, wake = self.store, self.engine.wake
        self.event_store = EventStore()
        self.agenda = Agenda(store, OwnEdits(self.event_store, Invitations()), wake, now)
        self.schedule = Schedule(store, now)
        self.agenda_files = AgendaFiles(store, self.event_store, wake, now)
        self.feeds = Feeds(store, self.wording, now, self.config.public_url)
        self.agenda_settings = AgendaSettings(store, now)
        self._reminders = Reminders(store, self.sending, self.wording, wake, now)
        self.invitations = InvitationsShown(store)
        self.invitations_again = SendingAgain(store, self.invitations, wake, now)
        self.answers = Answers(store, self.event_store, now)
        self._calendar_readers.append(self.answers.read)
        self._invitation_mails = InvitationMails(store, self.connections, self.sending, self.wording, wake, now)
        self._upkeep = Upkeep(store, wake, now)

        self.event_store.watch(Outbox(wake, now).note)
        self.connections.watch(Reconnected(wake, now))
        self.event_store.watch(EventNotices(self.notices).note)
        self.syncing = Syncing(
            store,
            self.event_store,
            self.connections,
            Telling(store, self.registry, self.sending, self.wording),
            wake,
            now,
            lease=timedelta(seconds=self.config.lease_seconds),
        )
        self.calendar_links = Links(
            self.store, self.registry, self.accounts, Reaching(store, self.connections), wake, now
        )
        self.calendar_channels = Channels(store, self.registry, self.connections, wake, now, self.config.public_url)
        self.calendar_runs = Runs(store, self.syncing, wake, now)
        self.calendar_conflicts = Conflicts(store, self.event_store, now)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        config: Config,
        *,
        work: bool = False,
        plugins: Sequence[InProcessPlugin] = (),
        now: Callable[[], datetime] = utc_now,
    ) -> AsyncIterator[Platform]:
        """The platform over the database of `config`, until the block ends; with `work` it also delivers meanwhile.

        `plugins` are those of the host application, beside the installed ones. Raises `SecretsError` without a usable
        key and `Unavailable` when the database cannot be used or is not migrated.
        """
        log_to_the_host()
        box = SecretBox(await asyncio.to_thread(read_keys, config.secret_keys, config.key_file))
        registry = await asyncio.to_thread(Registry.load, disabled=config.disabled_plugins, extra=plugins)
        store = Store(config.database_url)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(store.aclose)
            if not await store.is_migrated():
                raise Unavailable("database_not_migrated")
            http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
            platform = cls(config, store, registry, box, http, now)
            stack.push_async_callback(platform.connections.aclose)
            await registry.startup({"hook_api": HOOK_API, "home": str(config.home)})
            stack.push_async_callback(registry.shutdown)
            await stack.enter_async_context(platform._telling())
            if work:  # ends before the telling does, which hears of what ends meanwhile
                await stack.enter_async_context(platform._working())
            yield platform

    async def run_until_idle(self) -> None:
        """Do what is due now, until nothing is; bulk jobs that are through by then are ended."""
        await self.engine.run_until_idle(self._handlers)
        await self._bulk_runs.end_what_is_through()

    async def ready(self) -> Mapping[str, bool]:
        """What has to be right for requests to be answered: the database, its tables, the worker if this has one."""
        checks = {"database": True, "migrations": True}
        try:
            checks["migrations"] = await self.store.is_migrated()
        except Unavailable:
            checks["database"] = checks["migrations"] = False
        if self._works:
            checks["worker"] = self._worker_is_alive()
        return checks

    def _worker_is_alive(self) -> bool:
        since = self.engine.seconds_since_tick()
        return since is not None and since < max(60.0, MISSED_TICKS * self.config.tick_seconds)

    @contextlib.asynccontextmanager
    async def _telling(self) -> AsyncIterator[None]:
        """Tell observers what is posted; at the end, what is still to be told."""
        task = asyncio.create_task(self.notices.run(), name="notices")
        try:
            yield
            await self.notices.drain()
        finally:
            await _ended(task)

    @contextlib.asynccontextmanager
    async def _working(self) -> AsyncIterator[None]:
        self._polling.start()
        task = asyncio.create_task(self.engine.run(self._handlers), name="engine")
        analysis = asyncio.create_task(self.store.keep_analyzed(), name="analysis")
        self._works = True
        try:
            yield
        finally:
            self.delivery.stop()
            self.syncing.stop()
            await self._polling.stop()
            await _ended(analysis)
            await _ended(task)


def log_to_the_host() -> None:
    """Unless somebody decided where the log goes, give it to the standard library's logging, as libraries do."""
    if not structlog.is_configured():
        structlog.configure(
            processors=[structlog.stdlib.filter_by_level, structlog.processors.KeyValueRenderer(key_order=["event"])],
            wrapper_class=structlog.stdlib.BoundLogger,
            logger_factory=structlog.stdlib.LoggerFactory(),
            cache_logger_on_first_use=False,
        )


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
