"""Faults of the database itself, said as problems: locked, read-only, full, not migrated, unreadable, unreachable.

PostgreSQL is understood by its SQLSTATE, because its messages come in the language of the server; a connection that
never came to be has none. SQLite's messages are always English.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, OperationalError

from xrm_platform.problems import Unavailable


@contextlib.contextmanager
def faults_as_problems() -> Iterator[None]:
    """Raise `Unavailable` for a fault of the database; anything else passes as it is."""
    try:
        yield
    except DBAPIError as error:
        code = fault_code(error)
        if code is None:
            raise
        raise Unavailable(code) from error


def fault_code(error: DBAPIError) -> str | None:
    """The code of a fault of the database; None for a fault of ours, such as a broken constraint."""
    message = str(error.orig)
    sqlstate: str | None = getattr(error.orig, "sqlstate", None)
    if sqlstate is not None:
        return next((code for states, code in _STATES if sqlstate.startswith(states)), None)
    if type(error.orig).__module__.startswith("psycopg"):
        if not isinstance(error, OperationalError):
            return None
        return "database_refused" if "FATAL" in message else "database_unreachable"
    text = message.lower()
    return next((code for words, code in _WORDS if any(word in text for word in words)), None)


# PostgreSQL, appendix A: error codes, by their beginning.
_STATES = (
    (("55P03", "40P01", "40001"), "database_locked"),
    (("25006",), "database_read_only"),
    (("53100", "53200"), "database_full"),
    (("42P01", "42703"), "database_not_migrated"),
    (("28", "3D000", "53300"), "database_refused"),
    (("08", "57P"), "database_unreachable"),
)
_WORDS = (
    (("database is locked",), "database_locked"),
    (("readonly database",), "database_read_only"),
    (("database or disk is full",), "database_full"),
    (("no such table", "no such column"), "database_not_migrated"),
    (("unable to open database", "not a database", "malformed", "disk i/o"), "database_unreadable"),
)
