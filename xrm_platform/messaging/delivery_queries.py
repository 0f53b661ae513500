"""The SQL that delivery runs on: leases, outcomes, reports. Statements work on many rows at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, bindparam, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.people.tables import Base
from xrm_platform.store import new_id

from .states import State
from .tables import Attachment, Message, MessageEvent, MessageRecipient

IDS_AT_ONCE = 500
"""Ids named in one statement; databases have limits."""


async def mail(session: AsyncSession, *, base_id: str, message_id: str) -> Message | None:
    """A mail that went out; None for an id that there is not, or that is no mail's."""
    if not message_id.isprintable():
        return None
    query = select(Message).where(
        Message.base_id == base_id, Message.id == message_id, Message.mail_message_id.is_not(None)
    )
    return await session.scalar(query)


async def renew_leases(
    session: AsyncSession, *, base_id: str, account_id: str, owner: str, lease_until: datetime
) -> None:
    await session.execute(
        update(Message)
        .where(
            Message.base_id == base_id,
            Message.account_id == account_id,
            Message.state == State.SENDING,
            Message.lease_owner == owner,
        )
        .values(lease_until=lease_until)
    )


async def recipients_to_send(
    session: AsyncSession, *, base_id: str, message_ids: Collection[str]
) -> Sequence[MessageRecipient]:
    """All recipients of the messages, in their order: headers name those that an earlier attempt was done with too."""
    rows = await session.scalars(
        select(MessageRecipient)
        .where(MessageRecipient.base_id == base_id, MessageRecipient.message_id.in_(message_ids))
        .order_by(MessageRecipient.message_id, MessageRecipient.position)
    )
    return rows.all()


async def attachments_to_send(
    session: AsyncSession, *, base_id: str, message_ids: Collection[str]
) -> Sequence[Attachment]:
    if not message_ids:
        return ()
    rows = await session.scalars(
        select(Attachment)
        .where(Attachment.base_id == base_id, Attachment.message_id.in_(message_ids))
        .order_by(Attachment.message_id, Attachment.position)
    )
    return rows.all()


async def still_owned(
    session: AsyncSession, *, base_id: str, owner: str, attempts: Mapping[str, int]
) -> frozenset[str]:
    """Those of the messages that `owner` is sending, or that were given up as `unknown` while it was, and of which
    nobody has begun another attempt. `attempts` are the numbers of its own, by message."""
    query = select(Message.id, Message.attempts).where(
        Message.base_id == base_id,
        Message.id.in_(attempts),
        Message.state.in_([State.SENDING, State.UNKNOWN]),
        Message.lease_owner == owner,
    )
    rows = await session.execute(query.order_by(Message.id).with_for_update())
    return frozenset(message_id for message_id, attempt in rows if attempts[message_id] == attempt)


async def write_recipients(session: AsyncSession, *, base_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Keys of a row: `id`, `state`, `reference`, `report_due_at`, `error_code`, `error_params`, `error_detail`."""
    table = MessageRecipient.__table__
    await _write(session, update(MessageRecipient).where(table.c.base_id == base_id), table.c.id, rows)


async def write_messages(session: AsyncSession, *, base_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Write messages and end their leases. Keys of a row: `id`, `state`, `attempts`, `due_at`, `error_code`,
    `error_params`, `error_detail`."""
    table = Message.__table__
    statement = update(Message).where(table.c.base_id == base_id).values(lease_owner=None, lease_until=None)
    await _write(session, statement, table.c.id, rows)


async def _write(
    session: AsyncSession, statement: Update, key: ColumnElement[str], rows: Sequence[dict[str, Any]]
) -> None:
    """Write `rows`, which have the same names; `id` finds the row, the others are written. What all rows of one outcome
    share is sent to the database once for all of them, which is nearly everything."""
    connection = await session.connection()
    for alike in _by_outcome(rows):
        names = [name for name in alike[0] if name != "id"]
        shared = {name: alike[0][name] for name in names if all(row[name] == alike[0][name] for row in alike)}
        own = [name for name in names if name not in shared]
        common = statement.values(shared) if shared else statement
        if own:
            await connection.execute(
                common.where(key == bindparam("row_id")).values({name: bindparam(f"new_{name}") for name in own}),
                [{"row_id": row["id"], **{f"new_{name}": row[name] for name in own}} for row in alike],
            )
            continue
        for start in range(0, len(alike), IDS_AT_ONCE):
            ids = [row["id"] for row in alike[start : start + IDS_AT_ONCE]]
            await connection.execute(common.where(key.in_(ids)))


def _by_outcome(rows: Sequence[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    groups: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row.get("state"), row.get("error_code")), []).append(row)
    return groups.values()


async def write_events(
    session: AsyncSession, *, base_id: str, rows: Iterable[tuple[str, str | None, datetime, State, dict[str, Any]]]
) -> None:
    """Rows are (message, recipient, at, state, detail)."""
    events = [_event(base_id, *row) for row in rows]
    if events:
        await (await session.connection()).execute(insert(MessageEvent), events)


def _event(
    base_id: str, message_id: str, recipient_id: str | None, at: datetime, state: State, detail: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "base_id": base_id,
        "message_id": message_id,
        "recipient_id": recipient_id,
        "at": at,
        "state": state,
        "actor": "platform",
        "detail": detail,
        "dedup_key": None,
    }


async def release(
    session: AsyncSession, *, base_id: str, owner: str, message_ids: Collection[str], now: datetime
) -> None:
    """Give back messages that were claimed and never handed to a driver; `owner` has them no longer if its lease ran
    out."""
    mine = select(Message.id).where(
        Message.base_id == base_id,
        Message.id.in_(message_ids),
        Message.state == State.SENDING,
        Message.lease_owner == owner,
    )
    ids = (await session.scalars(mine.order_by(Message.id).with_for_update())).all()
    await session.execute(
        update(Message)
        .where(Message.base_id == base_id, Message.id.in_(ids))
        .values(state=State.QUEUED, attempts=Message.attempts - 1, lease_owner=None, lease_until=None)
    )
    await session.execute(
        update(MessageRecipient)
        .where(
            MessageRecipient.base_id == base_id,
            MessageRecipient.message_id.in_(ids),
            MessageRecipient.state == State.SENDING,
        )
        .values(state=State.QUEUED)
    )
    await write_events(session, base_id=base_id, rows=[(message_id, None, now, State.QUEUED, {}) for message_id in ids])


async def uncount_attempt(session: AsyncSession, *, base_id: str, message_ids: Collection[str]) -> None:
    """The claim of these was no attempt: nothing was handed over."""
    await session.execute(
        update(Message)
        .where(Message.base_id == base_id, Message.id.in_(message_ids))
        .values(attempts=Message.attempts - 1)
        .execution_options(synchronize_session=False)
    )


async def account_and_base(session: AsyncSession, *, account_id: str) -> tuple[ProviderAccount, str] | None:
    """An account, of any base, with the code of its base: a job's name says no more than the account."""
    query = select(ProviderAccount, Base.code).join(Base, Base.id == ProviderAccount.base_id)
    query = query.where(ProviderAccount.id == account_id, ProviderAccount.removed_at.is_(None))
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def due_accounts(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """Accounts, of any base, with messages that are due. For the tick, which only wakes."""
    query = select(Message.account_id).where(Message.state == State.QUEUED, Message.due_at <= now).distinct()
    return (await session.scalars(query)).all()


async def next_due(session: AsyncSession, *, base_id: str, account_id: str) -> datetime | None:
    """When the next queued message of an account is due."""
    query = select(Message.due_at).where(
        Message.base_id == base_id, Message.account_id == account_id, Message.state == State.QUEUED
    )
    return await session.scalar(query.order_by(Message.due_at).limit(1))


async def abandoned(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[tuple[Message, str, str]]:
    """Messages, of any base, whose owner let the lease run out (it died, or lost the database), each with the slug of
    its provider and the code of its base."""
    query = (
        select(Message, ProviderAccount.slug, Base.code)
        .join(ProviderAccount, ProviderAccount.id == Message.account_id)
        .join(Base, Base.id == Message.base_id)
        .where(Message.state == State.SENDING, or_(Message.lease_until.is_(None), Message.lease_until < now))
        .limit(limit)
        .with_for_update(of=Message, skip_locked=True)
    )
    return [(message, slug, code) for message, slug, code in (await session.execute(query)).all()]


async def end_leases(session: AsyncSession, *, base_id: str, message_ids: Collection[str]) -> None:
    """Their owner is kept: should it live after all, it may still say what became of them."""
    await session.execute(
        update(Message).where(Message.base_id == base_id, Message.id.in_(message_ids)).values(lease_until=None)
    )


async def due_reports(
    session: AsyncSession, *, base_id: str, account_id: str, now: datetime, limit: int
) -> Sequence[tuple[MessageRecipient, datetime]]:
    """Recipients whose vendor is to be asked what became of them, with the time at which the message last went: it may
    have been written long before. In the order in which they went, as far as they are due at the same time: vendors
    list them so."""
    query = (
        select(MessageRecipient, Message.due_at)
        .join(Message, and_(Message.base_id == MessageRecipient.base_id, Message.id == MessageRecipient.message_id))
        .where(
            MessageRecipient.base_id == base_id,
            MessageRecipient.account_id == account_id,
            MessageRecipient.report_due_at <= now,
        )
        .order_by(MessageRecipient.report_due_at, MessageRecipient.id)
        .limit(limit)
    )
    return [(recipient, sent_at) for recipient, sent_at in (await session.execute(query)).all()]


async def accounts_with_due_reports(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """Accounts, of any base. For the tick, which only wakes."""
    due = select(MessageRecipient.id).where(
        MessageRecipient.base_id == ProviderAccount.base_id,
        MessageRecipient.account_id == ProviderAccount.id,
        MessageRecipient.report_due_at <= now,
    )
    query = select(ProviderAccount.id).where(ProviderAccount.removed_at.is_(None), due.exists())
    return (await session.scalars(query)).all()


async def recipients_by_reference(
    session: AsyncSession, *, base_id: str, account_id: str, references: Collection[str]
) -> Sequence[MessageRecipient]:
    query = select(MessageRecipient).where(
        MessageRecipient.base_id == base_id,
        MessageRecipient.account_id == account_id,
        MessageRecipient.reference.in_(references),
    )
    return (await session.scalars(query.with_for_update())).all()


async def siblings(session: AsyncSession, *, base_id: str, message_ids: Collection[str]) -> Sequence[tuple[str, str]]:
    """(message, state) of every recipient of the messages."""
    query = select(MessageRecipient.message_id, MessageRecipient.state).where(
        MessageRecipient.base_id == base_id, MessageRecipient.message_id.in_(message_ids)
    )
    return [(message_id, state) for message_id, state in (await session.execute(query)).all()]


async def add_report(session: AsyncSession, *, base_id: str, row: dict[str, Any]) -> bool:
    """Add the event of a vendor's report; False when it was there already."""
    return bool(await add_reports(session, base_id=base_id, rows=[row]))


async def add_reports(session: AsyncSession, *, base_id: str, rows: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Add the events of a vendor's reports; the `dedup_key`s of those that were not there already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    added: set[str] = set()
    for start in range(0, len(rows), 200):
        events = [{**row, "id": new_id(), "base_id": base_id} for row in rows[start : start + 200]]
        statement = dialect.insert(MessageEvent).values(events).on_conflict_do_nothing()
        added.update(key for key in await session.scalars(statement.returning(MessageEvent.dedup_key)) if key)
    return frozenset(added)


async def postpone_reports(session: AsyncSession, *, base_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Keys of a row: `id`, `report_due_at` (None: never again)."""
    table = MessageRecipient.__table__
    await _write(session, update(MessageRecipient).where(table.c.base_id == base_id), table.c.id, rows)


async def set_message_states(session: AsyncSession, *, base_id: str, states: Sequence[tuple[str, State]]) -> None:
    table = Message.__table__
    rows = [{"id": message_id, "state": state} for message_id, state in states]
    await _write(session, update(Message).where(table.c.base_id == base_id), table.c.id, rows)
