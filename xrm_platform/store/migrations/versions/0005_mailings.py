"""Templates, and limits of accounts.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "template",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("collaborator_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_template_base_id_base"),
        sa.ForeignKeyConstraint(
            ["base_id", "collaborator_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_template_base_id_collaborator_id_collaborator",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_template"),
        sa.UniqueConstraint("base_id", "id", name="uq_template_base_id_id"),
    )
    op.create_index("ix_template_base_id_collaborator_id_name", "template", ["base_id", "collaborator_id", "name"])
    op.create_table(
        "sending_limit",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("hourly", sa.Integer(), nullable=True),
        sa.Column("daily", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_sending_limit_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("base_id", "account_id", name="pk_sending_limit"),
    )
    op.create_table(
        "sending_count",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_sending_count_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("base_id", "account_id", "at", name="pk_sending_count"),
    )


def downgrade() -> None:
    for table in ("sending_count", "sending_limit", "template"):
        op.drop_table(table)
