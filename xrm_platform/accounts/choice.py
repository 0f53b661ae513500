"""Which account a collaborator uses on a channel: their own choice, else the base's default."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit, lookup
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor
from xrm_platform.people.lookup import CollaboratorRef
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.providers import Channel
from xrm_platform.registry import Registry
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import queries
from .availability import channel_of, require_available
from .presenting import sees_accounts_of
from .queries import AccountRow
from .tables import ProviderAccount, ProviderChoice
from .views import ChoiceView


class Choice:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def choose(self, actor: Actor, account_id: str, *, collaborator: str | None = None) -> ChoiceView:
        """Let `collaborator` use this account on its channel, or make it the base's default for None.

        Raises `Missing`, and `Conflicting` when the account is that of somebody else.
        """
        require_admin(actor)
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
            owner = await collaborator_of(session, base_id=actor.base_id, code=collaborator)
            await put_choice(session, actor, row, owner, at=self._now())
        account = row.account
        return ChoiceView(
            account.channel, None if owner is None else owner.code, account.id, account.name, account.slug
        )

    async def unchoose(self, actor: Actor, channel: str, *, collaborator: str | None = None) -> None:
        """The collaborator falls back to the base's default; for None the base has none."""
        require_admin(actor)
        wanted = channel_of(channel)
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            owner = await collaborator_of(session, base_id=actor.base_id, code=collaborator)
            await drop_choice(session, actor, wanted, owner, at=self._now())

    async def list(self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[ChoiceView]:
        """The base's defaults and the collaborators' own; a collaborator sees those that concern them."""
        made_for = sees_accounts_of(actor)
        check_page(after, limit)
        async with self._store.read() as session:
            rows = await queries.choices(
                session, base_id=actor.base_id, made_for=made_for, after=after, limit=limit + 1
            )
        page = page_of(rows, limit, lambda row: row.choice.id)
        return Page(
            tuple(
                ChoiceView(row.choice.channel, row.collaborator, row.choice.account_id, row.account_name, row.slug)
                for row in page.items
            ),
            page.next,
        )


async def put_choice(
    session: AsyncSession, actor: Actor, row: AccountRow, owner: CollaboratorRef | None, *, at: datetime
) -> None:
    """Choose the account for `owner`, for None as the base's default, in a transaction that holds the base."""
    account = row.account
    if owner is None and account.collaborator_id is not None:
        raise Conflicting("default_is_personal", account=account.name, collaborator=row.collaborator or "")
    owner_id = _id_of(owner)
    if account.collaborator_id not in (None, owner_id):
        raise Conflicting("account_of_another", account=account.name, collaborator=row.collaborator or "")
    choice = await queries.choice(session, base_id=actor.base_id, channel=account.channel, collaborator_id=owner_id)
    before = None if choice is None else choice.account_id
    if choice is None:
        choice = ProviderChoice(
            id=new_id(), base_id=actor.base_id, collaborator_id=owner_id, channel=account.channel, account_id=account.id
        )
        session.add(choice)
    choice.account_id = account.id
    if before != account.id:
        _note(session, actor, choice, owner, [before, account.id], at)


async def drop_choice(
    session: AsyncSession, actor: Actor, channel: Channel, owner: CollaboratorRef | None, *, at: datetime
) -> None:
    """Take back what `owner` chose, for None the base's default, in a transaction that holds the base."""
    choice = await queries.choice(session, base_id=actor.base_id, channel=channel, collaborator_id=_id_of(owner))
    if choice is not None:
        await session.delete(choice)
        _note(session, actor, choice, owner, [choice.account_id, None], at)


async def has_choice(session: AsyncSession, actor: Actor, row: AccountRow, owner: CollaboratorRef) -> bool:
    """Whether `owner` chose an account on the channel of this one."""
    made = await queries.choice(session, base_id=actor.base_id, channel=row.account.channel, collaborator_id=owner.id)
    return made is not None


async def account_for(
    session: AsyncSession, registry: Registry, *, base_id: str, collaborator_id: str, channel: str
) -> ProviderAccount:
    """The account that this collaborator uses on `channel`.

    Raises `Conflicting("no_account")`, which says what to set and where, and `AccountUnusable`. A paused or suspended
    account is given: what is sent by it waits.
    """
    row = await queries.chosen_account(session, base_id=base_id, collaborator_id=collaborator_id, channel=channel)
    if row is None:
        code = await queries.collaborator_code(session, base_id=base_id, collaborator_id=collaborator_id)
        raise Conflicting("no_account", channel=channel, collaborator=code or "-")
    require_available(registry, row)
    return row.account


async def account_named(
    session: AsyncSession, registry: Registry, *, base_id: str, collaborator_id: str, channel: str, account_id: str
) -> ProviderAccount:
    """An account that was asked for by its id, in place of the one that is chosen.

    Raises `Missing`, `Conflicting` when it is of another channel or another collaborator, and `AccountUnusable`.
    """
    row = await account_row(session, base_id=base_id, account_id=account_id)
    account = row.account
    if account.channel != channel:
        raise Conflicting("account_of_another_channel", account=account.name, channel=account.channel)
    if account.collaborator_id not in (None, collaborator_id):
        raise Conflicting("account_of_another", account=account.name, collaborator=row.collaborator or "")
    require_available(registry, row)
    return account


async def account_row(session: AsyncSession, *, base_id: str, account_id: str, for_change: bool = False) -> AccountRow:
    """Raises `Missing`."""
    row = None
    if account_id.isprintable():
        row = await queries.account(session, base_id=base_id, account_id=account_id, for_change=for_change)
    if row is None:
        raise Missing("unknown_account", account=account_id)
    return row


async def collaborator_of(session: AsyncSession, *, base_id: str, code: str | None) -> CollaboratorRef | None:
    """The collaborator of this code, None for None. Raises `Missing`."""
    return None if code is None else await lookup.collaborator(session, base_id=base_id, code=code)


def _id_of(owner: CollaboratorRef | None) -> str | None:
    return None if owner is None else owner.id


def _note(
    session: AsyncSession,
    actor: Actor,
    choice: ProviderChoice,
    owner: CollaboratorRef | None,
    accounts: list[str | None],
    at: datetime,
) -> None:
    audit.record(
        session,
        actor,
        action="choice.changed",
        subject="choice",
        subject_id=f"{choice.channel}/{owner.code if owner else '*'}",
        changes={"account": accounts},
        at=at,
    )
