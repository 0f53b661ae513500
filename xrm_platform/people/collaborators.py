"""Collaborators: the people of a base, their communication details, signatures and managers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import audit, fields, lookup, managers, queries, signature_image
from .actor import Actor, Scope
from .rights import require_admin, require_scope
from .tables import Collaborator, CollaboratorType
from .views import CollaboratorTypeView, CollaboratorView

NOBODY_YET = CollaboratorView(
    code="",
    type=None,
    last_name="",
    first_name="",
    email=None,
    phone=None,
    mobile=None,
    manager=None,
    signature_text="",
    has_signature_image=False,
    active=True,
)
AUDITED = tuple(field.name for field in dataclass_fields(CollaboratorView) if field.name != "code")


class CollaboratorChanges(TypedDict, total=False):
    """What to change; a field that is left out stays. `type` and `manager` are codes, None takes them away."""

    type: str | None
    last_name: str
    first_name: str
    email: str | None
    phone: str | None
    mobile: str | None
    manager: str | None
    signature_text: str
    active: bool


class Collaborators:
    """Changed by administrators, seen by everyone of the base."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def create(
        self,
        actor: Actor,
        code: str,
        *,
        last_name: str,
        type: str | None = None,  # noqa: A002 - the guide's word
        first_name: str = "",
        email: str | None = None,
        phone: str | None = None,
        mobile: str | None = None,
        manager: str | None = None,
        signature_text: str = "",
        active: bool = True,
    ) -> CollaboratorView:
        """Raises `Forbidden`, `Invalid`, and `Conflicting` when the code is taken."""
        require_admin(actor)
        code = fields.code(code)
        given = CollaboratorChanges(
            type=type,
            last_name=last_name,
            first_name=first_name,
            email=email,
            phone=phone,
            mobile=mobile,
            manager=manager,
            signature_text=signature_text,
            active=active,
        )
        async with self._store.write() as session:
            base = await queries.lock_base(session, base_id=actor.base_id)
            if await queries.collaborator(session, base_id=base.id, code=code) is not None:
                raise Conflicting("collaborator_exists", collaborator=code)
            values = checked_values(given, country=base.country)
            values |= await _references(session, actor.base_id, code, given)
            session.add(Collaborator(id=new_id(), base_id=base.id, code=code, created_at=self._now(), **values))
            await session.flush()
            view = await _view_of(session, actor.base_id, code)
            self._note(session, actor, "collaborator.created", NOBODY_YET, view)
        return view

    async def change(self, actor: Actor, code: str, changes: CollaboratorChanges) -> CollaboratorView:
        """Raises `Forbidden`, `Missing`, `Invalid`, and `Conflicting` when managers would go round in a loop."""
        require_admin(actor)
        async with self._store.write() as session:
            base = await queries.lock_base(session, base_id=actor.base_id)
            row = await lookup.collaborator_row(session, base_id=base.id, code=code)
            before = collaborator_view(row)
            values = checked_values(changes, country=base.country)
            values |= await _references(session, base.id, before.code, changes)
            for name, value in values.items():
                setattr(row.collaborator, name, value)
            await session.flush()
            after = await _view_of(session, base.id, before.code)
            self._note(session, actor, "collaborator.changed", before, after)
        return after

    async def get(self, actor: Actor, code: str) -> CollaboratorView:
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            return await _view_of(session, actor.base_id, code)

    async def list(
        self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[CollaboratorView]:
        """By code; `after` is the code to go on from."""
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            rows = await queries.collaborators(session, base_id=actor.base_id, after=after, limit=limit + 1)
        return page_of([collaborator_view(row) for row in rows], limit, lambda view: view.code)

    async def set_signature_image(self, actor: Actor, code: str, content: bytes | None) -> CollaboratorView:
        """Give the signature a picture (PNG or JPEG), made small enough for mail, or none."""
        require_admin(actor)
        content_type = None
        if content is not None:
            content, content_type = await asyncio.to_thread(signature_image.prepared, content)
        async with self._store.write() as session:
            row = await lookup.collaborator_row(session, base_id=actor.base_id, code=code)
            type_before = row.collaborator.signature_image_type
            row.collaborator.signature_image = content
            row.collaborator.signature_image_type = content_type
            await session.flush()
            after = await _view_of(session, actor.base_id, row.collaborator.code)
            audit.record(
                session,
                actor,
                action="collaborator.changed",
                subject="collaborator",
                subject_id=after.code,
                changes={"signature_image": [type_before, content_type]},
                at=self._now(),
            )
        return after

    async def signature_image(self, actor: Actor, code: str) -> tuple[bytes, str]:
        """The image and its media type. Raises `Missing` when there is none."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            found = await lookup.sender(session, base_id=actor.base_id, code=code)
        if found.signature_image is None or found.signature_image_type is None:
            raise Missing("no_signature_image", collaborator=found.code)
        return found.signature_image, found.signature_image_type

    async def types(self, actor: Actor) -> tuple[CollaboratorTypeView, ...]:
        """The base's own list."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            rows = await queries.collaborator_types(session, base_id=actor.base_id)
        return tuple(CollaboratorTypeView(row.code, row.label) for row in rows)

    async def add_type(self, actor: Actor, code: str, label: str) -> CollaboratorTypeView:
        """Raises `Forbidden`, `Invalid`, and `Conflicting` when the code is taken."""
        require_admin(actor)
        view = CollaboratorTypeView(fields.type_code(code), fields.line("label", label, required=True))
        async with self._store.write() as session:
            base = await queries.lock_base(session, base_id=actor.base_id)
            if any(row.code == view.code for row in await queries.collaborator_types(session, base_id=base.id)):
                raise Conflicting("collaborator_type_exists", type=view.code)
            session.add(CollaboratorType(id=new_id(), base_id=base.id, code=view.code, label=view.label))
            audit.record(
                session,
                actor,
                action="collaborator_type.created",
                subject="collaborator_type",
                subject_id=view.code,
                changes={"label": [None, view.label]},
                at=self._now(),
            )
        return view

    def _note(
        self, session: AsyncSession, actor: Actor, action: str, before: CollaboratorView, after: CollaboratorView
    ) -> None:
        changes = audit.differences(before, after, AUDITED)
        if changes:
            audit.record(
                session,
                actor,
                action=action,
                subject="collaborator",
                subject_id=after.code,
                changes=changes,
                at=self._now(),
            )


def checked_values(changes: CollaboratorChanges, *, country: str) -> dict[str, Any]:
    """The columns that `changes` sets, as they are stored; references to other rows are not among them.

    Raises `Invalid` that names every wrong field at once.
    """
    rules: Mapping[str, Callable[[Any], Any]] = {
        "last_name": lambda given: fields.line("last_name", given, required=True),
        "first_name": lambda given: fields.line("first_name", given),
        "email": fields.email,
        "phone": lambda given: fields.phone("phone", given, country=country),
        "mobile": lambda given: fields.phone("mobile", given, country=country),
        "signature_text": lambda given: fields.paragraph("signature_text", given, limit=fields.SIGNATURE_LIMIT),
        "active": bool,
    }
    values: dict[str, Any] = {}
    wrong = {}
    for name, given in changes.items():
        if name in rules:
            try:
                values[name] = rules[name](given)
            except Invalid as invalid:
                wrong.update(invalid.fields)
    if wrong:
        raise Invalid(wrong)
    return values


async def _references(
    session: AsyncSession, base_id: str, code: str, changes: CollaboratorChanges
) -> dict[str, str | None]:
    """The columns of `type` and `manager`. Raises `Invalid` for an unknown one, `Conflicting` for a loop."""
    values: dict[str, str | None] = {}
    if "type" in changes:
        values["type_id"] = await _type_id(session, base_id, changes["type"])
    if "manager" in changes:
        values["manager_id"] = await managers.manager_id(
            session, base_id=base_id, code=code, manager=changes["manager"]
        )
    return values


async def _type_id(session: AsyncSession, base_id: str, given: str | None) -> str | None:
    if not given:
        return None
    types = {row.code: row.id for row in await queries.collaborator_types(session, base_id=base_id)}
    wanted = given.strip().lower()
    if wanted not in types:
        raise Invalid.field("type", "collaborator_type_unknown", type=given, known=", ".join(types))
    return types[wanted]


async def _view_of(session: AsyncSession, base_id: str, code: str) -> CollaboratorView:
    return collaborator_view(await lookup.collaborator_row(session, base_id=base_id, code=code))


def collaborator_view(row: queries.CollaboratorRow) -> CollaboratorView:
    person = row.collaborator
    return CollaboratorView(
        code=person.code,
        type=row.type,
        last_name=person.last_name,
        first_name=person.first_name,
        email=person.email,
        phone=person.phone,
        mobile=person.mobile,
        manager=row.manager,
        signature_text=person.signature_text,
        has_signature_image=person.signature_image_type is not None,
        active=person.active,
    )
