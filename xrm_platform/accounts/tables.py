"""Which providers a base uses, with which accounts, and who uses which."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class CommunicationPreferences(Record):
    """The base's preferences of communication. A base without a row has the defaults: SMS is paused."""

    __tablename__ = "communication_preferences"

    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"), primary_key=True)
    sms_paused: Mapped[bool] = mapped_column(default=True, server_default=true())
    mail_software_apple: Mapped[str | None]
    mail_software_windows: Mapped[str | None]


class CollaboratorMailSoftware(Record):
    """The mail software of a collaborator, where it is another than the base's; None is the base's."""

    __tablename__ = "own_mail_software"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "collaborator_id"], ["collaborator.base_id", "collaborator.id"]),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    collaborator_id: Mapped[str] = mapped_column(primary_key=True)
    mail_software_apple: Mapped[str | None]
    mail_software_windows: Mapped[str | None]


class EnabledProvider(Record):
    """An administrator lets this base use this provider."""

    __tablename__ = "provider_enabled"

    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)


class ProviderAccount(Record):
    """One set of settings of one provider, of the base or of a collaborator.

    `rev` rises with every change of the settings, so that a driver built from older ones is given up. `paused` is a
    person's pause, `suspended` the platform's after refused credentials; both keep what is queued.

    After `removed_at` it is there only for what refers to it: without settings, seen by nobody, its name free again.
    """

    __tablename__ = "provider_account"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        ForeignKeyConstraint(["base_id", "collaborator_id"], ["collaborator.base_id", "collaborator.id"]),
        Index(
            "uq_provider_account_name",
            "base_id",
            "channel",
            "name",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    collaborator_id: Mapped[str | None]
    channel: Mapped[str]
    slug: Mapped[str]
    name: Mapped[str]
    settings: Mapped[bytes] = mapped_column(LargeBinary)
    settings_version: Mapped[int]
    tokens: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    rev: Mapped[int] = mapped_column(default=1)
    paused: Mapped[bool] = mapped_column(default=False, server_default=false())
    suspended: Mapped[bool] = mapped_column(default=False, server_default=false())
    health: Mapped[str] = mapped_column(default="unchecked")
    health_code: Mapped[str | None]
    health_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    health_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"ProviderAccount(id={self.id!r}, slug={self.slug!r}, name={self.name!r})"


class ProviderChoice(Record):
    """A collaborator's account of a channel; without collaborator, the base's default."""

    __tablename__ = "provider_choice"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "collaborator_id"], ["collaborator.base_id", "collaborator.id"]),
        ForeignKeyConstraint(["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"]),
        UniqueConstraint("base_id", "collaborator_id", "channel"),
        Index(
            "uq_provider_choice_default",
            "base_id",
            "channel",
            unique=True,
            sqlite_where=text("collaborator_id IS NULL"),
            postgresql_where=text("collaborator_id IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    collaborator_id: Mapped[str | None]
    channel: Mapped[str]
    account_id: Mapped[str]


class AccountConsent(Record):
    """A consent that was asked for in the provider's own page, once (RFC 6749 §4.1): of the state that travels through
    the browser only the SHA-256 is stored, and the verifier of RFC 7636 is sealed.

    `user_id` is the user whose browser must bring the answer; None when a token or the operator asked. `rev` is the
    revision of the account's settings that it was asked with. `outcome` is None while it waits, then `connected` or the
    code of what went wrong.
    """

    __tablename__ = "account_consent"
    __table_args__ = (
        ForeignKeyConstraint(
            ["base_id", "account_id"], ["provider_account.base_id", "provider_account.id"], ondelete="CASCADE"
        ),
        Index(None, "base_id", "expires_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    account_id: Mapped[str]
    rev: Mapped[int]
    state_hash: Mapped[str] = mapped_column(unique=True)
    verifier: Mapped[bytes] = mapped_column(LargeBinary)
    redirect: Mapped[str]
    user_id: Mapped[str | None]
    started_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    outcome: Mapped[str | None]
