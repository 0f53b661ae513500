"""Whose agenda somebody sees and changes.

the owner; the operator and host applications, which act for whom they name     all of it
the owner's manager, at any depth     sees and changes; a private event is only a busy time
an administrator                      sees; a private event is only a busy time
anybody else                          nothing but when the owner is free
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.problems import Forbidden


@dataclass(frozen=True, slots=True)
class Access:
    sees: bool
    changes: bool
    sees_private: bool


ALL = Access(sees=True, changes=True, sees_private=True)
MANAGES = Access(sees=True, changes=True, sees_private=False)
LOOKS_ON = Access(sees=True, changes=False, sees_private=False)
NOTHING = Access(sees=False, changes=False, sees_private=False)


class Accesses:
    """What one actor may with each agenda of the base; who is below the actor is asked once."""

    def __init__(self, actor: Actor, below: frozenset[str]) -> None:
        self._actor = actor
        self.below = below

    @classmethod
    async def of(cls, session: AsyncSession, actor: Actor) -> Accesses:
        """Raises `Forbidden` for an actor without collaborative rights."""
        require_collaborative(actor)
        if actor.speaks_for_all or actor.collaborator_id is None:
            return cls(actor, frozenset())
        return cls(actor, await lookup.below(session, base_id=actor.base_id, collaborator_id=actor.collaborator_id))

    def to(self, owner_id: str) -> Access:
        if self._actor.speaks_for_all or self._actor.collaborator_id == owner_id:
            return ALL
        if owner_id in self.below:
            return MANAGES
        return LOOKS_ON if self._actor.is_admin else NOTHING

    def require_sees(self, owner_id: str, owner: str) -> Access:
        require_scope(self._actor, Scope.READ)
        access = self.to(owner_id)
        if not access.sees:
            raise Forbidden("agenda_of_other", owner=owner)
        return access

    def require_changes(self, owner_id: str, owner: str, *, private: bool = False) -> Access:
        """`private`: what is to be changed is a private event."""
        require_scope(self._actor, Scope.SEND)
        access = self.to(owner_id)
        if not access.changes:
            raise Forbidden("agenda_not_managed", owner=owner)
        if private and not access.sees_private:
            raise Forbidden("event_private", owner=owner)
        return access
