"""The preferences of communication: of the base, and where a collaborator differs.

What mail goes out by is not written down here a second time: the SMTP in use is the account that is chosen on the
channel of mail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor
from xrm_platform.people.lookup import CollaboratorRef
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.providers import Capability, Channel
from xrm_platform.registry import Registry
from xrm_platform.store import SecretBox, Store

from . import queries
from .choice import account_row, collaborator_of, drop_choice, put_choice
from .mail_software import PROVIDER_OF, Environment, MailSoftware, software_given
from .presenting import account_view, sees_accounts_of, sees_settings
from .queries import AccountRow
from .tables import CollaboratorMailSoftware, CommunicationPreferences
from .views import DirectSendingView, MailPreferencesChanges, MailPreferencesView, MailSoftwareView, PreferencesView

SMS_PAUSED_AT_FIRST = True
"""No SMS leaves a base before an administrator has said so."""

Software = Mapping[Environment, str | None]


class Preferences:
    def __init__(self, store: Store, registry: Registry, box: SecretBox, now: Callable[[], datetime]) -> None:
        self._store = store
        self._registry = registry
        self._box = box
        self._now = now

    async def get(self, actor: Actor) -> PreferencesView:
        """Of the base. For administrators, and whoever may send: they are told why their SMS wait."""
        sees_accounts_of(actor)
        async with self._store.read() as session:
            paused = await sms_paused(session, base_id=actor.base_id)
            mail = await self._mail(session, actor, None)
        return PreferencesView(paused, mail.mail_software, mail.direct_sending)

    async def get_mail(self, actor: Actor, collaborator: str) -> MailPreferencesView:
        """What holds for a collaborator: their own, else the base's. Raises `Missing`, also for who may see only their
        own."""
        only = sees_accounts_of(actor)
        async with self._store.read() as session:
            owner = await collaborator_of(session, base_id=actor.base_id, code=collaborator)
            if owner is None or only not in (None, owner.id):
                raise Missing("unknown_collaborator", collaborator=collaborator)
            return await self._mail(session, actor, owner)

    async def change_mail(
        self, actor: Actor, changes: MailPreferencesChanges, *, collaborator: str | None = None
    ) -> MailPreferencesView:
        """Of the base, or of `collaborator`, for whom None takes back what differs. What is left out stays as it is.

        Raises `Invalid` for software that an environment does not have, `Missing`, and `Conflicting` for an account
        that does not send by itself, or is somebody else's.
        """
        require_admin(actor)
        wanted = {
            environment: software_given(environment, changes["mail_software"][environment.value])
            for environment in Environment
            if environment.value in changes.get("mail_software", {})
        }
        at = self._now()
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            owner = await collaborator_of(session, base_id=actor.base_id, code=collaborator)
            await _put_software(session, actor, owner, wanted, at)
            if "direct_sending" in changes:
                await self._put_direct_sending(session, actor, owner, changes["direct_sending"], at)
            return await self._mail(session, actor, owner)

    async def set_sms_paused(self, actor: Actor, paused: bool) -> PreferencesView:
        require_admin(actor)
        async with self._store.write() as session:
            await put_sms_paused(session, actor, paused=paused, at=self._now())
        return await self.get(actor)

    async def _mail(self, session: AsyncSession, actor: Actor, owner: CollaboratorRef | None) -> MailPreferencesView:
        base = _software(await queries.preferences(session, base_id=actor.base_id))
        own = _software(await _own(session, actor, owner)) if owner is not None else base
        row = await queries.chosen_account(
            session,
            base_id=actor.base_id,
            collaborator_id=None if owner is None else owner.id,
            channel=Channel.MAIL,
        )
        return MailPreferencesView(
            collaborator=None if owner is None else owner.code,
            mail_software=tuple(_shown(one, own[one], base[one], differs=owner is not None) for one in Environment),
            direct_sending=None if row is None else await self._direct(session, actor, row),
        )

    async def _direct(self, session: AsyncSession, actor: Actor, row: AccountRow) -> DirectSendingView | None:
        """None for an account that hands over to mail software. Whether it signs in is for administrators."""
        if self._hands_over(row):
            return None
        authenticated = None
        if sees_settings(actor):
            view = account_view(row, self._registry, self._box, with_settings=True)
            tokens = await queries.tokens(
                session, base_id=actor.base_id, account_id=row.account.id, rev=row.account.rev
            )
            authenticated = bool(view.secrets) or tokens is not None
        return DirectSendingView(row.account.id, row.account.name, row.account.slug, row.collaborator, authenticated)

    async def _put_direct_sending(
        self, session: AsyncSession, actor: Actor, owner: CollaboratorRef | None, account_id: str | None, at: datetime
    ) -> None:
        if account_id is None:
            await self._drop_direct_sending(session, actor, owner, at)
            return
        row = await account_row(session, base_id=actor.base_id, account_id=account_id)
        if row.account.channel != Channel.MAIL:
            raise Conflicting("account_of_another_channel", account=row.account.name, channel=row.account.channel)
        if self._hands_over(row):
            raise Conflicting("account_hands_over", account=row.account.name)
        await put_choice(session, actor, row, owner, at=at)

    async def _drop_direct_sending(
        self, session: AsyncSession, actor: Actor, owner: CollaboratorRef | None, at: datetime
    ) -> None:
        """An account that hands over to mail software stays chosen: it was never shown as the SMTP in use."""
        made = await queries.choice(
            session,
            base_id=actor.base_id,
            channel=Channel.MAIL,
            collaborator_id=None if owner is None else owner.id,
        )
        if made is None:
            return
        row = await queries.account(session, base_id=actor.base_id, account_id=made.account_id)
        if row is None or not self._hands_over(row):
            await drop_choice(session, actor, Channel.MAIL, owner, at=at)

    def _hands_over(self, row: AccountRow) -> bool:
        provider = self._registry.provider(Channel(row.account.channel), row.account.slug)
        return provider is not None and Capability.HANDS_OVER in provider.capabilities


def _software(row: CommunicationPreferences | CollaboratorMailSoftware | None) -> Software:
    if row is None:
        return dict.fromkeys(Environment)
    return {Environment.APPLE: row.mail_software_apple, Environment.WINDOWS: row.mail_software_windows}


def _shown(environment: Environment, own: str | None, base: str | None, *, differs: bool) -> MailSoftwareView:
    software = own or base
    provider = None if software is None else PROVIDER_OF[MailSoftware(software)]
    return MailSoftwareView(environment.value, software, provider, own=differs and own is not None)


async def _own(session: AsyncSession, actor: Actor, owner: CollaboratorRef) -> CollaboratorMailSoftware | None:
    return await queries.own_mail_software(session, base_id=actor.base_id, collaborator_id=owner.id)


async def _put_software(
    session: AsyncSession,
    actor: Actor,
    owner: CollaboratorRef | None,
    wanted: Mapping[Environment, MailSoftware | None],
    at: datetime,
) -> None:
    """In a transaction that holds the base."""
    row: CommunicationPreferences | CollaboratorMailSoftware | None
    if owner is None:
        row = await queries.preferences(session, base_id=actor.base_id)
    else:
        row = await _own(session, actor, owner)
    before = _software(row)
    changed = {one: software for one, software in wanted.items() if before[one] != software}
    if not changed:
        return
    if row is None and owner is None:
        row = CommunicationPreferences(base_id=actor.base_id, sms_paused=SMS_PAUSED_AT_FIRST)
        session.add(row)
    elif row is None and owner is not None:
        row = CollaboratorMailSoftware(base_id=actor.base_id, collaborator_id=owner.id)
        session.add(row)
    for environment, software in changed.items():
        setattr(row, f"mail_software_{environment}", software)
    noted = {f"mail_software.{one}": [before[one], software] for one, software in changed.items()}
    _note(session, actor, actor.base_code if owner is None else owner.code, noted, at)


async def sms_paused_meanwhile(session: AsyncSession, *, base_id: str) -> bool:
    """Whether the base's SMS are held, which nobody changes before the transaction ends; nor the pause of a sender."""
    await people.hold_base(session, base_id=base_id)
    return await sms_paused(session, base_id=base_id)


async def sms_paused(session: AsyncSession, *, base_id: str) -> bool:
    """Whether the base's SMS are held."""
    row = await queries.preferences(session, base_id=base_id)
    return SMS_PAUSED_AT_FIRST if row is None else row.sms_paused


async def put_sms_paused(session: AsyncSession, actor: Actor, *, paused: bool, at: datetime) -> bool:
    """Set the pause in a transaction that may do more with it; whether it was different before."""
    await people.lock_base(session, base_id=actor.base_id)
    row = await queries.preferences(session, base_id=actor.base_id)
    before = SMS_PAUSED_AT_FIRST if row is None else row.sms_paused
    if row is None:
        session.add(CommunicationPreferences(base_id=actor.base_id, sms_paused=paused))
    else:
        row.sms_paused = paused
    if before != paused:
        _note(session, actor, actor.base_code, {"sms_paused": [before, paused]}, at)
    return before != paused


def _note(session: AsyncSession, actor: Actor, subject_id: str, changes: dict[str, list[Any]], at: datetime) -> None:
    audit.record(
        session,
        actor,
        action="preferences.changed",
        subject="preferences",
        subject_id=subject_id,
        changes=changes,
        at=at,
    )
