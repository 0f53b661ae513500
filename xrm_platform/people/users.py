"""Users: the logins of a base and what each may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import audit, fields, lookup, queries
from .actor import Actor
from .passwords import Passwords
from .rights import require_admin
from .tables import User
from .views import UserView

AUDITED = ("is_admin", "xrm_allowed", "collaborator", "active")


class UserChanges(TypedDict, total=False):
    """What to change; a field that is left out stays. `collaborator` is a code, None takes it away."""

    password: str
    is_admin: bool
    xrm_allowed: bool
    collaborator: str | None
    active: bool


class Users:
    """Managed by administrators."""

    def __init__(self, store: Store, now: Callable[[], datetime], passwords: Passwords) -> None:
        self._store = store
        self._now = now
        self._passwords = passwords

    async def create(
        self,
        actor: Actor,
        login: str,
        *,
        password: str | None = None,
        is_admin: bool = False,
        xrm_allowed: bool = False,
        collaborator: str | None = None,
    ) -> UserView:
        """Without a password the user cannot sign in until an administrator gives one.

        Raises `Forbidden`, `Invalid`, and `Conflicting` when the login is taken.
        """
        require_admin(actor)
        login = fields.login(login)
        password_hash = None if password is None else await self._passwords.hash(password)
        async with self._store.write() as session:
            base = await queries.lock_base(session, base_id=actor.base_id)
            if await queries.user(session, base_id=base.id, login=login) is not None:
                raise Conflicting("user_exists", login=login)
            session.add(
                User(
                    id=new_id(),
                    base_id=base.id,
                    login=login,
                    password_hash=password_hash,
                    is_admin=is_admin,
                    xrm_allowed=xrm_allowed,
                    collaborator_id=await _collaborator_id(session, base.id, collaborator),
                    created_at=self._now(),
                )
            )
            await session.flush()
            view = user_view(await _user(session, base.id, login))
            changes = {name: [None, getattr(view, name)] for name in AUDITED}
            if password_hash is not None:
                changes["password"] = [None, audit.SECRET]
            self._note(session, actor, "user.created", login, changes)
        return view

    async def change(self, actor: Actor, login: str, changes: UserChanges) -> UserView:
        """A new password, or not being active any more, ends the user's sessions.

        Raises `Forbidden`, `Missing`, `Invalid`, and `Conflicting` when no active administrator would be left.
        """
        require_admin(actor)
        password_hash = await self._passwords.hash(changes["password"]) if "password" in changes else None
        async with self._store.write() as session:
            base = await queries.lock_base(session, base_id=actor.base_id)
            row = await _user(session, base.id, login)
            before = user_view(row)
            user = row.user
            user.is_admin = changes.get("is_admin", user.is_admin)
            user.xrm_allowed = changes.get("xrm_allowed", user.xrm_allowed)
            user.active = changes.get("active", user.active)
            if "collaborator" in changes:
                user.collaborator_id = await _collaborator_id(session, base.id, changes["collaborator"])
            if password_hash is not None:
                user.password_hash = password_hash
            await session.flush()
            await _require_an_administrator(session, before, user)
            after = user_view(await _user(session, base.id, user.login))
            if password_hash is not None or not after.active:
                await queries.delete_sessions(session, base_id=base.id, user_id=user.id)
            noted = audit.differences(before, after, AUDITED)
            if password_hash is not None:
                noted["password"] = [audit.SECRET, audit.SECRET]
            if noted:
                self._note(session, actor, "user.changed", after.login, noted)
        return after

    async def get(self, actor: Actor, login: str) -> UserView:
        """Any user for an administrator, oneself for everybody."""
        async with self._store.read() as session:
            row = await queries.user(session, base_id=actor.base_id, login=fields.login_to_find(login))
        if row is None or row.user.id != actor.user_id:
            require_admin(actor)
        if row is None:
            raise Missing("unknown_user", login=login)
        return user_view(row)

    async def list(self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[UserView]:
        """By login; `after` is the login to go on from."""
        require_admin(actor)
        check_page(after, limit)
        async with self._store.read() as session:
            rows = await queries.users(session, base_id=actor.base_id, after=after, limit=limit + 1)
        return page_of([user_view(row) for row in rows], limit, lambda view: view.login)

    def _note(self, session: AsyncSession, actor: Actor, action: str, login: str, changes: audit.Changes) -> None:
        audit.record(session, actor, action=action, subject="user", subject_id=login, changes=changes, at=self._now())


async def _require_an_administrator(session: AsyncSession, before: UserView, user: User) -> None:
    was_one = before.is_admin and before.active
    is_one = user.is_admin and user.active
    if was_one and not is_one:
        others = await queries.other_administrators(session, base_id=user.base_id, user_id=user.id)
        if others == 0:
            raise Conflicting("last_administrator", login=user.login)


async def _collaborator_id(session: AsyncSession, base_id: str, code: str | None) -> str | None:
    if not code:
        return None
    try:
        return (await lookup.collaborator(session, base_id=base_id, code=code)).id
    except Missing as missing:
        raise Invalid.field("collaborator", "unknown_collaborator", collaborator=code) from missing


async def _user(session: AsyncSession, base_id: str, login: str) -> queries.UserRow:
    row = await queries.user(session, base_id=base_id, login=fields.login_to_find(login))
    if row is None:
        raise Missing("unknown_user", login=login)
    return row


def user_view(row: queries.UserRow) -> UserView:
    user = row.user
    return UserView(
        login=user.login,
        is_admin=user.is_admin,
        xrm_allowed=user.xrm_allowed,
        collaborator=row.collaborator,
        active=user.active,
        created_at=user.created_at,
    )
