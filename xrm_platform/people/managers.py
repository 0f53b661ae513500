"""Who manages whom: a collaborator has at most one manager, and nobody manages themselves, however far round."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.problems import Conflicting, Invalid, Missing

from . import lookup, queries


def loop_of(code: str, chain: Sequence[str]) -> list[str]:
    """The loop that putting `code` under the first of `chain` would close, from `code` round to `code`.

    In `chain` each is managed by the next. Empty when there would be no loop.
    """
    if code not in chain:
        return []
    return [code, *chain[: chain.index(code) + 1]]


async def manager_id(session: AsyncSession, *, base_id: str, code: str, manager: str | None) -> str | None:
    """The id of the one who may become the manager of `code`; None for nobody.

    The caller holds the lock of the base, so that two changes at once cannot close a loop together.
    Raises `Invalid` for an unknown manager, `Conflicting` that names the loop.
    """
    if not manager:
        return None
    try:
        found = await lookup.collaborator(session, base_id=base_id, code=manager)
    except Missing as missing:
        raise Invalid.field("manager", "unknown_collaborator", collaborator=manager) from missing
    loop = loop_of(code, await queries.chain_up(session, base_id=base_id, collaborator_id=found.id))
    if loop:
        raise Conflicting("manager_loop", collaborator=code, manager=found.code, chain=" → ".join(loop))
    return found.id
