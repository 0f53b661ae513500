"""Templates of mail and SMS."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class Template(Record):
    """Of the base, or of the collaborator `collaborator_id` alone. A name is there once for each of them."""

    __tablename__ = "template"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        ForeignKeyConstraint(["base_id", "collaborator_id"], ["collaborator.base_id", "collaborator.id"]),
        Index(None, "base_id", "collaborator_id", "name"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    collaborator_id: Mapped[str | None]
    channel: Mapped[str]
    name: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
