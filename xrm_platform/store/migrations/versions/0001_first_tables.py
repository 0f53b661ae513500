"""First tables: people, accounts, messaging.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from xrm_platform.store.migrations.agenda_tables import TABLES as AGENDA_TABLES
from xrm_platform.store.migrations.agenda_tables import create_agenda
from xrm_platform.store.migrations.connection_tables import TABLES as CONNECTION_TABLES
from xrm_platform.store.migrations.connection_tables import create_connections
from xrm_platform.store.migrations.sync_tables import TABLES as SYNC_TABLES
from xrm_platform.store.migrations.sync_tables import create_sync

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_people()
    _create_contacts()
    _create_accounts()
    _create_messaging()
    _create_messaging_rules()
    create_agenda()
    create_sync()
    create_connections()


def downgrade() -> None:
    for table in (
        *CONNECTION_TABLES,
        *SYNC_TABLES,
        *AGENDA_TABLES,
        "sms_price",
        "paused_sender",
        "opt_out",
        "messaging_rules",
        "attachment",
        "message_event",
        "message_recipient",
        "message",
        "provider_choice",
        "provider_account",
        "provider_enabled",
        "communication_preferences",
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
    ):
        op.drop_table(table)


def _create_people() -> None:
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


def _create_contacts() -> None:
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
    op.create_index("ix_contact_mail_base_id_folded", "contact_mail", ["base_id", "folded"])
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
    op.create_index("ix_contact_phone_base_id_number", "contact_phone", ["base_id", "number"])
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


def _create_accounts() -> None:
    op.create_table(
        "communication_preferences",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("sms_paused", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_communication_preferences_base_id_base"),
        sa.PrimaryKeyConstraint("base_id", name="pk_communication_preferences"),
    )
    op.create_table(
        "provider_enabled",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_provider_enabled_base_id_base"),
        sa.PrimaryKeyConstraint("base_id", "channel", "slug", name="pk_provider_enabled"),
    )
    op.create_table(
        "provider_account",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("collaborator_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("settings_version", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.LargeBinary(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("suspended", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("health", sa.String(), nullable=False),
        sa.Column("health_code", sa.String(), nullable=True),
        sa.Column("health_params", sa.JSON(), nullable=False),
        sa.Column("health_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deliver_owner", sa.String(), nullable=True),
        sa.Column("deliver_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "collaborator_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_provider_account_base_id_collaborator_id_collaborator",
        ),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_provider_account_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_provider_account"),
        sa.UniqueConstraint("base_id", "id", name="uq_provider_account_base_id_id"),
    )
    op.create_index(
        "uq_provider_account_name",
        "provider_account",
        ["base_id", "channel", "name"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "provider_choice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("collaborator_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_provider_choice_base_id_account_id_provider_account",
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "collaborator_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_provider_choice_base_id_collaborator_id_collaborator",
        ),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_provider_choice_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_provider_choice"),
        sa.UniqueConstraint(
            "base_id", "collaborator_id", "channel", name="uq_provider_choice_base_id_collaborator_id_channel"
        ),
    )
    op.create_index(
        "uq_provider_choice_default",
        "provider_choice",
        ["base_id", "channel"],
        unique=True,
        sqlite_where=sa.text("collaborator_id IS NULL"),
        postgresql_where=sa.text("collaborator_id IS NULL"),
    )


def _create_messaging() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("sender_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("sender_address", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("mail_message_id", sa.String(), nullable=True),
        sa.Column("sms_encoding", sa.String(), nullable=True),
        sa.Column("sms_parts", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("held_for", sa.String(), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_params", sa.JSON(), nullable=False),
        sa.Column("error_detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_message_base_id_account_id_provider_account",
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "sender_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_message_base_id_sender_id_collaborator",
        ),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_message_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("base_id", "id", name="uq_message_base_id_id"),
        sa.UniqueConstraint("base_id", "idempotency_key", name="uq_message_base_id_idempotency_key"),
    )
    op.create_index(
        "ix_message_account_id_state_priority_due_at", "message", ["account_id", "state", "priority", "due_at"]
    )
    op.create_index("ix_message_base_id_sender_id_id", "message", ["base_id", "sender_id", "id"])
    op.create_index("ix_message_mail_message_id", "message", ["mail_message_id"])
    op.create_index("ix_message_state_due_at", "message", ["state", "due_at"])
    op.create_index(
        "ix_message_unpurged",
        "message",
        ["base_id", "created_at"],
        sqlite_where=sa.text("purged_at IS NULL"),
        postgresql_where=sa.text("purged_at IS NULL"),
    )
    op.create_table(
        "message_recipient",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("intended_for", sa.JSON(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("report_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_params", sa.JSON(), nullable=False),
        sa.Column("error_detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "message_id"],
            ["message.base_id", "message.id"],
            name="fk_message_recipient_base_id_message_id_message",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message_recipient"),
        sa.UniqueConstraint("base_id", "id", name="uq_message_recipient_base_id_id"),
    )
    op.create_index("ix_message_recipient_account_id_reference", "message_recipient", ["account_id", "reference"])
    op.create_index("ix_message_recipient_message_id_position", "message_recipient", ["message_id", "position"])
    op.create_index("ix_message_recipient_report_due_at", "message_recipient", ["report_due_at"])
    op.create_table(
        "message_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("recipient_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("dedup_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "message_id"],
            ["message.base_id", "message.id"],
            name="fk_message_event_base_id_message_id_message",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message_event"),
        sa.UniqueConstraint("base_id", "dedup_key", name="uq_message_event_base_id_dedup_key"),
    )
    op.create_index("ix_message_event_message_id_id", "message_event", ["message_id", "id"])
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("cid", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "message_id"],
            ["message.base_id", "message.id"],
            name="fk_attachment_base_id_message_id_message",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
    )
    op.create_index("ix_attachment_message_id_position", "attachment", ["message_id", "position"])
    op.create_index("ix_attachment_sha256", "attachment", ["sha256"])


def _create_messaging_rules() -> None:
    op.create_table(
        "messaging_rules",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("test_mode", sa.Boolean(), nullable=False),
        sa.Column("test_mails", sa.JSON(), nullable=False),
        sa.Column("test_numbers", sa.JSON(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("stop_mention", sa.Boolean(), nullable=False),
        sa.Column("stop_template", sa.String(), nullable=False),
        sa.Column("stop_number", sa.String(), nullable=True),
        sa.Column("hours_start", sa.String(), nullable=False),
        sa.Column("hours_end", sa.String(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("holidays", sa.Boolean(), nullable=False),
        sa.Column("keep_bodies_days", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_messaging_rules_base_id_base"),
        sa.PrimaryKeyConstraint("base_id", name="pk_messaging_rules"),
    )
    op.create_table(
        "opt_out",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_opt_out_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_opt_out"),
        sa.UniqueConstraint(
            "base_id", "channel", "address", "purpose", name="uq_opt_out_base_id_channel_address_purpose"
        ),
    )
    op.create_index("ix_opt_out_base_id_id", "opt_out", ["base_id", "id"])
    op.create_table(
        "paused_sender",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("collaborator_id", sa.String(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "collaborator_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_paused_sender_base_id_collaborator_id_collaborator",
        ),
        sa.PrimaryKeyConstraint("base_id", "collaborator_id", name="pk_paused_sender"),
    )
    op.create_table(
        "sms_price",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_sms_price_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("base_id", "account_id", name="pk_sms_price"),
    )
