"""The tables of synchronisation, as the first migration makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = ("sync_effect", "sync_run", "sync_conflict", "event_link", "calendar_link")
"""In the order in which they can be dropped."""


def create_sync() -> None:
    _create_calendar_links()
    _create_event_links()
    _create_conflicts()
    _create_runs()


def _create_calendar_links() -> None:
    op.create_table(
        "calendar_link",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("collaborator_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("remote_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("color", sa.String(), nullable=True),
        sa.Column("writable", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("auto_sync", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("poll_minutes", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.Column("cursor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pass_no", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_params", sa.JSON(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_here", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("held_there", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_calendar_link_base_id_account_id_provider_account",
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "collaborator_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_calendar_link_base_id_collaborator_id_collaborator",
        ),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_calendar_link_base_id_base"),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_link"),
        sa.UniqueConstraint("base_id", "id", name="uq_calendar_link_base_id_id"),
        sa.UniqueConstraint("base_id", "remote_key", name="uq_calendar_link_base_id_remote_key"),
    )
    op.create_index("ix_calendar_link_account_id", "calendar_link", ["account_id"], unique=False)
    op.create_index(
        "ix_calendar_link_base_id_collaborator_id_id",
        "calendar_link",
        ["base_id", "collaborator_id", "id"],
        unique=False,
    )
    op.create_index("ix_calendar_link_state_next_run_at", "calendar_link", ["state", "next_run_at"], unique=False)


def _create_event_links() -> None:
    op.create_table(
        "event_link",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=True),
        sa.Column("ref", sa.String(), nullable=True),
        sa.Column("remote_uid", sa.String(), nullable=True),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("agreed_ours", sa.String(), nullable=True),
        sa.Column("agreed_theirs", sa.String(), nullable=True),
        sa.Column("sent_ours", sa.String(), nullable=True),
        sa.Column("sent_theirs", sa.String(), nullable=True),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_params", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("seen_pass", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("missing", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("released", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "event_id"], ["event.base_id", "event.id"], name="fk_event_link_base_id_event_id_event"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "link_id"],
            ["calendar_link.base_id", "calendar_link.id"],
            name="fk_event_link_base_id_link_id_calendar_link",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_link"),
        sa.UniqueConstraint("base_id", "id", name="uq_event_link_base_id_id"),
        sa.UniqueConstraint("link_id", "event_id", name="uq_event_link_link_id_event_id"),
        sa.UniqueConstraint("link_id", "ref", name="uq_event_link_link_id_ref"),
    )
    op.create_index("ix_event_link_base_id_event_id", "event_link", ["base_id", "event_id"], unique=False)
    op.create_index("ix_event_link_base_id_remote_uid", "event_link", ["base_id", "remote_uid"], unique=False)
    op.create_index("ix_event_link_link_id_state", "event_link", ["link_id", "state"], unique=False)
    op.create_index(
        "ix_event_link_missing",
        "event_link",
        ["link_id"],
        unique=False,
        sqlite_where=sa.text("missing"),
        postgresql_where=sa.text("missing"),
    )


def _create_conflicts() -> None:
    op.create_table(
        "sync_conflict",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("theirs_lost", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("ours", sa.String(), nullable=False),
        sa.Column("theirs", sa.String(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "event_id"], ["event.base_id", "event.id"], name="fk_sync_conflict_base_id_event_id_event"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "link_id"],
            ["calendar_link.base_id", "calendar_link.id"],
            name="fk_sync_conflict_base_id_link_id_calendar_link",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sync_conflict"),
    )
    op.create_index("ix_sync_conflict_base_id_link_id_id", "sync_conflict", ["base_id", "link_id", "id"], unique=False)


def _create_runs() -> None:
    op.create_table(
        "sync_run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("cursor_before", sa.String(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_params", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "link_id"],
            ["calendar_link.base_id", "calendar_link.id"],
            name="fk_sync_run_base_id_link_id_calendar_link",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sync_run"),
        sa.UniqueConstraint("base_id", "id", name="uq_sync_run_base_id_id"),
    )
    op.create_index("ix_sync_run_base_id_link_id_id", "sync_run", ["base_id", "link_id", "id"], unique=False)
    op.create_table(
        "sync_effect",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_link_id", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("did", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("link_before", sa.JSON(), nullable=False),
        sa.Column("undone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "run_id"], ["sync_run.base_id", "sync_run.id"], name="fk_sync_effect_base_id_run_id_sync_run"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sync_effect"),
    )
    op.create_index("ix_sync_effect_base_id_run_id_id", "sync_effect", ["base_id", "run_id", "id"], unique=False)
