"""`xrm audit`: who changed what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .help import Command, noun
from .options import After, Base, Json, Limit
from .output import show_list
from .paging import pages
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()


@commands.command("list", cls=Command)
def list_(base: Base, after: After = None, limit: Limit = 50, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.audit.list(actor, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    show_list(
        items, ("at", "actor", "action", "subject", "subject_id", "changes"), json_wanted=json, following=following
    )
