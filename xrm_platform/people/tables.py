"""Bases, the people in them, how they sign in, and who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from xrm_platform.store import Record


class Base(Record):
    """A company's data. Every other row belongs to exactly one."""

    __tablename__ = "base"

    id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    country: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    created_at: Mapped[datetime]


class CollaboratorType(Record):
    """An entry of the base's own list: Représentant, Responsable, Caissier …"""

    __tablename__ = "collaborator_type"
    __table_args__ = (UniqueConstraint("base_id", "code"), UniqueConstraint("base_id", "id"))

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    code: Mapped[str]
    label: Mapped[str]


class Collaborator(Record):
    """A person of the company, known by a code such as COM."""

    __tablename__ = "collaborator"
    __table_args__ = (
        UniqueConstraint("base_id", "code"),
        UniqueConstraint("base_id", "id"),
        ForeignKeyConstraint(["base_id", "type_id"], ["collaborator_type.base_id", "collaborator_type.id"]),
        ForeignKeyConstraint(["base_id", "manager_id"], ["collaborator.base_id", "collaborator.id"]),
        Index(None, "base_id", "manager_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    code: Mapped[str]
    type_id: Mapped[str | None]
    last_name: Mapped[str]
    first_name: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]
    phone: Mapped[str | None]
    mobile: Mapped[str | None]
    manager_id: Mapped[str | None]
    signature_text: Mapped[str] = mapped_column(default="")
    signature_image: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    signature_image_type: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]


class User(Record):
    """A login of a base. Without `xrm_allowed` and a collaborator it can use no collaborative feature."""

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("base_id", "login"),
        UniqueConstraint("base_id", "id"),
        ForeignKeyConstraint(["base_id", "collaborator_id"], ["collaborator.base_id", "collaborator.id"]),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    login: Mapped[str]
    password_hash: Mapped[str | None]
    is_admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    xrm_allowed: Mapped[bool] = mapped_column(default=False, server_default=false())
    collaborator_id: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"User(id={self.id!r}, login={self.login!r})"


class Session(Record):
    """A signed-in browser. The cookie's value itself is not stored, only its SHA-256."""

    __tablename__ = "session"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "user_id"], ["user.base_id", "user.id"]),
        Index(None, "base_id", "user_id"),
    )

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str]
    user_id: Mapped[str]
    csrf_token: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    user_agent: Mapped[str]
    address: Mapped[str]


class ApiToken(Record):
    """What a host application signs its requests with: `xrm_<id>_<secret>`, of which only a SHA-256 is stored."""

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"), index=True)
    name: Mapped[str]
    secret_hash: Mapped[str]
    scopes: Mapped[list[str]]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Record):
    """Who changed what, from what to what; secrets are written as `***`."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "base_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[str]
    changes: Mapped[dict[str, Any]]


class Contact(Record):
    """Somebody the base writes to. `search`, `sort_key` and `match_key` are drawn from the rest at each change."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("base_id", "id"),
        UniqueConstraint("base_id", "reference"),
        Index(None, "base_id", "sort_key", "id"),
        Index(None, "base_id", "match_key"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    base_id: Mapped[str] = mapped_column(ForeignKey("base.id"))
    first_name: Mapped[str]
    last_name: Mapped[str]
    company: Mapped[str]
    country: Mapped[str | None]
    language: Mapped[str | None]
    notes: Mapped[str]
    reference: Mapped[str | None]
    search: Mapped[str]
    sort_key: Mapped[str]
    match_key: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ContactReference(Record):
    """A reference that belonged to a contact which was merged into this one; host applications still know it."""

    __tablename__ = "contact_reference"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "contact_id"], ["contact.base_id", "contact.id"]),
        Index(None, "base_id", "contact_id"),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str]


class ContactPhone(Record):
    """`number` is E.164. Two contacts may share one."""

    __tablename__ = "contact_phone"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "contact_id"], ["contact.base_id", "contact.id"]),
        Index(None, "base_id", "number", "contact_id"),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    label: Mapped[str]
    kind: Mapped[str]


class ContactMail(Record):
    """`address` is as it was typed, `folded` what addresses are compared by."""

    __tablename__ = "contact_mail"
    __table_args__ = (
        ForeignKeyConstraint(["base_id", "contact_id"], ["contact.base_id", "contact.id"]),
        Index(None, "base_id", "folded", "contact_id"),
    )

    base_id: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(primary_key=True)
    folded: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    address: Mapped[str]
    label: Mapped[str]


class ContactConsent(Record):
    """What a contact said, last, about messages of a purpose on a channel, and how that can be proved."""

    __tablename__ = "contact_consent"
    __table_args__ = (ForeignKeyConstraint(["base_id", "contact_id"], ["contact.base_id", "contact.id"]),)

    base_id: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    source: Mapped[str]
    wording: Mapped[str]
    at: Mapped[datetime]
    recorded_by: Mapped[str]
