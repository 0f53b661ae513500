"""Read what Esendex answers, be it XML or JSON, into plain dictionaries.

The API answers XML unless asked otherwise, with or without its namespace; its JSON writes some names in PascalCase and
some in lower case. Here namespaces are dropped and names are lower-cased, so that one reader serves every shape.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from xrm_platform.providers import BadResponse

Record = dict[str, Any]
"""Lower-case names to text, to a `Record`, or to a list of these."""

TEXT = "#text"
"""Where an XML element that has attributes or children keeps its text."""


def read(body: bytes) -> Record:
    """The answer as a record; that of XML holds the root's name alone. Raises `BadResponse`, whatever the bytes."""
    try:
        return _read_json(body)
    except (ValueError, RecursionError):
        pass
    try:
        root = fromstring(body, forbid_dtd=True)
        return {_local(root.tag): _of_element(root)}
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise BadResponse(detail=f"{type(error).__name__}: {excerpt(body)}") from error


def _read_json(body: bytes) -> Record:
    no_capitals = body.islower()  # as the answer to a dispatch, which is worth being quick at
    value = json.loads(body, object_hook=None if no_capitals else _lowered)
    if not isinstance(value, dict):
        raise BadResponse(detail=excerpt(body))
    return value


def _lowered(record: Record) -> Record:
    return {name.lower(): value for name, value in record.items()}


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _of_element(element: Element) -> Record | str:
    """Attributes and children under their names, a repeated child as a list; an element with neither is its text."""
    if not element.attrib and not len(element):
        return element.text or ""
    record: Record = {_local(name): value for name, value in element.attrib.items()}
    for child in element:
        name, value = _local(child.tag), _of_element(child)
        if name not in record:
            record[name] = value
        elif isinstance(record[name], list):
            record[name].append(value)
        else:
            record[name] = [record[name], value]
    if element.text and element.text.strip():
        record[TEXT] = element.text
    return record


def items(record: Record, plural: str, singular: str) -> list[Record]:
    """The entries of a listing: XML `<plural><singular/>…</plural>`, JSON `{"plural": […]}`.

    An empty listing is an empty list; an answer that is no such listing raises `BadResponse`.
    """
    if plural not in record:
        raise BadResponse(detail=f"no {plural} in the answer")
    found = record[plural]
    if isinstance(found, dict):
        found = found.get(singular, [])
    if found in ("", None):
        return []
    entries = found if isinstance(found, list) else [found]
    if not all(isinstance(entry, dict) for entry in entries):
        raise BadResponse(detail=f"an entry of {plural} cannot be read")
    return entries


def child(record: Record, name: str) -> Record:
    """The record under `name`; empty where there is none."""
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def text(record: Record, *path: str) -> str:
    """The text at the end of `path`, as it is; empty where there is none."""
    for name in path[:-1]:
        record = child(record, name)
    value = record.get(path[-1])
    if isinstance(value, dict):
        value = value.get(TEXT)
    return str(value) if isinstance(value, str | int | float) else ""


def number(record: Record, name: str) -> int | None:
    """The whole number under `name`, None where there is none."""
    written = text(record, name).strip()
    digits = written.removeprefix("-")
    return int(written) if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def moment(written: str) -> datetime | None:
    """A date of Esendex in UTC: with or without zone (then UTC) and with any number of fractional digits. Its year 1
    means "never": None, as for what cannot be read."""
    try:
        read_as = datetime.fromisoformat(written.strip())
        aware = read_as.astimezone(UTC) if read_as.tzinfo else read_as.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return aware if aware.year > 1 else None


def excerpt(body: bytes) -> str:
    """The start of an answer, for people: at most 500 characters on one line."""
    return " ".join(body[:2000].decode("utf-8", "replace").split())[:500]
