"""The tables of messages and their rules, as the first migration makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = (
    "sms_price",
    "paused_sender",
    "opt_out",
    "messaging_rules",
    "attachment",
    "message_event",
    "message_recipient",
    "message",
)
"""In the order in which they can be dropped."""


def create_messaging() -> None:
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
        "ix_message_base_id_account_id_state_priority_due_at_id",
        "message",
        ["base_id", "account_id", "state", "priority", "due_at", "id"],
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
    op.create_index(
        "ix_message_recipient_base_id_message_id_position", "message_recipient", ["base_id", "message_id", "position"]
    )
    op.create_index(
        "ix_message_recipient_base_id_account_id_reference", "message_recipient", ["base_id", "account_id", "reference"]
    )
    op.create_index("ix_message_recipient_base_id_address", "message_recipient", ["base_id", "address"])
    op.create_index(
        "ix_message_recipient_base_id_account_id_report_due_at",
        "message_recipient",
        ["base_id", "account_id", "report_due_at"],
    )
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


def create_messaging_rules() -> None:
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
