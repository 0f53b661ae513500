"""First tables: people, accounts, messaging, agenda.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

from alembic import op

from xrm_platform.store.migrations import (
    account_tables,
    agenda_tables,
    connection_tables,
    messaging_tables,
    people_tables,
    sync_tables,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    people_tables.create_people()
    people_tables.create_contacts()
    account_tables.create_accounts()
    messaging_tables.create_messaging()
    messaging_tables.create_messaging_rules()
    agenda_tables.create_agenda()
    sync_tables.create_sync()
    connection_tables.create_connections()


def downgrade() -> None:
    for table in (
        *connection_tables.TABLES,
        *sync_tables.TABLES,
        *agenda_tables.TABLES,
        *messaging_tables.TABLES,
        *account_tables.TABLES,
        *people_tables.TABLES,
    ):
        op.drop_table(table)
