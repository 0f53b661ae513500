"""Write outcomes, each with its events, for many messages in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.providers import InvalidRecipient, ProviderError
from xrm_platform.providers.errors import storable

from . import delivery_queries as queries
from .drafts import queries as draft_queries
from .drafts.keeping import Kept, draft_row
from .mail import queries as mail_queries
from .mail.errors import note_refused
from .outcomes import Outcome, RecipientOutcome
from .states import State


async def write_outcomes(
    session: AsyncSession,
    *,
    base_id: str,
    account_id: str,
    owner: str,
    outcomes: Sequence[Outcome],
    drafts: Mapping[str, Kept],
    now: datetime,
) -> Sequence[Outcome]:
    """Write what became of messages of an account that `owner` was sending, and return those that were written.
    `drafts` are what some of them became in the person's mail software, by message.

    A message whose lease ran out meanwhile and that somebody else took is theirs; one that was only given up as
    `unknown` is known now.
    """
    if not outcomes:
        return ()
    attempts = {outcome.message_id: outcome.attempt for outcome in outcomes}
    mine = await queries.still_owned(session, base_id=base_id, owner=owner, attempts=attempts)
    written = [outcome for outcome in outcomes if outcome.message_id in mine]
    await queries.write_recipients(session, base_id=base_id, rows=_recipient_rows(written))
    await queries.write_messages(session, base_id=base_id, rows=_message_rows(written, now))
    await queries.write_events(
        session,
        base_id=base_id,
        rows=[
            (outcome.message_id, recipient.id, now, recipient.state, _detail(recipient, drafts.get(outcome.message_id)))
            for outcome in written
            for recipient in outcome.recipients
        ],
    )
    await draft_queries.put(session, base_id=base_id, rows=_draft_rows(written, drafts, account_id, now))
    await mail_queries.add_copies(
        session,
        base_id=base_id,
        account_id=account_id,
        message_ids=[outcome.message_id for outcome in written if outcome.copy_wanted],
        due_at=now,
    )
    await note_refused(session, base_id=base_id, refused=_refused(written), at=now)
    return written


def _refused(outcomes: Sequence[Outcome]) -> dict[str, InvalidRecipient]:
    """By the id of the recipient, why there is no such address."""
    return {
        recipient.id: recipient.error
        for outcome in outcomes
        for recipient in outcome.recipients
        if isinstance(recipient.error, InvalidRecipient)
    }


def _recipient_rows(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    return [
        {
            "id": recipient.id,
            "state": recipient.state,
            "reference": recipient.reference,
            "report_due_at": recipient.report_due_at,
            **error_columns(recipient.error),
        }
        for outcome in outcomes
        for recipient in outcome.recipients
    ]


def _message_rows(outcomes: Sequence[Outcome], now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": outcome.message_id,
            "state": outcome.state,
            "attempts": outcome.attempts,
            "due_at": outcome.due_at or now,
            **error_columns(outcome.error),
        }
        for outcome in outcomes
    ]


def error_columns(error: ProviderError | None) -> dict[str, Any]:
    """An error as it is stored: code and parameters for the sentence, the vendor's words for administrators."""
    if error is None:
        return {"error_code": None, "error_params": {}, "error_detail": ""}
    return {"error_code": error.code, "error_params": dict(error.params), "error_detail": error.detail}


def _draft_rows(
    outcomes: Sequence[Outcome], drafts: Mapping[str, Kept], account_id: str, now: datetime
) -> list[dict[str, Any]]:
    handed_over = [
        outcome.message_id
        for outcome in outcomes
        if any(recipient.state is State.HANDED_OVER for recipient in outcome.recipients)
    ]
    return [draft_row(one, drafts[one], account_id, now) for one in handed_over if one in drafts]


def _detail(recipient: RecipientOutcome, draft: Kept | None) -> dict[str, Any]:
    if recipient.error is not None:
        error = recipient.error
        return {"code": error.code, "params": dict(error.params), "detail": error.detail}
    if recipient.state is State.HANDED_OVER and draft is not None:
        return {"code": f"draft_{storable(draft.draft.rung)}", "next_step": storable(draft.draft.next_step)}
    return {}
