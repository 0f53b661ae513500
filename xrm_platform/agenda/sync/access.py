"""Who may see and change what an agenda is linked to, and how a link is shown."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.problems import Forbidden, Missing

from . import channel_queries, event_queries, queries
from .states import LinkState
from .tables import CalendarLink
from .views import LinkView

HIDDEN = "…"
"""What stands for the title of a private event of somebody else."""


def require_own(actor: Actor, owner_id: str, owner: str) -> None:
    """The calendars of an agenda are its owner's, an administrator's, and the operator's to set. Raises `Forbidden`."""
    require_collaborative(actor)
    require_scope(actor, Scope.SEND)
    if not (actor.speaks_for_all or actor.is_admin or actor.collaborator_id == owner_id):
        raise Forbidden("calendars_of_other", owner=owner)


def sees_private(actor: Actor, owner_id: str) -> bool:
    """Whether the actor may read the private events of an agenda. An administrator who looks after its calendars sees
    that there is something, and never what."""
    return actor.speaks_for_all or actor.collaborator_id == owner_id


async def link_for(session: AsyncSession, actor: Actor, link_id: str) -> tuple[CalendarLink, str]:
    """A link that the actor may change, with the code of its owner. Raises `Missing`, `Forbidden`."""
    row = None
    if link_id.isprintable():
        row = await queries.link(session, base_id=actor.base_id, link_id=link_id)
    if row is None:
        raise Missing("unknown_calendar_link", link=link_id[:40])
    codes = await lookup.codes(session, base_id=actor.base_id)
    owner = codes[row.collaborator_id]
    require_own(actor, row.collaborator_id, owner)
    return row, owner


async def link_view(session: AsyncSession, row: CalendarLink, owner: str) -> LinkView:
    account = await session.get(ProviderAccount, row.account_id)
    counts = await event_queries.counted(session, base_id=row.base_id, link_id=row.id)
    return LinkView(
        id=row.id,
        owner=owner,
        account=row.account_id,
        provider="" if account is None else account.slug,
        calendar=row.calendar,
        name=row.name,
        color=row.color,
        writable=row.writable,
        direction=row.direction,
        auto_sync=row.auto_sync,
        poll_minutes=row.poll_minutes,
        state=row.state,
        health=health_of(row),
        last_success_at=row.last_success_at,
        next_run_at=row.next_run_at if row.auto_sync and row.state == LinkState.ACTIVE else None,
        push_ends_at=await channel_queries.open_until(session, base_id=row.base_id, link_id=row.id),
        failing_since=row.failing_since,
        error_code=row.error_code,
        error_params=dict(row.error_params),
        cursor_at=row.cursor_at,
        events=counts["linked"],
        waiting=counts["dirty"],
        parked=counts["parked"],
        conflicts=await queries.open_conflicts(session, base_id=row.base_id, link_id=row.id),
        held_here=row.held_here,
        held_there=row.held_there,
    )


def health_of(row: CalendarLink) -> str:
    """In one word. Pure."""
    if row.state != LinkState.ACTIVE:
        return str(row.state)
    if row.error_code is not None:
        return "failing"
    return "held" if row.held_here or row.held_there else "ok"
