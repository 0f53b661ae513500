"""The tables of the agenda, as the first migration makes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

TABLES = (
    *("inviting_switch", "invitation_answer", "invited", "invitation"),
    *("agenda_preferences", "feed_token", "owner_notice", "event_reminder", "occurrence", "event"),
)
"""In the order in which they can be dropped."""


def create_agenda() -> None:
    _create_events()
    _create_what_goes_with_events()
    _create_invitations()


def _create_events() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("ical", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("busy", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("recurs", sa.Boolean(), nullable=False),
        sa.Column("recurs_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cut", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_event_base_id_base"),
        sa.ForeignKeyConstraint(
            ["base_id", "owner_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_event_base_id_owner_id_collaborator",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("base_id", "id", name="uq_event_base_id_id"),
        sa.UniqueConstraint("base_id", "owner_id", "uid", name="uq_event_base_id_owner_id_uid"),
    )
    op.create_index("ix_event_base_id_owner_id_id", "event", ["base_id", "owner_id", "id"])
    op.create_index("ix_event_base_id_uid_id", "event", ["base_id", "uid", "id"])
    op.create_index(
        "ix_event_base_id_owner_id_recurs_starts_at", "event", ["base_id", "owner_id", "recurs", "starts_at"]
    )
    op.create_index("ix_event_recurs_window_to", "event", ["recurs", "window_to"])
    op.create_table(
        "occurrence",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("segment_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("busy", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("recurs", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "event_id"], ["event.base_id", "event.id"], name="fk_occurrence_base_id_event_id_event"
        ),
        sa.PrimaryKeyConstraint("event_id", "key", "segment_at", name="pk_occurrence"),
    )
    op.create_index("ix_occurrence_base_id_owner_id_segment_at", "occurrence", ["base_id", "owner_id", "segment_at"])


def _create_what_goes_with_events() -> None:
    op.create_table(
        "event_reminder",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reminder", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "event_id"], ["event.base_id", "event.id"], name="fk_event_reminder_base_id_event_id_event"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_reminder"),
        sa.UniqueConstraint(
            "event_id", "key", "reminder", "due_at", name="uq_event_reminder_event_id_key_reminder_due_at"
        ),
    )
    op.create_index("ix_event_reminder_state_due_at", "event_reminder", ["state", "due_at"])
    op.create_table(
        "owner_notice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "event_id"], ["event.base_id", "event.id"], name="fk_owner_notice_base_id_event_id_event"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_owner_notice"),
    )
    op.create_table(
        "feed_token",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "owner_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_feed_token_base_id_owner_id_collaborator",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_feed_token"),
    )
    op.create_index("ix_feed_token_base_id_owner_id_id", "feed_token", ["base_id", "owner_id", "id"])
    op.create_table(
        "agenda_preferences",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("tell_owner", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("invites", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["base.id"], name="fk_agenda_preferences_base_id_base"),
        sa.PrimaryKeyConstraint("base_id", name="pk_agenda_preferences"),
    )


def _create_invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("ical", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "event_id"], ["event.base_id", "event.id"], name="fk_invitation_base_id_event_id_event"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("base_id", "id", name="uq_invitation_base_id_id"),
    )
    op.create_index("ix_invitation_base_id_event_id_id", "invitation", ["base_id", "event_id", "id"])
    op.create_table(
        "invited",
        sa.Column("invitation_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("note_params", sa.JSON(), nullable=False),
        sa.Column("link_id", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "invitation_id"],
            ["invitation.base_id", "invitation.id"],
            name="fk_invited_base_id_invitation_id_invitation",
        ),
        sa.PrimaryKeyConstraint("invitation_id", "address", name="pk_invited"),
    )
    op.create_index("ix_invited_state_invitation_id", "invited", ["state", "invitation_id"])
    op.create_index("ix_invited_base_id_event_id_invitation_id", "invited", ["base_id", "event_id", "invitation_id"])
    op.create_table(
        "invitation_answer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_start", sa.String(), nullable=True),
        sa.Column("proposed_end", sa.String(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "event_id"], ["event.base_id", "event.id"], name="fk_invitation_answer_base_id_event_id_event"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_invitation_answer"),
    )
    op.create_index("ix_invitation_answer_base_id_event_id_id", "invitation_answer", ["base_id", "event_id", "id"])
    op.create_table(
        "inviting_switch",
        sa.Column("collaborator_id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("invites", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "collaborator_id"],
            ["collaborator.base_id", "collaborator.id"],
            name="fk_inviting_switch_base_id_collaborator_id_collaborator",
        ),
        sa.PrimaryKeyConstraint("collaborator_id", name="pk_inviting_switch"),
    )
