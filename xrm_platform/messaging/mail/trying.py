"""Trying an account of mail for good: one small mail goes out, from the address that people will see.

A check only asks, and some servers say yes to everything until a mail comes. So the mail takes the way of every other:
composed with the signature, judged by the rules, the test mode and the plugins, carried by the account's driver. It is
kept nowhere and never tried again; the audit knows of it before the provider does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from xrm_platform.accounts.accounts import Accounts
from xrm_platform.accounts.choice import account_row
from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.health import told
from xrm_platform.accounts.queries import collaborator_code
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.accounts.views import AccountView, TickView
from xrm_platform.messaging.checks import check_mail
from xrm_platform.messaging.composing import (
    Draft,
    File,
    Order,
    compose_mail,
    given_files,
    sender_address,
    unsigned,
)
from xrm_platform.messaging.entering import Entrance, Route, route_of
from xrm_platform.messaging.requests import MailRequest
from xrm_platform.people import audit
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting, Invalid, Problem
from xrm_platform.providers import (
    AccountError,
    BadResponse,
    Capability,
    Channel,
    Handover,
    OutgoingMail,
    ProviderError,
    Rung,
    SendResult,
    TickState,
)
from xrm_platform.registry import AccountDriver, Registry
from xrm_platform.store import Store
from xrm_platform.wording import Wording

ASKED = ("prepared", "reached", "secured", "signed_in", "answered")
"""Steps of a check that come before sending; what else it asks, the mail itself shows better."""

DKIM = "dkim"
"""But for this step: a mail goes out with a signature that nobody can verify, and looks forged to whom it reaches."""


@dataclass(frozen=True, slots=True)
class MailTestView:
    """What became of it, step by step: reached, secured, signed in, sent, copied. `sender` and `to` are the addresses
    that it went from and to, in test mode those of the test; `account` is as the attempt left it."""

    account: AccountView
    ok: bool
    sender: str
    to: tuple[str, ...]
    ticks: tuple[TickView, ...]


class MailTests:
    def __init__(
        self,
        store: Store,
        registry: Registry,
        accounts: Accounts,
        connections: Connections,
        entrance: Entrance,
        wording: Wording,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._registry = registry
        self._accounts = accounts
        self._connections = connections
        self._entrance = entrance
        self._wording = wording
        self._now = now

    async def send(
        self, actor: Actor, account_id: str, *, sender: str | None = None, to: str | None = None
    ) -> MailTestView:
        """Send a mail of the collaborator `sender` (code) by this account to `to`, or to the sender's own address.

        Without `sender` it is whose account it is, else the collaborator who asks. Raises `Missing`, `Invalid` (nobody
        to send as, an address that is none), `Forbidden` (the veto of a plugin) and `Conflicting` (an account that
        sends no mail or cannot be used, a sender without address).
        """
        require_admin(actor)
        account, route = await self._route(actor, account_id, sender)
        mail = await self._composed(actor, route, to)
        checked = await self._accounts.check(actor, account_id)
        ticks = [tick for tick in checked.ticks if tick.step in ASKED]
        if all(tick.state != TickState.FAILED for tick in ticks):
            ticks += await self._sent(actor, account, mail)
            ticks += [tick for tick in checked.ticks if tick.step == DKIM and tick.state == TickState.FAILED]
        view = await self._accounts.get(actor, account_id)
        ok = all(tick.state != TickState.FAILED for tick in ticks)
        return MailTestView(view, ok, mail.sender.email, mail.envelope, tuple(ticks))

    async def _route(self, actor: Actor, account_id: str, sender: str | None) -> tuple[ProviderAccount, Route]:
        async with self._store.read() as session:
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
            if row.account.channel != Channel.MAIL:
                raise Conflicting("test_of_mail_only", account=row.account.name)
            code = sender or row.collaborator
            if code is None and actor.collaborator_id is not None:
                code = await collaborator_code(session, base_id=actor.base_id, collaborator_id=actor.collaborator_id)
            if code is None:
                raise Invalid.field("sender", "test_without_sender")
            route = await route_of(
                session, self._registry, actor, sender=code, channel=Channel.MAIL, account=account_id
            )
        return row.account, route

    async def _composed(self, actor: Actor, route: Route, to: str | None) -> OutgoingMail:
        """The mail as everybody's mail is made, up to the door of the provider."""
        own = sender_address(route.sender)
        language = route.base.language
        params = {"base": route.base.name, "account": route.account.name, "sender": own.email}
        request = MailRequest(
            sender=route.sender.code,
            to=(own.email if to is None else to,),
            subject=self._wording.say("mail_test", "subject", params, language=language),
            text=self._wording.say("mail_test", "text", params, language=language),
        )
        signed_later = self._connections.software_signs(route.account, route.ground.provider)
        sender = unsigned(route.sender) if signed_later else route.sender
        now = self._now()
        checked = check_mail(request, now)
        files = [
            File(given.filename, given.content_type or "", given.content, "", cid)
            for given, cid in given_files(request, checked, sender)
        ]
        order = Order(actor, request, sender, route.account.id, None, now)
        draft = compose_mail(order, request, checked, files)
        (judged,) = await self._entrance.judged([draft], route.ground, sender=route.sender.code, language=language)
        if isinstance(judged, Problem):
            raise judged
        return _outgoing(judged)

    async def _sent(self, actor: Actor, account: ProviderAccount, mail: OutgoingMail) -> list[TickView]:
        """The steps `sent` and `copied`."""
        await self._note(actor, account, "account.test_started", {"from": mail.sender.email, "to": [*mail.envelope]})
        try:
            driver = await self._connections.driver_of(account)
            result = _result_of(await driver.call("send", partial(_send, mail), effect=True), mail)
            error = _error_of(result, mail)
        except ProviderError as failed:
            result, error = SendResult(mail.id), failed
        if isinstance(error, AccountError):
            await self._connections.suspend(account, error)
        await self._note(actor, account, "account.test_ended", {"sent": "ok" if error is None else error.code})
        if error is not None:
            return [_failed("sent", error)]
        if any(one.outcome is Handover.DRAFTED for one in result.recipients):
            return [_drafted(result)]
        return [TickView("sent", TickState.OK.value), await _copied(driver, result, mail)]

    async def _note(self, actor: Actor, account: ProviderAccount, action: str, about: dict[str, Any]) -> None:
        changes = {name: [None, value] for name, value in about.items()}
        async with self._store.write() as session:
            audit.record(
                session,
                actor,
                action=action,
                subject="account",
                subject_id=account.id,
                changes=changes,
                at=self._now(),
            )


def _outgoing(draft: Draft) -> OutgoingMail:
    (mail,) = draft.outgoing()
    assert isinstance(mail, OutgoingMail)  # noqa: S101 - it was composed as one
    return mail


async def _send(mail: OutgoingMail, driver: Any) -> Sequence[SendResult]:
    answer: Sequence[SendResult] = await driver.send([mail])
    return answer


async def _file_sent(mail: OutgoingMail, driver: Any) -> None:
    await driver.file_sent(mail)


def _result_of(answer: object, mail: OutgoingMail) -> SendResult:
    """Raises `BadResponse` for what is no answer for `mail`."""
    if isinstance(answer, Sequence) and len(answer) == 1:
        (result,) = answer
        if isinstance(result, SendResult) and result.id == mail.id:
            return result
    raise BadResponse("recipient_unanswered")


def _error_of(result: SendResult, mail: OutgoingMail) -> ProviderError | None:
    """Why not everybody gets it."""
    if result.error is not None:
        return result.error
    answered = {one.recipient: one for one in result.recipients}
    for address in mail.envelope:
        answer = answered.get(address)
        if answer is None or answer.outcome is Handover.FAILED:
            return (answer.error if answer is not None else None) or BadResponse("recipient_unanswered")
    return None


def _drafted(result: SendResult) -> TickView:
    """Only what lies in the mailbox has left; a file or a link would be for a person who waits for it."""
    there = result.draft is not None and result.draft.rung is Rung.MAILBOX
    return TickView("drafted", (TickState.OK if there else TickState.SKIPPED).value)


async def _copied(driver: AccountDriver, result: SendResult, mail: OutgoingMail) -> TickView:
    """Skipped where the server keeps a copy by itself, or none is wanted."""
    if not result.copy_wanted or Capability.SENT_COPY not in driver.descriptor.capabilities:
        return TickView("copied", TickState.SKIPPED.value)
    try:
        await driver.call("file_sent", partial(_file_sent, mail))
    except ProviderError as error:
        return _failed("copied", error)
    return TickView("copied", TickState.OK.value)


def _failed(step: str, error: ProviderError) -> TickView:
    return TickView(step, TickState.FAILED.value, *told(error))
