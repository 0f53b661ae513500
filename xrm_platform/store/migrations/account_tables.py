"""The tables of accounts, as the first migration makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = (
    "provider_choice",
    "provider_account",
    "provider_enabled",
    "own_mail_software",
    "communication_preferences",
)
"""In the order in which they can be dropped."""


def create_accounts() -> None:
    op.create_table(
        "communication_preferences",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("sms_paused", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("mail_software_apple", sa.String(), nullable=True),
        sa.Column("mail_software_windows", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_communication_preferences_base_id_base"),
        sa.PrimaryKeyConstraint("base_id", name="pk_communication_preferences"),
    )
    op.create_table(
        "own_mail_software",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("collaborator_id", sa.String(), nullable=False),
        sa.Column("mail_software_apple", sa.String(), nullable=True),
        sa.Column("mail_software_windows", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "collaborator_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_own_mail_software_base_id_collaborator_id_collaborator",
        ),
        sa.PrimaryKeyConstraint("base_id", "collaborator_id", name="pk_own_mail_software"),
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
