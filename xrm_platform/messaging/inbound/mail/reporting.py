"""What a server's report changes: the recipient whom it is about, never anything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging import delivery_queries
from xrm_platform.messaging.mail.errors import note_failure
from xrm_platform.messaging.reports import update_messages
from xrm_platform.messaging.states import State, after_report
from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.messaging.writing import error_columns
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.providers import DeliveryStatus, InvalidRecipient, PermanentError, ProviderError

from . import queries
from .bounces import ADDRESS_ITSELF, DeliveryReport, RecipientReport

STATUS_OF_ACTION = {
    "failed": DeliveryStatus.FAILED,
    "delayed": DeliveryStatus.DELAYED,
    "delivered": DeliveryStatus.DELIVERED,
}
"""RFC 3464 §2.3.3. `relayed` and `expanded` say only that nothing more will be heard."""

FULL = "2.2"


@dataclass(frozen=True, slots=True)
class Reported:
    """Messages whose state changed, and recipients who failed by that, with why."""

    changed: Sequence[tuple[str, State]] = ()
    failed: Sequence[tuple[str, ProviderError]] = ()


async def reported_message(session: AsyncSession, *, base_id: str, report: DeliveryReport) -> Message | None:
    """The message of ours that a report is about; None for that of somebody else, or one that was invented."""
    if report.envelope_id is not None:
        found = await delivery_queries.mail(session, base_id=base_id, message_id=report.envelope_id)
        if found is not None:
            return found
    ids = [] if report.message_id is None else [report.message_id]
    return (await queries.messages_with_ids(session, base_id=base_id, message_ids=ids)).get(report.message_id or "")


async def write_report(
    session: AsyncSession, message: Message, report: DeliveryReport, *, key: str, at: datetime
) -> Reported:
    """Write what is reported of recipients of `message`. `key` names the report."""
    rows = await queries.recipients_for_change(session, base_id=message.base_id, message_id=message.id)
    changed = False
    failed: list[tuple[str, ProviderError]] = []
    for told in report.recipients:
        status = STATUS_OF_ACTION.get(told.action)
        row = _recipient(rows, told, exact=report.loose)
        if status is None or row is None:
            continue
        itself = told.status in ADDRESS_ITSELF and _is_tried(row, told)
        error = _error(told, itself=itself) if status is DeliveryStatus.FAILED else None
        event = _event(row, told, status, error, key=key, at=at)
        if not await delivery_queries.add_report(session, base_id=message.base_id, row=event):
            continue
        if status is DeliveryStatus.FAILED and itself:
            await note_failure(
                session,
                base_id=message.base_id,
                address=row.address,
                message_id=message.id,
                status=told.status,
                detail=told.detail,
                at=at,
            )
        state = after_report(State(row.state), status)
        if state != row.state:
            row.state = state
            for name, value in error_columns(error).items():
                setattr(row, name, value)
            changed = True
            if error is not None:
                failed.append((row.address, error))
    if not changed:
        return Reported()
    await session.flush()
    return Reported(await update_messages(session, message.base_id, {message.id}), failed)


def _recipient(rows: Sequence[MessageRecipient], told: RecipientReport, *, exact: bool) -> MessageRecipient | None:
    """Whom it is about. Unless it has to be `exact`, the only recipient of a message is meant whatever address is
    named: his server forwards."""
    named = {fold_mail(address) for address in told.addresses}
    found = [row for row in rows if fold_mail(row.address) in named]
    if found:
        return found[0]
    return rows[0] if len(rows) == 1 and not exact else None


def _is_tried(row: MessageRecipient, told: RecipientReport) -> bool:
    """Whether it is his address that was tried, and not one to which it forwards, which can be wrong by itself."""
    return bool(told.addresses) and fold_mail(told.addresses[0]) == fold_mail(row.address)


def _error(told: RecipientReport, *, itself: bool) -> ProviderError:
    params = {"status": told.status or "5.0.0"}
    if itself:
        return InvalidRecipient("bounced_address", detail=told.detail, **params)
    if told.status.endswith(FULL):
        return PermanentError("bounced_mailbox_full", detail=told.detail, **params)
    return PermanentError("bounced", detail=told.detail, **params)


def _event(
    row: MessageRecipient,
    told: RecipientReport,
    status: DeliveryStatus,
    error: ProviderError | None,
    *,
    key: str,
    at: datetime,
) -> dict[str, Any]:
    code = {"code": error.code, "params": dict(error.params)} if error else {}
    return {
        "message_id": row.message_id,
        "recipient_id": row.id,
        "at": at,
        "state": status,
        "actor": "provider",
        "detail": {**code, "status": told.status, "detail": told.detail},
        "dedup_key": f"report:{key}:{told.action}:{row.id}",
    }
