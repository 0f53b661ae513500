"""What other rooms ask about people, inside their own transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.problems import Missing

from . import fields, queries
from .contacts.folding import fold_mail
from .tables import Base


@dataclass(frozen=True, slots=True)
class CollaboratorRef:
    """Which collaborator a code means."""

    id: str
    code: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """A collaborator as the one a message comes from. `name` is first and last name."""

    id: str
    code: str
    name: str
    email: str | None
    mobile: str | None
    signature_text: str
    signature_image: bytes | None = field(repr=False)
    signature_image_type: str | None
    active: bool


async def base(session: AsyncSession, *, base_id: str) -> Base:
    """The row of the base of an actor. Raises `Missing`."""
    found = await queries.base_by_id(session, base_id=base_id)
    if found is None:
        raise Missing("unknown_base", base=base_id)
    return found


async def collaborator(session: AsyncSession, *, base_id: str, code: str) -> CollaboratorRef:
    """Raises `Missing` for a code that the base does not have."""
    person = (await collaborator_row(session, base_id=base_id, code=code)).collaborator
    return CollaboratorRef(person.id, person.code, _name(person.first_name, person.last_name), person.active)


async def sender(session: AsyncSession, *, base_id: str, code: str) -> Sender:
    """Raises `Missing` for a code that the base does not have."""
    person = await queries.collaborator_with_image(session, base_id=base_id, code=_code(code))
    if person is None:
        raise Missing("unknown_collaborator", collaborator=code)
    return Sender(
        id=person.id,
        code=person.code,
        name=_name(person.first_name, person.last_name),
        email=person.email,
        mobile=person.mobile,
        signature_text=person.signature_text,
        signature_image=person.signature_image,
        signature_image_type=person.signature_image_type,
        active=person.active,
    )


async def codes(session: AsyncSession, *, base_id: str) -> dict[str, str]:
    """The code of every collaborator of the base by its id, for views that name people."""
    return await queries.collaborator_codes(session, base_id=base_id)


async def addresses(session: AsyncSession, *, base_id: str) -> frozenset[str]:
    """The mail addresses of the collaborators of the base, folded."""
    return frozenset(map(fold_mail, await queries.collaborator_addresses(session, base_id=base_id)))


async def below(session: AsyncSession, *, base_id: str, collaborator_id: str) -> frozenset[str]:
    """The ids of those whom this collaborator manages, at any depth."""
    return await queries.below(session, base_id=base_id, collaborator_id=collaborator_id)


async def collaborator_row(session: AsyncSession, *, base_id: str, code: str) -> queries.CollaboratorRow:
    """Raises `Missing` for a code that the base does not have."""
    row = await queries.collaborator(session, base_id=base_id, code=_code(code))
    if row is None:
        raise Missing("unknown_collaborator", collaborator=code)
    return row


def _code(given: str) -> str:
    """The code to look for. What no code can be is not asked of the database, which may refuse its characters."""
    wanted = given.strip().upper()
    if fields.CODE.fullmatch(wanted) is None:
        raise Missing("unknown_collaborator", collaborator=given)
    return wanted


def _name(first_name: str, last_name: str) -> str:
    return f"{first_name} {last_name}".strip()
