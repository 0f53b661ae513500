"""What a mail that we send says of the one that it answers (RFC 5322 §3.6.4)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.inbound.opening import visible_inbound
from xrm_platform.messaging.mail.tables import MailAnswer
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.problems import Conflicting

from . import queries
from .automatic import Kind

KEPT = 20
"""Ids in References: the first, which names the thread, and the last ones."""


async def answer_to(session: AsyncSession, actor: Actor, inbound_id: str, message_id: str) -> MailAnswer:
    """The row that makes the message with the id `message_id` answer a mail that came in.

    Raises `Missing`, and `Conflicting` for what nobody may answer: an SMS, a mail without an id, and what a machine
    wrote, for two machines would never end.
    """
    inbound = await visible_inbound(session, actor, inbound_id, Scope.SEND)
    mail = (await queries.mails(session, base_id=actor.base_id, inbound_ids=[inbound.id])).get(inbound.id)
    if mail is None or mail.message_id is None:
        raise Conflicting("not_answerable")
    if mail.kind in {Kind.AUTOMATIC, Kind.REPORT}:
        raise Conflicting("automatic_not_answered")
    chain = mail.references.split()
    if len(chain) > KEPT:
        chain = [chain[0], *chain[1 - KEPT :]]
    return MailAnswer(
        message_id=message_id,
        base_id=actor.base_id,
        inbound_id=inbound.id,
        in_reply_to=mail.message_id,
        references=" ".join([*(one for one in chain if one != mail.message_id), mail.message_id]),
    )
