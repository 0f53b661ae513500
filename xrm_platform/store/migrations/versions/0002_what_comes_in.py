"""Messages that come in, and the calls of vendors that bring them.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_asked_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "what", name="pk_asked"),
    )
    op.create_table(
        "push_address",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_push_address_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_push_address"),
        sa.UniqueConstraint("token_hash", name="uq_push_address_token_hash"),
    )
    op.create_table(
        "push_call",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_push_call_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_push_call"),
    )
    op.create_index("ix_push_call_account_id_state_id", "push_call", ["account_id", "state", "id"])
    op.create_index("ix_push_call_state_received_at", "push_call", ["state", "received_at"])
    op.create_table(
        "inbound_message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("answers_id", sa.String(), nullable=True),
        sa.Column("stop", sa.String(), nullable=True),
        sa.Column("stop_told", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_inbound_message_base_id_account_id_provider_account",
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "answers_id"],
            ["message.base_id", "message.id"],
            name="fk_inbound_message_base_id_answers_id_message",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_message"),
        sa.UniqueConstraint("account_id", "key", name="uq_inbound_message_account_id_key"),
        sa.UniqueConstraint("base_id", "id", name="uq_inbound_message_base_id_id"),
    )
    op.create_index("ix_inbound_message_base_id_contact_id_id", "inbound_message", ["base_id", "contact_id", "id"])
    op.create_index("ix_inbound_message_base_id_sender_id", "inbound_message", ["base_id", "sender", "id"])
    op.create_index(
        "ix_inbound_message_unpurged",
        "inbound_message",
        ["base_id", "created_at"],
        sqlite_where=sa.text("purged_at IS NULL"),
        postgresql_where=sa.text("purged_at IS NULL"),
    )


def downgrade() -> None:
    for table in ("inbound_message", "push_call", "push_address", "asked"):
        op.drop_table(table)
