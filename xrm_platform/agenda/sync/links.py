"""Agendas are linked to calendars elsewhere, the links changed and undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.accounts import Accounts
from xrm_platform.accounts.choice import account_for, account_named
from xrm_platform.jobs import Wake
from xrm_platform.people import audit, lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.bases import operator_of
from xrm_platform.people.lookup import CollaboratorRef
from xrm_platform.people.tables import Base
from xrm_platform.problems import Conflicting, Forbidden
from xrm_platform.providers import Channel, RemoteCalendar
from xrm_platform.registry import Registry
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import queries
from .access import link_for, link_view, require_own
from .linking import checked_changes, color_of, direction_of, looks_the_same, name_of, picked, poll_of
from .plan import Direction
from .reaching import Reaching
from .remote_keys import is_inside, remote_key
from .seeding import catch_up
from .states import LinkState
from .tables import CalendarLink
from .views import CalendarView, LinkChanges, LinkView

AUDITED = ("name", "color", "direction", "auto_sync", "poll_minutes")
MOST_LINKS = 500


class Links:
    """What calendars an agenda is linked to. Its owner, administrators and the operator may change that."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        accounts: Accounts,
        reaching: Reaching,
        wake: Wake,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._registry = registry
        self._accounts = accounts
        self._reaching = reaching
        self._wake = wake
        self._now = now

    async def available(self, actor: Actor, owner: str, account: str | None = None) -> tuple[CalendarView, ...]:
        """The calendars that an account reaches, without one the owner's own. Raises `Conflicting` when it cannot be
        used now."""
        _, _, account_id = await self._whose(actor, owner, account)
        found = await self._reaching.calendars(actor.base_id, account_id)
        async with self._store.read() as session:
            links = await queries.links(session, base_id=actor.base_id, owner_id=None, after=None, limit=MOST_LINKS)
        taken = {link.calendar: link.id for link in links if link.account_id == account_id}
        return tuple(
            CalendarView(one.id, one.name, one.color, one.time_zone, one.writable, taken.get(one.id)) for one in found
        )

    async def link(
        self,
        actor: Actor,
        owner: str,
        *,
        account: str | None = None,
        calendar: str | None = None,
        create: str | None = None,
        color: str | None = None,
        direction: str = Direction.TWO_WAY,
        auto_sync: bool = True,
        poll_minutes: int = 15,
    ) -> LinkView:
        """Link the agenda of `owner` (code) to a calendar: one that is there (`calendar`, its id or name), or a new one
        called `create`. Nothing is read or written before the first synchronisation is asked for.

        Raises `Invalid`, `Missing`, `Forbidden`, and `Conflicting` when that calendar is linked already.
        """
        way, minutes, tint = direction_of(direction), poll_of(poll_minutes), color_of(color)
        person, base, account_id = await self._whose(actor, owner, account)
        if create is not None:
            remote = await self._reaching.create(actor.base_id, account_id, name_of(create), tint)
        else:
            remote = picked(await self._reaching.calendars(actor.base_id, account_id), calendar)
        row = CalendarLink(
            id=new_id(),
            base_id=actor.base_id,
            collaborator_id=person.id,
            account_id=account_id,
            calendar=remote.id,
            remote_key=await self._key(base, account_id, remote),
            name=remote.name,
            color=remote.color or tint,
            writable=remote.writable,
            direction=way if remote.writable else Direction.PULL,
            auto_sync=auto_sync,
            poll_minutes=minutes,
            state=LinkState.NEW,
            error_params={},
            looked_at=self._now(),
            created_at=self._now(),
            created_by=actor.name,
        )
        async with self._store.write() as session:
            await _require_free(session, row)
            session.add(row)
            try:
                await session.flush()
            except IntegrityError as error:
                raise Conflicting("calendar_linked", calendar=remote.name) from error
            changes = {name: [None, getattr(row, name)] for name in AUDITED}
            _note(session, actor, "calendar_link.added", row, {"owner": [None, person.code], **changes}, self._now())
            return await link_view(session, row, person.code)

    async def list(
        self, actor: Actor, *, owner: str | None = None, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[LinkView]:
        """The links of an agenda; without `owner` those of the actor's own, or all for who may see them."""
        check_page(after, limit)
        async with self._store.read() as session:
            codes = await lookup.codes(session, base_id=actor.base_id)
            owner_id = actor.collaborator_id
            if owner is not None:
                owner_id = (await lookup.collaborator(session, base_id=actor.base_id, code=owner)).id
            elif actor.speaks_for_all or actor.is_admin:
                owner_id = None
            if owner_id is not None:
                require_own(actor, owner_id, codes[owner_id])
            elif not (actor.speaks_for_all or actor.is_admin):
                raise Forbidden("no_collaborator")
            rows = await queries.links(session, base_id=actor.base_id, owner_id=owner_id, after=after, limit=limit + 1)
            page = page_of(rows, limit, lambda row: row.id)
            views = [await link_view(session, row, codes[row.collaborator_id]) for row in page.items]
        return Page(tuple(views), page.next)

    async def get(self, actor: Actor, link_id: str) -> LinkView:
        async with self._store.read() as session:
            row, owner = await link_for(session, actor, link_id)
            return await link_view(session, row, owner)

    async def change(self, actor: Actor, link_id: str, changes: LinkChanges) -> LinkView:
        """Switch it on or off, another direction, another name or colour: those the calendar itself gets as well.

        Raises `Invalid`, `Missing`, `Forbidden`, and `Conflicting` when the provider cannot.
        """
        values = checked_changes(changes)
        async with self._store.read() as session:
            row, _ = await link_for(session, actor, link_id)
        if ("name" in values or "color" in values) and not looks_the_same(row, values):
            remote = await self._reaching.change(
                actor.base_id,
                row.account_id,
                row.calendar,
                str(values.get("name", row.name)),
                str(values["color"]) if "color" in values else None,
            )
            values |= {"name": remote.name, "color": remote.color}
        if values.get("direction", Direction.PULL) != Direction.PULL and not row.writable:
            raise Conflicting("calendar_read_only", calendar=row.name)
        async with self._store.write() as session:
            row, owner = await link_for(session, actor, link_id)
            noted = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
            for name, value in values.items():
                setattr(row, name, value)
            if "direction" in noted:
                row.cursor = None
                if noted["direction"][0] == Direction.PULL and row.state == LinkState.ACTIVE:
                    await catch_up(session, row, self._now())
            if noted:
                row.next_run_at = self._now()
                _note(session, actor, "calendar_link.changed", row, noted, self._now())
            await session.flush()
            view = await link_view(session, row, owner)
        if noted and view.auto_sync:
            self._wake(f"sync {link_id}")
        return view

    async def unlink(self, actor: Actor, link_id: str) -> None:
        """End a link. The events stay on both sides as they are. Raises `Conflicting` while it is synchronised."""
        async with self._store.write() as session:
            row, owner = await link_for(session, actor, link_id)
            if row.lease_until is not None and row.lease_until > self._now():
                raise Conflicting("sync_running", calendar=row.name)
            _note(
                session,
                actor,
                "calendar_link.removed",
                row,
                {"owner": [owner, None], "name": [row.name, None]},
                self._now(),
            )
            await queries.delete_link(session, base_id=actor.base_id, link_id=link_id)

    async def _whose(self, actor: Actor, owner: str, account: str | None) -> tuple[CollaboratorRef, Base, str]:
        """The owner, the base, and the account: the one given, which must be the base's or the owner's, or the one that
        the owner uses."""
        async with self._store.read() as session:
            person = await lookup.collaborator(session, base_id=actor.base_id, code=owner)
            require_own(actor, person.id, person.code)
            base = await lookup.base(session, base_id=actor.base_id)
            common = {"base_id": actor.base_id, "collaborator_id": person.id, "channel": Channel.CALENDAR}
            if account is None:
                chosen = await account_for(session, self._registry, **common)
            else:
                chosen = await account_named(session, self._registry, **common, account_id=account)
        return person, base, chosen.id

    async def _key(self, base: Base, account_id: str, remote: RemoteCalendar) -> str:
        view = await self._accounts.get(operator_of(base, "platform"), account_id)
        return remote_key(view.provider, view.settings, remote.id)


async def _require_free(session: AsyncSession, row: CalendarLink) -> None:
    """Two links to one calendar would write the same events twice. Raises `Conflicting`."""
    others = await queries.links(session, base_id=row.base_id, owner_id=None, after=None, limit=MOST_LINKS)
    for other in others:
        if other.remote_key == row.remote_key or is_inside(other.remote_key, row.remote_key):
            raise Conflicting("calendar_linked", calendar=row.name)


def _note(
    session: AsyncSession, actor: Actor, action: str, row: CalendarLink, changes: audit.Changes, at: datetime
) -> None:
    audit.record(session, actor, action=action, subject="calendar_link", subject_id=row.id, changes=changes, at=at)
