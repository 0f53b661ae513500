"""Provider accounts: added, changed, paused, tried and removed by administrators, seen by who may use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit, fields
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.providers import ProviderDescriptor, VendorAccount
from xrm_platform.registry import Registry
from xrm_platform.store import DEFAULT_LIMIT, Page, SecretBox, Store, check_page, new_id, page_of
from xrm_platform.wording import Wording

from . import queries
from .availability import channel_of, installed_provider
from .checking import check_account, standing_after
from .choice import account_row, collaborator_of, has_choice, put_choice
from .connections import Connections
from .health import SUSPENDED
from .offers import Offers
from .presenting import account_view, sees_accounts_of, sees_settings
from .queries import AccountRow
from .settings_editing import SettingsEditing
from .tables import ProviderAccount
from .views import AccountChanges, AccountView, CheckView


class Use(Protocol):
    """What another room does with an account: the code of the problem, with the param `account`, that keeps it from
    being removed now, or None. Asked inside the transaction."""

    async def __call__(self, session: AsyncSession, *, base_id: str, account_id: str) -> str | None: ...


class Accounts:
    def __init__(
        self,
        store: Store,
        registry: Registry,
        connections: Connections,
        box: SecretBox,
        now: Callable[[], datetime],
        wording: Wording,
        *,
        uses: Sequence[Use] = (),
    ) -> None:
        self._store = store
        self._uses = uses
        self._registry = registry
        self._connections = connections
        self._box = box
        self._now = now
        self._offers = Offers(store, registry, connections, wording)
        self._editing = SettingsEditing(registry, box, wording)

    async def add(
        self,
        actor: Actor,
        slug: str,
        name: str,
        settings: Mapping[str, Any],
        *,
        channel: str | None = None,
        collaborator: str | None = None,
        default: bool = False,
    ) -> AccountView:
        """An account of an enabled provider, for the base or for one collaborator only.

        `default` makes it what everybody of the base uses who chose nothing else. The first account of a collaborator
        on a channel becomes that collaborator's choice. Raises `Invalid`, `Missing`, `Conflicting`.
        """
        require_admin(actor)
        descriptor = installed_provider(self._registry, slug, channel)
        name = fields.line("name", name, required=True)
        account_id = new_id()
        sealed, noted = self._editing.first(descriptor, account_id, settings)
        at = self._now()
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            await _require_enabled(session, actor, descriptor)
            owner = await collaborator_of(session, base_id=actor.base_id, code=collaborator)
            session.add(
                ProviderAccount(
                    id=account_id,
                    base_id=actor.base_id,
                    collaborator_id=None if owner is None else owner.id,
                    channel=descriptor.channel.value,
                    slug=descriptor.slug,
                    name=name,
                    created_at=at,
                    **sealed,
                )
            )
            try:
                await session.flush()
            except IntegrityError as error:
                raise Conflicting("account_name_taken", account=name) from error
            about = {"name": name, "provider": slug, "collaborator": owner and owner.code}
            noted = {field: [None, value] for field, value in about.items() if value} | noted
            _note(session, actor, "account.added", account_id, noted, at)
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
            if default or (owner is not None and not await has_choice(session, actor, row, owner)):
                await put_choice(session, actor, row, None if default else owner, at=at)
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
        return self._view(row)

    async def offers(
        self, actor: Actor, slug: str, settings: Mapping[str, Any], *, channel: str | None = None
    ) -> Sequence[VendorAccount]:
        """The vendor's accounts that the sign-in of `settings` opens, to choose one from before adding it; its
        `reference` goes into the setting that the provider names. Raises as `Offers.find`."""
        return await self._offers.find(actor, slug, settings, channel=channel)

    async def change(self, actor: Actor, account_id: str, changes: AccountChanges) -> AccountView:
        """Change the name or some of the settings.

        Changed settings take effect with the next piece of work, in every process; tokens granted to the old ones are
        forgotten. Raises `Invalid`, `Missing`, `Conflicting` (also when somebody else changed it meanwhile).
        """
        require_admin(actor)
        account = (await self._row(actor, account_id)).account
        values, noted = self._editing.changed(account, changes["settings"]) if "settings" in changes else ({}, {})
        name = fields.line("name", changes.get("name", account.name), required=True)
        if name != account.name:
            values["name"] = name
            noted["name"] = [account.name, name]
        if not values:
            return await self.get(actor, account_id)
        async with self._store.write() as session:
            try:
                changed = await queries.update_account(
                    session, base_id=actor.base_id, account_id=account_id, rev=account.rev, values=values
                )
            except IntegrityError as error:
                raise Conflicting("account_name_taken", account=name) from error
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
            if not changed:
                raise Conflicting("account_changed_meanwhile", account=row.account.name)
            _note(session, actor, "account.changed", account_id, noted, self._now())
            if "rev" in values and not (row.account.paused or row.account.suspended):
                await self._connections.usable_again(session, row.account)
        if "rev" in values:
            await self._connections.forget(account_id)
        return self._view(row)

    async def get(self, actor: Actor, account_id: str) -> AccountView:
        """Who is no administrator gets an account of the base or their own, without its settings. Raises `Missing`."""
        usable_by = sees_accounts_of(actor)
        row = await self._row(actor, account_id)
        if usable_by is not None and row.account.collaborator_id not in (None, usable_by):
            raise Missing("unknown_account", account=account_id)
        return account_view(row, self._registry, self._box, with_settings=sees_settings(actor))

    async def list(
        self, actor: Actor, channel: str | None = None, *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[AccountView]:
        """Oldest first; who is no administrator gets those that `get` would give."""
        usable_by = sees_accounts_of(actor)
        check_page(after, limit)
        async with self._store.read() as session:
            rows = await queries.accounts(
                session,
                base_id=actor.base_id,
                channel=None if channel is None else channel_of(channel),
                usable_by=usable_by,
                after=after,
                limit=limit + 1,
            )
        full = sees_settings(actor)
        views = [account_view(row, self._registry, self._box, with_settings=full) for row in rows]
        return page_of(views, limit, lambda view: view.id)

    async def pause(self, actor: Actor, account_id: str) -> AccountView:
        """What is sent by it waits until it is resumed."""
        return await self._switch(actor, account_id, "account.paused", paused=True)

    async def resume(self, actor: Actor, account_id: str) -> AccountView:
        """Take up the work again, also after the provider refused the credentials."""
        return await self._switch(actor, account_id, "account.resumed", paused=False, suspended=False)

    async def remove(self, actor: Actor, account_id: str) -> None:
        """Forget its settings, its secrets and who chose it. What was sent by it keeps referring to it; nobody sees it
        any more, and its name is free. Raises `Conflicting` while somebody needs it, with the code of its `Use`."""
        require_admin(actor)
        at = self._now()
        async with self._store.write() as session:
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
            await queries.lock_account(session, base_id=actor.base_id, account_id=account_id)
            for use in self._uses:
                code = await use(session, base_id=actor.base_id, account_id=account_id)
                if code is not None:
                    raise Conflicting(code, account=row.account.name)
            await queries.delete_choices_of(session, base_id=actor.base_id, account_id=account_id)
            await queries.archive_account(session, base_id=actor.base_id, account_id=account_id, at=at)
            _note(session, actor, "account.removed", account_id, {"name": [row.account.name, None]}, at)
        await self._connections.forget(account_id)

    async def check(self, actor: Actor, account_id: str) -> CheckView:
        """Try the account. What it shows is kept as its health; working credentials end a suspension, refused ones
        begin one."""
        require_admin(actor)
        account = (await self._row(actor, account_id)).account
        result = await check_account(self._connections, account)
        at = self._now()
        async with self._store.write() as session:
            row = await account_row(session, base_id=actor.base_id, account_id=account_id, for_change=True)
            before = row.account.suspended
            await queries.update_account(
                session,
                base_id=actor.base_id,
                account_id=account_id,
                rev=account.rev,
                values=standing_after(result, at),
            )
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
            if before != row.account.suspended:
                action = "account.suspended" if row.account.suspended else "account.resumed"
                _note(session, actor, action, account_id, {"suspended": [before, not before]}, at)
                if before:
                    await self._connections.usable_again(session, row.account)
        self._connections.tell(actor.base_code, account_id, SUSPENDED if row.account.suspended else row.account.health)
        return CheckView(self._view(row), result.failure is None, result.ticks)

    async def _row(self, actor: Actor, account_id: str) -> AccountRow:
        async with self._store.read() as session:
            return await account_row(session, base_id=actor.base_id, account_id=account_id)

    def _view(self, row: AccountRow) -> AccountView:
        return account_view(row, self._registry, self._box, with_settings=True)

    async def _switch(self, actor: Actor, account_id: str, action: str, **switches: bool) -> AccountView:
        require_admin(actor)
        async with self._store.write() as session:
            row = await account_row(session, base_id=actor.base_id, account_id=account_id, for_change=True)
            noted = {
                name: [not value, value] for name, value in switches.items() if getattr(row.account, name) != value
            }
            for name in noted:
                setattr(row.account, name, switches[name])
            if noted:
                _note(session, actor, action, account_id, noted, self._now())
            if noted and not (row.account.paused or row.account.suspended):
                await self._connections.usable_again(session, row.account)
        if noted:
            self._connections.tell(actor.base_code, account_id, action.removeprefix("account."))
        return self._view(row)


async def _require_enabled(session: AsyncSession, actor: Actor, descriptor: ProviderDescriptor) -> None:
    enabled = await queries.enabled_provider(
        session, base_id=actor.base_id, channel=descriptor.channel, slug=descriptor.slug
    )
    if enabled is None:
        raise Conflicting("provider_not_enabled", provider=descriptor.slug)


def _note(
    session: AsyncSession, actor: Actor, action: str, account_id: str, changes: dict[str, list[Any]], at: datetime
) -> None:
    audit.record(session, actor, action=action, subject="account", subject_id=account_id, changes=changes, at=at)
