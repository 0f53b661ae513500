"""Mails that go out of a base that has sent nothing before, and of one that has sent 200,000, of which 20,000 wait for
tomorrow. What a message costs should not hang on what lies there already; aim: at most 1.3 times."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from pipeline import platform, timed
from sqlalchemy import insert, select
from stand_ins import StandIn

from xrm_platform.app import Platform
from xrm_platform.messaging import MailRequest
from xrm_platform.messaging.states import State
from xrm_platform.messaging.tables import Message, MessageEvent, MessageRecipient
from xrm_platform.people.actor import Actor
from xrm_platform.store import new_id

MAILS = 500
BEFORE = 200_000
WAITING = 20_000
AT_ONCE = 5_000


async def send(xrm: Platform, admin: Actor) -> float:
    """Seconds that the mails take."""
    for number in range(MAILS):
        await xrm.sending.send_mail(admin, MailRequest("COM", (f"a{number}@client.example",), f"Devis {number}", "x"))
    return await timed(xrm.run_until_idle())


async def add_history(xrm: Platform) -> None:
    """Messages as those that went, with their recipients and events."""
    async with xrm.store.read() as session:
        message, recipient, event = [
            dict((await session.execute(select(table.__table__).limit(1))).mappings().one())
            for table in (Message, MessageRecipient, MessageEvent)
        ]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for start in range(0, BEFORE, AT_ONCE):
        ids = [new_id() for _ in range(AT_ONCE)]
        waits = {"state": State.QUEUED, "due_at": tomorrow} if start < WAITING else {}
        state = {"state": State.QUEUED} if waits else {}
        async with xrm.store.write() as session:
            await session.execute(insert(Message), [{**message, **waits, "id": one} for one in ids])
            await session.execute(
                insert(MessageRecipient),
                [
                    {**recipient, **state, "id": new_id(), "message_id": one, "address": f"{one}@c.example"}
                    for one in ids
                ],
            )
            await session.execute(insert(MessageEvent), [{**event, "id": new_id(), "message_id": one} for one in ids])


async def main() -> None:
    async with StandIn("smtp") as server, platform("smtp", server.settings) as (xrm, admin):
        await xrm.sending.send_mail(admin, MailRequest("COM", ("a@client.example",), "x", "x"))
        await xrm.run_until_idle()
        young = await send(xrm, admin)
        await add_history(xrm)
        old = await send(xrm, admin)
    print(f"{MAILS} mails of a base with {BEFORE} before: {old / young:.2f} times as long as without")


if __name__ == "__main__":
    asyncio.run(main())
