"""Bases: created by the operator of the machine, never from inside another base."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.config import LANGUAGES
from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.store import Store, new_id

from . import audit, fields, queries
from .actor import Actor
from .passwords import Passwords
from .tables import Base, CollaboratorType, User
from .views import BaseView

FIRST_TYPES = (("representative", "Représentant"), ("manager", "Responsable"), ("cashier", "Caissier"))


class Bases:
    """The bases of this installation. Who calls is trusted with the machine; `actor_name` says who it is."""

    def __init__(self, store: Store, now: Callable[[], datetime], passwords: Passwords) -> None:
        self._store = store
        self._now = now
        self._passwords = passwords

    async def create(
        self,
        code: str,
        name: str,
        *,
        country: str = "FR",
        language: str = "fr",
        time_zone: str = "Europe/Paris",
        actor_name: str,
    ) -> BaseView:
        """An empty base with the usual types of collaborators.

        Raises `Invalid`, and `Conflicting` when there is a base of this code.
        """
        base = await self._checked(code, name, country, language, time_zone)
        async with self._store.write() as session:
            await _add(session, base, actor_name)
        return base_view(base)

    async def found(
        self,
        code: str,
        name: str,
        *,
        admin_login: str,
        admin_password: str,
        country: str = "FR",
        language: str = "fr",
        time_zone: str = "Europe/Paris",
        actor_name: str,
    ) -> BaseView:
        """A base and its first administrator, both or neither."""
        base = await self._checked(code, name, country, language, time_zone)
        login = fields.login(admin_login)
        password_hash = await self._passwords.hash(admin_password)
        async with self._store.write() as session:
            operator = await _add(session, base, actor_name)
            session.add(
                User(
                    id=new_id(),
                    base_id=base.id,
                    login=login,
                    password_hash=password_hash,
                    is_admin=True,
                    created_at=base.created_at,
                )
            )
            audit.record(
                session,
                operator,
                action="user.created",
                subject="user",
                subject_id=login,
                changes={"password": [None, audit.SECRET], "is_admin": [None, True]},
                at=base.created_at,
            )
        return base_view(base)

    async def get(self, code: str) -> BaseView:
        return base_view(await self._base(code))

    async def list(self) -> tuple[BaseView, ...]:
        async with self._store.read() as session:
            return tuple(base_view(base) for base in await queries.bases(session))

    async def operator(self, base_code: str, name: str = "operator:root") -> Actor:
        """The one who has the machine, acting in this base. Raises `Missing`."""
        return operator_of(await self._base(base_code), name)

    async def _base(self, code: str) -> Base:
        wanted = code.strip().upper()
        if fields.CODE.fullmatch(wanted) is None:
            raise Missing("unknown_base", base=code)
        async with self._store.read() as session:
            base = await queries.base_by_code(session, code=wanted)
        if base is None:
            raise Missing("unknown_base", base=code)
        return base

    async def _checked(self, code: str, name: str, country: str, language: str, time_zone: str) -> Base:
        if language not in LANGUAGES:
            raise Invalid.field("language", "language_unknown", known=", ".join(LANGUAGES))
        if not await asyncio.to_thread(_is_time_zone, time_zone):
            raise Invalid.field("time_zone", "time_zone_unknown")
        return Base(
            id=new_id(),
            code=fields.code(code),
            name=fields.line("name", name, required=True),
            country=fields.country(country),
            language=language,
            time_zone=time_zone,
            created_at=self._now(),
        )


async def _add(session: AsyncSession, base: Base, actor_name: str) -> Actor:
    session.add(base)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflicting("base_exists", base=base.code) from error
    session.add_all(
        CollaboratorType(id=new_id(), base_id=base.id, code=code, label=label) for code, label in FIRST_TYPES
    )
    operator = operator_of(base, actor_name)
    audit.record(
        session,
        operator,
        action="base.created",
        subject="base",
        subject_id=base.code,
        changes={"name": [None, base.name]},
        at=base.created_at,
    )
    return operator


def operator_of(base: Base, name: str) -> Actor:
    return Actor(
        base_id=base.id,
        base_code=base.code,
        name=name,
        is_admin=True,
        xrm_allowed=True,
        speaks_for_all=True,
        language=base.language,
    )


def base_view(base: Base) -> BaseView:
    return BaseView(
        id=base.id,
        code=base.code,
        name=base.name,
        country=base.country,
        language=base.language,
        time_zone=base.time_zone,
        created_at=base.created_at,
    )


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
