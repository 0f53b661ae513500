"""The story: stand-ins start, a company is set up, a collaborator writes, and what arrived is looked at."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from xrm_platform.app import Platform
from xrm_platform.cli.logs import keep_quiet
from xrm_platform.cli.serve import listening
from xrm_platform.cli.stopping import stop_signal
from xrm_platform.cli.words import say
from xrm_platform.config import Config
from xrm_platform.messaging.requests import AttachmentGiven, MailRequest, SmsRequest
from xrm_platform.store import Store, migrate, new_key, write_keys
from xrm_platform.testing.esendex_server import EsendexServer
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.smtp_server import SmtpServer

from .agenda import Agenda, google_stand_in, until
from .arrivals import Verdict, judge_mail, judge_sms
from .caldav import CalDavServer, caldav_stand_in, is_installed
from .example import BASE, COLLABORATOR, CUSTOMER, CUSTOMER_MOBILE, LETTERS, SENDER_ADDRESS, SMS_TEXTS, Letter
from .picture import signature_image
from .screen import Screen
from .stage import Company, add_accounts, esendex_stand_in, found_company, smtp_stand_in

ARRIVAL_SECONDS = 30.0
REPORT_SECONDS = 60.0
LOOK_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class World:
    """The stand-ins of the outside world; `caldav` is None where Radicale is not installed."""

    smtp: SmtpServer
    esendex: EsendexServer
    google: GoogleServer
    caldav: CalDavServer | None


async def play(folder: Path, config: Config, *, once: bool, port: int) -> bool:
    """Whether everything arrived as it was sent. Without `once`, stays until it is ended."""
    keep_quiet(config)
    screen = Screen()
    screen.title()
    async with contextlib.AsyncExitStack() as stack:
        screen.act("act_stand_ins")
        world = await _world(stack, screen, folder, config.language)
        await _prepare(config)
        xrm = await stack.enter_async_context(Platform.open(config, work=True))
        screen.done("platform_ready", folder=config.home)
        return await _perform(xrm, screen, folder, world, once=once, port=port)


async def _world(stack: contextlib.AsyncExitStack, screen: Screen, folder: Path, language: str) -> World:
    smtp = await stack.enter_async_context(smtp_stand_in())
    screen.done("smtp_ready", where=f"{smtp.host}:{smtp.port}")
    esendex = await stack.enter_async_context(esendex_stand_in())
    screen.done("esendex_ready", where=esendex.url)
    google = await stack.enter_async_context(google_stand_in(language))
    screen.done("google_ready", where=google.url)
    caldav = None
    if is_installed():
        caldav = await stack.enter_async_context(caldav_stand_in(folder / "caldav"))
        screen.done("caldav_ready", where=caldav.url)
    else:
        screen.left_out("caldav_missing")
    return World(smtp, esendex, google, caldav)


async def _prepare(config: Config) -> None:
    """An empty database and a key."""
    await asyncio.to_thread(write_keys, (new_key(),), config.key_file)
    store = Store(config.database_url)
    try:
        await migrate(store.engine)
    finally:
        await store.aclose()


async def _perform(xrm: Platform, screen: Screen, folder: Path, world: World, *, once: bool, port: int) -> bool:
    language = xrm.config.language
    letter, sms_text = LETTERS[language], SMS_TEXTS[language]
    image = await asyncio.to_thread(signature_image, "COMMERCIAL")

    screen.act("act_people")
    company = await found_company(xrm, screen, letter, image, language)
    screen.act("act_providers")
    await add_accounts(xrm, screen, company.admin, world.smtp, world.esendex)
    agenda = Agenda(xrm, screen, company, world.google, world.caldav)
    await agenda.add_accounts()

    screen.act("act_sending")
    await _send_mail(xrm, screen, company, letter)
    sms_id = await _send_sms(xrm, screen, company, sms_text)

    screen.act("act_arrived")
    right = await _mail_arrived(screen, world.smtp, letter, image, folder)
    right = await _sms_arrived(xrm, screen, company, world.esendex, sms_id, sms_text) and right

    screen.act("act_agenda")
    right = await agenda.play() and right
    right = await _owner_told(screen, world.smtp) and right
    screen.end(right=right)
    if not once:
        async with _shown_arrivals(screen, world.smtp, world.esendex):
            await _stay(xrm, screen, company, folder, port)
    return right


async def _send_mail(xrm: Platform, screen: Screen, company: Company, letter: Letter) -> None:
    request = MailRequest(
        sender=COLLABORATOR,
        to=(CUSTOMER,),
        subject=letter.subject,
        text=letter.text,
        attachments=(AttachmentGiven(letter.attachment_name, letter.attachment),),
    )
    await xrm.sending.send_mail(company.collaborator, request)
    screen.done("mail_asked", attachment=letter.attachment_name)


async def _send_sms(xrm: Platform, screen: Screen, company: Company, text: str) -> str:
    """The SMS is held by the pause that every base begins with, until the administrator unticks it."""
    request = SmsRequest(sender=COLLABORATOR, to=(CUSTOMER_MOBILE,), text=text)
    asked = await xrm.sending.send_sms(company.collaborator, request)
    screen.done("sms_asked", state=say("states", asked.state))
    await xrm.sms_pause.release(company.admin)
    screen.done("sms_released")
    return asked.id


async def _mail_arrived(screen: Screen, smtp: SmtpServer, letter: Letter, image: bytes, folder: Path) -> bool:
    async def arrived() -> bool:
        return bool(smtp.received)

    with screen.waiting("waiting_for_mail"):
        if not await until(arrived, ARRIVAL_SECONDS):
            screen.failed("mail_missing")
            return False
    received = smtp.received[0]
    await asyncio.to_thread((folder / "arrived" / "mail.eml").write_bytes, received.content)
    screen.mail(received)
    verdicts = judge_mail(received, letter, image)
    screen.verdicts(verdicts)
    return len(smtp.received) == 1 and all(verdict.right for verdict in verdicts)


async def _sms_arrived(
    xrm: Platform, screen: Screen, company: Company, esendex: EsendexServer, sms_id: str, text: str
) -> bool:
    async def arrived() -> bool:
        return bool(esendex.sent)

    async def state() -> str:
        return (await xrm.messages.get(company.collaborator, sms_id)).state

    async def reported() -> bool:
        return await state() in ("delivered", "failed", "expired")

    with screen.waiting("waiting_for_sms"):
        if not await until(arrived, ARRIVAL_SECONDS):
            screen.failed("sms_missing")
            return False
    with screen.waiting("waiting_for_report"):
        await until(reported, REPORT_SECONDS)
    sent, reached = esendex.sent[0], await state()
    screen.sms(sent, reached)
    verdicts = judge_sms(sent, text, reached)
    screen.verdicts(verdicts)
    return len(esendex.sent) == 1 and all(verdict.right for verdict in verdicts)


async def _owner_told(screen: Screen, smtp: SmtpServer) -> bool:
    """COM hears by mail that the manager moved the appointment."""

    async def told() -> bool:
        return any(mail.recipients == (SENDER_ADDRESS,) for mail in smtp.received)

    with screen.waiting("waiting_for_mail"):
        right = await until(told, ARRIVAL_SECONDS)
    screen.verdicts([Verdict("owner_told", right)])
    return right


async def _stay(xrm: Platform, screen: Screen, company: Company, folder: Path, port: int) -> None:
    _, token = await xrm.tokens.create(company.admin, "demo", ["read", "send"])
    async with stop_signal() as stopped, listening(xrm, "127.0.0.1", port) as url:
        screen.act("act_go_on")
        screen.addresses(url, company.sign_ins, BASE, token, str(folder / "arrived"))
        await stopped.wait()
        screen.farewell()


@contextlib.asynccontextmanager
async def _shown_arrivals(screen: Screen, smtp: SmtpServer, esendex: EsendexServer) -> AsyncIterator[None]:
    """Meanwhile, show what else arrives at the stand-ins."""

    async def look() -> None:
        mails, sms = len(smtp.received), len(esendex.sent)
        while True:
            await asyncio.sleep(LOOK_EVERY)
            for received in smtp.received[mails:]:
                screen.mail(received)
            for sent in esendex.sent[sms:]:
                screen.sms(sent)
            mails, sms = len(smtp.received), len(esendex.sent)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
