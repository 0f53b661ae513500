"""How OVHcloud's API writes: JSON, dates in the zone of Paris, errors with a class, a message and sometimes a code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from .http_faults import Fault
from .ovh_account import OvhJob, Refused

PARIS = ZoneInfo("Europe/Paris")


def missing() -> Refused:
    return Refused(404, "The requested object does not exist")


def shown(job: OvhJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "receiver": job.to,
        "sender": job.sender,
        "message": job.text,
        "messageLength": len(job.text),
        "numberOfSms": job.parts,
        "credits": job.parts,
        "creationDatetime": in_paris(job.created_at),
        "differedDelivery": 0,
        "tag": job.tag,
    }


def asked_since(request: web.Request) -> datetime:
    written = request.query.get("creationDatetime.from")
    try:
        at = datetime.fromisoformat(written) if written else datetime.min.replace(tzinfo=UTC)
    except ValueError as error:
        raise Refused(400, "[creationDatetime.from] Given data is not valid for type datetime") from error
    if at.tzinfo is None:
        raise Refused(400, "[creationDatetime.from] A date without a zone")
    return at


def in_paris(at: datetime) -> str:
    return at.astimezone(PARIS).isoformat(timespec="seconds")


def error_answer(refused: Refused) -> web.Response:
    kind = {400: "BadRequest", 403: "Forbidden", 404: "NotFound"}.get(refused.status, "Error")
    told = {"class": f"Client::{kind}", "message": refused.message}
    if refused.code:
        told["errorCode"] = refused.code
    return web.json_response(told, status=refused.status)


def fault_answer(_: web.Request, fault: Fault) -> web.Response:
    return error_answer(Refused(fault.status, f"HTTP {fault.status}"))
