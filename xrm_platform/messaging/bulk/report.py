"""What became of everybody of a bulk job, as CSV in the words of a language."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from xrm_platform.people.contacts.exporting import BYTE_ORDER_MARK, harmless, phone_cell
from xrm_platform.people.phones import shown
from xrm_platform.wording import Wording

from .states import RowState
from .tables import BulkRow

_COLUMNS = ("position", "name", "written", "address", "state", "reason", "parts", "message")
_DELIMITERS = {"fr": ";"}

Told = tuple[BulkRow, str | None, str | None, Mapping[str, Any] | None]
"""A row with the state and the error of whom its message went to."""


def report_lines(rows: Sequence[Told] | None, wording: Wording, *, language: str, package: str = "") -> bytes:
    """Lines of the report, the header for None. `package` has the translations of the provider that sent."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=_DELIMITERS.get(language, ","), lineterminator="\r\n")
    if rows is None:
        text.write(BYTE_ORDER_MARK)
        writer.writerow([wording.say("bulk_columns", name, language=language) for name in _COLUMNS])
    else:
        writer.writerows(_cells(*told, wording=wording, language=language, package=package) for told in rows)
    return text.getvalue().encode()


def reason_of(
    code: str | None, params: Mapping[str, Any] | None, wording: Wording, *, language: str, package: str = ""
) -> str:
    """Why somebody got nothing, in words; "" without a code."""
    if code is None:
        return ""
    section = "errors" if wording.knows("errors", code, language=language, package=package) else "problems"
    return wording.say(section, code, params, language=language, package=package)


def _cells(
    row: BulkRow,
    state: str | None,
    code: str | None,
    params: Mapping[str, Any] | None,
    *,
    wording: Wording,
    language: str,
    package: str,
) -> list[str]:
    if row.state == RowState.QUEUED and state is not None:
        said = wording.say("states", state, language=language)
    else:
        said = wording.say("bulk_row_states", row.state, language=language)
        code, params = row.code, row.params
    return [
        str(row.position),
        harmless(row.name),
        *_written_cells(row),
        said,
        harmless(reason_of(code, params, wording, language=language, package=package)),
        str(row.parts or ""),
        row.message_id or "",
    ]


def _written_cells(row: BulkRow) -> tuple[str, str]:
    """As it was given, and as it is sent to."""
    if "@" in row.written or "@" in (row.address or ""):
        return harmless(row.written), harmless(row.address or "")
    return phone_cell(row.written), phone_cell(shown(row.address)) if row.address is not None else ""
