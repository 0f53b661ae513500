"""Mail that comes in, threads, copies of what was sent, drafts, addresses that there are not.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "mail_reference",
    "mailbox",
    "mailbox_other_key",
    "mail_address_in_error",
    "mail_answer",
    "sent_copy",
    "handed_over",
    "unread_calendar",
    "received_file",
    "received_mail",
)


def upgrade() -> None:
    op.create_table(
        "mail_reference",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("thread_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("base_id", "message_id", name="pk_mail_reference"),
    )
    op.create_index("ix_mail_reference_base_id_thread_id", "mail_reference", ["base_id", "thread_id"])
    op.create_table(
        "mailbox",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_mailbox_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_mailbox"),
    )
    op.create_table(
        "mailbox_other_key",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "account_id"],
            ["provider_account.base_id", "provider_account.id"],
            name="fk_mailbox_other_key_base_id_account_id_provider_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_mailbox_other_key"),
    )
    op.create_table(
        "mail_address_in_error",
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "message_id"],
            ["message.base_id", "message.id"],
            name="fk_mail_address_in_error_base_id_message_id_message",
        ),
        sa.PrimaryKeyConstraint("base_id", "address", name="pk_mail_address_in_error"),
    )
    op.create_table(
        "mail_answer",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("inbound_id", sa.String(), nullable=False),
        sa.Column("in_reply_to", sa.String(), nullable=False),
        sa.Column("references", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "message_id"],
            ["message.base_id", "message.id"],
            name="fk_mail_answer_base_id_message_id_message",
        ),
        sa.PrimaryKeyConstraint("message_id", name="pk_mail_answer"),
    )
    op.create_table(
        "sent_copy",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "message_id"], ["message.base_id", "message.id"], name="fk_sent_copy_base_id_message_id_message"
        ),
        sa.PrimaryKeyConstraint("message_id", name="pk_sent_copy"),
    )
    op.create_index("ix_sent_copy_account_id_due_at", "sent_copy", ["account_id", "due_at"])
    op.create_table(
        "handed_over",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("losses", sa.JSON(), nullable=False),
        sa.Column("refused_code", sa.String(), nullable=True),
        sa.Column("refused_params", sa.JSON(), nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "message_id"],
            ["message.base_id", "message.id"],
            name="fk_handed_over_base_id_message_id_message",
        ),
        sa.PrimaryKeyConstraint("message_id", name="pk_handed_over"),
    )
    op.create_index("ix_handed_over_look_at_account_id", "handed_over", ["look_at", "account_id"])
    op.create_index("ix_handed_over_sha256", "handed_over", ["sha256"])
    op.create_table(
        "unread_calendar",
        sa.Column("inbound_id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("ical", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "inbound_id"],
            ["inbound_message.base_id", "inbound_message.id"],
            name="fk_unread_calendar_base_id_inbound_id_inbound_message",
        ),
        sa.PrimaryKeyConstraint("inbound_id", name="pk_unread_calendar"),
    )
    op.create_index("ix_unread_calendar_due_at_inbound_id", "unread_calendar", ["due_at", "inbound_id"])
    op.create_table(
        "received_file",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("inbound_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("cid", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["base_id", "inbound_id"],
            ["inbound_message.base_id", "inbound_message.id"],
            name="fk_received_file_base_id_inbound_id_inbound_message",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_received_file"),
    )
    op.create_index("ix_received_file_inbound_id_position", "received_file", ["inbound_id", "position"])
    op.create_index("ix_received_file_sha256", "received_file", ["sha256"])
    op.create_table(
        "received_mail",
        sa.Column("inbound_id", sa.String(), nullable=False),
        sa.Column("base_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("references", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("reply_to", sa.String(), nullable=True),
        sa.Column("to", sa.JSON(), nullable=False),
        sa.Column("cc", sa.JSON(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("about_id", sa.String(), nullable=True),
        sa.Column("copied", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id", "about_id"], ["message.base_id", "message.id"], name="fk_received_mail_base_id_about_id_message"
        ),
        sa.ForeignKeyConstraint(
            ["base_id", "inbound_id"],
            ["inbound_message.base_id", "inbound_message.id"],
            name="fk_received_mail_base_id_inbound_id_inbound_message",
        ),
        sa.PrimaryKeyConstraint("inbound_id", name="pk_received_mail"),
    )
    op.create_index("ix_received_mail_account_id_digest", "received_mail", ["account_id", "digest"])
    op.create_index("ix_received_mail_base_id_message_id", "received_mail", ["base_id", "message_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
