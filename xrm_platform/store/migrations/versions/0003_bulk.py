"""Bulk jobs, selections of contacts that are kept, and the credit of SMS accounts.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "selection",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_selection_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_selection"),
        sa.UniqueConstraint("base_id", "name", name="uq_selection_base_id_name"),
    )
    op.create_table(
        "sms_credit",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("warn_below", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_sms_credit_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("base_id", "account_id", name="pk_sms_credit"),
    )
    _create_jobs()
    op.add_column("message", sa.Column("bulk_id", sa.String(), nullable=True))
    op.add_column("message", sa.Column("unsubscribe_url", sa.String(), nullable=True))
    op.create_index(
        "ix_message_bulk",
        "message",
        ["bulk_id", "state"],
        sqlite_where=sa.text("bulk_id IS NOT NULL"),
        postgresql_where=sa.text("bulk_id IS NOT NULL"),
    )


def _create_jobs() -> None:
    op.create_table(
        "bulk_job",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sender_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_bulk_job_base_id_base"),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_bulk_job_base_id_account_id_provider_account",
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "sender_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_bulk_job_base_id_sender_id_collaborator",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_bulk_job"),
        sa.UniqueConstraint("base_id", "id", name="uq_bulk_job_base_id_id"),
    )
    op.create_index("ix_bulk_job_base_id_sender_id_id", "bulk_job", ["base_id", "sender_id", "id"])
    op.create_index("ix_bulk_job_state", "bulk_job", ["state"])
    op.create_table(
        "bulk_row",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("written", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "job_id"], ["bulk_job.base_id", "bulk_job.id"], name="fk_bulk_row_base_id_job_id_bulk_job"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "message_id"],
            ["message.base_id", "message.id"],
            name="fk_bulk_row_base_id_message_id_message",
        ),
        sa.PrimaryKeyConstraint("job_id", "position", name="pk_bulk_row"),
    )
    op.create_index("ix_bulk_row_job_id_state", "bulk_row", ["job_id", "state"])


def downgrade() -> None:
    op.drop_index("ix_message_bulk", "message")
    op.drop_column("message", "bulk_id")
    for table in ("bulk_row", "bulk_job", "sms_credit", "selection"):
        op.drop_table(table)
