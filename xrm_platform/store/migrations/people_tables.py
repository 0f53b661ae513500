"""The tables of people and their address book, as the first migration makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = (
    "contact_consent",
    "contact_mail",
    "contact_phone",
    "contact_reference",
    "contact",
    "audit_entry",
    "api_token",
    "session",
    "user",
    "collaborator",
    "collaborator_type",
    "base",
)
"""In the order in which they can be dropped."""


def create_people() -> None:
    op.create_table(
        "base",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_base"),
        sa.UniqueConstraint("code", name="uq_base_code"),
    )
    op.create_table(
        "collaborator_type",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_collaborator_type_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_collaborator_type"),
        sa.UniqueConstraint("base_id", "code", name="uq_collaborator_type_base_id_code"),
        sa.UniqueConstraint("base_id", "id", name="uq_collaborator_type_base_id_id"),
    )
    op.create_table(
        "collaborator",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("type_id", sa.String(), nullable=True),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("mobile", sa.String(), nullable=True),
        sa.Column("manager_id", sa.String(), nullable=True),
        sa.Column("signature_text", sa.String(), nullable=False),
        sa.Column("signature_image", sa.LargeBinary(), nullable=True),
        sa.Column("signature_image_type", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "manager_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_collaborator_base_id_manager_id_collaborator",
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "type_id"],
            ["collaborator_type.base_id", "collaborator_type.id"],
            name="fk_collaborator_base_id_type_id_collaborator_type",
        ),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_collaborator_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_collaborator"),
        sa.UniqueConstraint("base_id", "code", name="uq_collaborator_base_id_code"),
        sa.UniqueConstraint("base_id", "id", name="uq_collaborator_base_id_id"),
    )
    op.create_index("ix_collaborator_base_id_manager_id", "collaborator", ["base_id", "manager_id"])
    op.create_table(
        "user",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("xrm_allowed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("collaborator_id", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "collaborator_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_user_base_id_collaborator_id_collaborator",
        ),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_user_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("base_id", "id", name="uq_user_base_id_id"),
        sa.UniqueConstraint("base_id", "login", name="uq_user_base_id_login"),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("csrf_token", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "user_id"], ["user.base_id", "user.id"], name="fk_session_base_id_user_id_user"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_session"),
    )
    op.create_index("ix_session_base_id_user_id", "session", ["base_id", "user_id"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_api_token_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
    )
    op.create_index("ix_api_token_base_id", "api_token", ["base_id"])
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_audit_entry_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_base_id_id", "audit_entry", ["base_id", "id"])


def create_contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("sort_key", sa.String(), nullable=False),
        sa.Column("match_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_contact_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("base_id", "id", name="uq_contact_base_id_id"),
        sa.UniqueConstraint("base_id", "reference", name="uq_contact_base_id_reference"),
    )
    op.create_index("ix_contact_base_id_match_key", "contact", ["base_id", "match_key"])
    op.create_index("ix_contact_base_id_sort_key_id", "contact", ["base_id", "sort_key", "id"])
    op.create_table(
        "contact_consent",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "contact_id"],
            ["contact.base_id", "contact.id"],
            name="fk_contact_consent_base_id_contact_id_contact",
        ),
        sa.PrimaryKeyConstraint("base_id", "contact_id", "channel", "purpose", name="pk_contact_consent"),
    )
    op.create_table(
        "contact_mail",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "contact_id"],
            ["contact.base_id", "contact.id"],
            name="fk_contact_mail_base_id_contact_id_contact",
        ),
        sa.PrimaryKeyConstraint("base_id", "contact_id", "folded", name="pk_contact_mail"),
    )
    op.create_index("ix_contact_mail_base_id_folded_contact_id", "contact_mail", ["base_id", "folded", "contact_id"])
    op.create_table(
        "contact_phone",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "contact_id"],
            ["contact.base_id", "contact.id"],
            name="fk_contact_phone_base_id_contact_id_contact",
        ),
        sa.PrimaryKeyConstraint("base_id", "contact_id", "number", name="pk_contact_phone"),
    )
    op.create_index("ix_contact_phone_base_id_number_contact_id", "contact_phone", ["base_id", "number", "contact_id"])
    op.create_table(
        "contact_reference",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "contact_id"],
            ["contact.base_id", "contact.id"],
            name="fk_contact_reference_base_id_contact_id_contact",
        ),
        sa.PrimaryKeyConstraint("base_id", "reference", name="pk_contact_reference"),
    )
    op.create_index("ix_contact_reference_base_id_contact_id", "contact_reference", ["base_id", "contact_id"])
