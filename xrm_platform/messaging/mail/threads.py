"""Threads: mails that speak of one another by their ids (RFC 5322 §3.6.4), in whatever order they come."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.store import new_id

from . import queries
from .tables import MailAnswer


async def join(session: AsyncSession, *, base_id: str, message_ids: Sequence[str]) -> None:
    """Bring mails with these ids, and all that was with any of them before, into one thread. An id that is only spoken
    of is kept too: two answers to a mail that nobody here has are one thread."""
    ids = sorted(set(message_ids))
    known = await queries.threads_of(session, base_id=base_id, message_ids=ids, for_update=True)
    threads = set(known.values())
    thread = min(threads, default=new_id())
    if len(threads) > 1:
        await queries.move_threads(session, base_id=base_id, threads=threads - {thread}, into=thread)
    new = [one for one in ids if one not in known]
    await queries.add_references(session, base_id=base_id, message_ids=new, thread_id=thread)


async def enter_thread(session: AsyncSession, answer: MailAnswer, mail_message_id: str) -> None:
    """Store what a message answers, and bring it, by its Message-ID, into the thread."""
    session.add(answer)
    await join(session, base_id=answer.base_id, message_ids=[*answer.references.split(), mail_message_id])
