"""Who may do what: pure rules over an `Actor`, each raising `Forbidden` with a code that says what to set and where."""

from __future__ import annotations

from xrm_platform.problems import Forbidden

from .actor import Actor, Scope


def require_admin(actor: Actor) -> None:
    """Settings of the base and of its people are an administrator's."""
    if not actor.is_admin:
        raise Forbidden("admin_only")
    require_scope(actor, Scope.ADMIN)


def require_scope(actor: Actor, scope: Scope) -> None:
    if actor.scopes is not None and scope not in actor.scopes and Scope.ADMIN not in actor.scopes:
        raise Forbidden("scope_missing", scope=scope.value)


def require_collaborative(actor: Actor) -> None:
    """The rule of the guide: collaborative features need the authorisation for XRM and a collaborator."""
    if actor.speaks_for_all:
        return
    if not actor.xrm_allowed:
        raise Forbidden("xrm_not_allowed")
    if actor.collaborator_id is None:
        raise Forbidden("no_collaborator")


def require_may_send_as(actor: Actor, sender_id: str) -> None:
    """A user sends as their own collaborator; administrators, tokens and the operator as any of the base."""
    require_collaborative(actor)
    require_scope(actor, Scope.SEND)
    if actor.speaks_for_all or actor.is_admin or actor.collaborator_id == sender_id:
        return
    raise Forbidden("send_as_other")


def sees_all_messages(actor: Actor) -> bool:
    """Others see their own messages and those of the collaborators below them, at any depth."""
    return actor.speaks_for_all or actor.is_admin
