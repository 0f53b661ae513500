"""What a request to the stand-in for Esendex asks for, and the forms of its answers."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web

from . import esendex_wire as wire
from .esendex_outbox import Refused
from .http_faults import Fault

PAGE = 100


def page_asked(request: web.Request) -> tuple[int, int]:
    """`startindex` (from 0; some clients write `startIndex`) and `count`."""
    query = request.query
    start, count = query.get("startindex", query.get("startIndex", "0")), query.get("count", str(PAGE))
    if not (start.isdecimal() and count.isdecimal()):
        raise Refused(400, "paging_invalid", "startindex and count are whole numbers")
    return int(start), int(count)


def date_asked(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError as error:
        raise Refused(400, "date_invalid", f"{written} is not a date") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def xml_answer(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/xml")


def error_answer(request: web.Request, status: int, code: str, description: str) -> web.Response:
    if wants_json(request):
        return web.Response(status=status, text=wire.error_json(code, description), content_type="application/json")
    return web.Response(status=status, text=wire.error_xml(code, description), content_type="application/xml")


def fault_answer(request: web.Request, fault: Fault) -> web.Response:
    """The error that a scripted fault answers when it brings no body."""
    return error_answer(request, fault.status, "scripted_fault", f"HTTP {fault.status}")
