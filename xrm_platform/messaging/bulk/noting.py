"""What the audit keeps of bulk jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit
from xrm_platform.people.actor import Actor


def note(
    session: AsyncSession, actor: Actor, action: str, job_id: str, changes: dict[str, list[Any]], at: datetime
) -> None:
    audit.record(session, actor, action=action, subject="bulk", subject_id=job_id, changes=changes, at=at)
