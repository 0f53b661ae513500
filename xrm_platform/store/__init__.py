"""Where rows live: engine, transactions, sealed columns, migrations. No word of the business is known here."""

from .migrations import migrate, pending_migrations
from .paging import DEFAULT_LIMIT, Page, check_page, page_of
from .records import Record, UtcDateTime, new_id
from .secrets import SecretBox, SecretsError, new_key, read_keys, write_keys
from .store import Store

__all__ = [
    "DEFAULT_LIMIT",
    "Page",
    "Record",
    "SecretBox",
    "SecretsError",
    "Store",
    "UtcDateTime",
    "check_page",
    "migrate",
    "new_id",
    "new_key",
    "page_of",
    "pending_migrations",
    "read_keys",
    "write_keys",
]
