"""Write down, once, what a vendor tells that came in: messages, with whom they are from, and opt-outs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.messaging.rules import opt_outs
from xrm_platform.messaging.rules.stop import StopKind, stop_word
from xrm_platform.messaging.tables import Message
from xrm_platform.people.contacts.lookup import contacts_by_number
from xrm_platform.providers import Channel, InboundSms, OptedOut
from xrm_platform.providers.errors import storable
from xrm_platform.store import new_id

from . import queries

MAX_TEXT = 10_000


async def receive(session: AsyncSession, account: ProviderAccount, sms: InboundSms, now: datetime) -> str | None:
    """Write down an SMS; its id, None when it was known already. One that asks to stop opts its number out."""
    base_id = account.base_id
    sms = replace(sms, key=storable(sms.key), sender=storable(sms.sender)[:50], text=storable(sms.text))
    contacts = await contacts_by_number(session, base_id=base_id, number=sms.sender)
    answers = await _answered(session, account, sms)
    stop = stop_word(sms.text)
    inbound_id = new_id()
    added = await queries.add_inbound(
        session,
        base_id=base_id,
        row={
            "id": inbound_id,
            "account_id": account.id,
            "channel": Channel.SMS,
            "key": sms.key[:200],
            "sender": sms.sender,
            "recipient": storable(sms.to)[:50],
            "text": sms.text[:MAX_TEXT],
            "received_at": min(sms.at, now),
            "contact_id": contacts[0].id if len(contacts) == 1 else None,
            "answers_id": None if answers is None else answers.id,
            "stop": stop,
            "stop_told": False,
            "created_at": now,
        },
    )
    if not added:
        return None
    if stop is not None:
        await _opt_out(session, base_id=base_id, number=sms.sender, kind=stop, source="answer", at=sms.at)
    return inbound_id


async def opted_out(session: AsyncSession, account: ProviderAccount, told: OptedOut) -> None:
    """The vendor knows that somebody wants no more marketing messages."""
    await _opt_out(
        session,
        base_id=account.base_id,
        number=storable(told.number)[:50],
        kind=StopKind.MARKETING,
        source="vendor",
        at=told.at,
    )


async def _answered(session: AsyncSession, account: ProviderAccount, sms: InboundSms) -> Message | None:
    if sms.in_reply_to is not None:
        found = await queries.message_with_reference(
            session, base_id=account.base_id, account_id=account.id, reference=sms.in_reply_to
        )
        if found is not None:
            return found
    return await queries.last_message_to(
        session, base_id=account.base_id, account_id=account.id, number=sms.sender, before=sms.at
    )


async def _opt_out(
    session: AsyncSession, *, base_id: str, number: str, kind: StopKind, source: str, at: datetime
) -> None:
    await opt_outs.record(
        session,
        base_id=base_id,
        channel=Channel.SMS,
        address=number,
        purpose=kind,
        source=source,
        at=at,
        recorded_by="platform",
    )
