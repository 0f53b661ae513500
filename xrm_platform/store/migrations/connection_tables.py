"""The tables of consents and of push channels, as the first migration makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = ("push_channel", "account_consent")
"""In the order in which they can be dropped."""


def create_connections() -> None:
    op.create_table(
        "account_consent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("redirect", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_account_consent_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_account_consent"),
        sa.UniqueConstraint("state_hash", name="uq_account_consent_state_hash"),
    )
    op.create_index("ix_account_consent_base_id_expires_at", "account_consent", ["base_id", "expires_at"])
    op.create_table(
        "push_channel",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("resource", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_push_channel_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_push_channel"),
        sa.UniqueConstraint("token_hash", name="uq_push_channel_token_hash"),
    )
    op.create_index("ix_push_channel_link_id", "push_channel", ["link_id"])
    op.create_index("ix_push_channel_due_at", "push_channel", ["due_at"])
