"""Reading the call that OVHcloud makes when the state of a message changes: an address with a query string."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl

from xrm_platform.providers import BadResponse, DeliveryEvent

from .mapping import moment
from .receipts import Receipt

LARGEST = 8 * 1024
"""Bytes of a query string."""

MOST_FIELDS = 20


def read_receipt(query: bytes, now: datetime) -> list[DeliveryEvent]:
    """What `id=…&ptt=…&date=…&description=…` says (`description` is the id of the receipt, `descriptionDlr` its words).

    The form of `date` is told nowhere: it is taken when it names its zone, and `now` else, for the call comes at once.
    Raises `BadResponse` for what is no such query.
    """
    if len(query) > LARGEST:
        raise BadResponse(detail=f"a query of {len(query)} bytes")
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            strict_parsing=True,
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except ValueError as error:
        raise BadResponse(detail=type(error).__name__) from error
    told = dict(pairs)
    if len(told) != len(pairs):
        raise BadResponse(detail="a field comes twice")
    reference = _number(told, "id")
    receipt = Receipt(_number(told, "ptt"), _number(told, "description", 0))
    event = receipt.event(str(reference), moment(told.get("date", "")) or now, told.get("descriptionDlr", "")[:200])
    return [event] if event else []


def _number(told: dict[str, str], name: str, default: int | None = None) -> int:
    written = told.get(name, "")
    if written.isascii() and written.isdigit() and len(written) < 20:
        return int(written)
    if default is None:
        raise BadResponse(detail=f"no {name} in the call")
    return default
