"""The report of an import as CSV: a line for each row of the file that was not simply brought in."""

from __future__ import annotations

import csv
import io

from xrm_platform.wording import Wording, translate_validation

from .exporting import BYTE_ORDER_MARK, SECTION, harmless
from .import_views import ImportFaultView, ImportRowView, ImportView

_COLUMNS = ("line", "outcome", "name", "company", "reference", "contact", "reason")


def report_csv(view: ImportView, wording: Wording, *, language: str) -> str:
    """In sentences of `language`, with the same separator and mark as the export."""
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text, delimiter=";" if language == "fr" else ",", lineterminator="\r\n")
    writer.writerow(wording.say(SECTION, column, language=language) for column in _COLUMNS)
    for row in view.rows:
        writer.writerow(harmless(str(cell)) for cell in _cells(row, wording, language))
    return text.getvalue()


def reason_of(row: ImportRowView, wording: Wording, *, language: str) -> str:
    """Why a row was not brought in, or what of it was left out, in words."""
    return " ".join(_sentence(fault, wording, language) for fault in row.faults)


def _cells(row: ImportRowView, wording: Wording, language: str) -> tuple[object, ...]:
    return (
        row.line,
        wording.say("contact_outcomes", row.outcome, language=language),
        row.name,
        row.company,
        row.reference or "",
        row.contact or "",
        reason_of(row, wording, language=language),
    )


def _sentence(fault: ImportFaultView, wording: Wording, language: str) -> str:
    known = wording.knows("problems", fault.code, language=language)
    said = (
        wording.say("problems", fault.code, fault.params, language=language)
        if known
        else translate_validation(fault.code, language)
    )
    return f"{fault.name}: {said}" if fault.name else said
