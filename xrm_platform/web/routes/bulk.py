"""Bulk mail and SMS, selections of contacts, the credit of accounts, and accounts found from one sign-in."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
from typing import Any

from xrm_platform.messaging.bulk.views import BulkRequest, BulkRowView, BulkView, SelectionView
from xrm_platform.messaging.credit.credits import CreditView
from xrm_platform.messaging.requests import Category
from xrm_platform.problems import Invalid
from xrm_platform.providers import Channel, VendorAccount
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Binary, Need, endpoint
from xrm_platform.web.schemas.answers import list_schema, page_schema, view_schema
from xrm_platform.web.schemas.bulk import BulkNew, BulkRowsQuery, CreditNew, SelectionNew, SignInNew
from xrm_platform.web.schemas.queries import ChannelQuery, PageQuery

BULKS = "/bases/{base}/bulks"
BULK = BULKS + "/{id}"
SELECTIONS = "/bases/{base}/selections"
SELECTION = SELECTIONS + "/{name}"
CREDIT = "/bases/{base}/accounts/{id}/credit"


@endpoint("GET", BULKS, "bulk", "List bulk jobs", Need.READ, query=PageQuery, answer=page_schema(BulkView))
async def list_bulks(call: Call) -> Page[BulkView]:
    """Newest first: one's own and those of the people below; an administrator's are the whole base's."""
    return await call.xrm.bulks.list(call.actor, **call.query)


@endpoint(
    "POST",
    BULKS,
    "bulk",
    "Prepare a bulk job",
    Need.SEND,
    body=BulkNew,
    body_limit=None,
    answer=view_schema(BulkView),
    status=201,
)
async def prepare_bulk(call: Call) -> Answer:
    """Sends nothing: the draft shows the first texts, who is left out and why, parts and price. A token needs the scope
    `admin`."""
    view = await call.xrm.bulk_preparing.prepare(call.actor, await request_of(dict(call.body)))
    return Answer(view, headers={"Location": f"{call.request.path}/{view.id}"})


@endpoint("GET", BULK, "bulk", "Show a bulk job", Need.READ, answer=view_schema(BulkView))
async def show_bulk(call: Call) -> BulkView:
    """`progress` counts where everybody is."""
    return await call.xrm.bulks.get(call.actor, call.path["id"])


@endpoint(
    "GET",
    BULK + "/rows",
    "bulk",
    "List the people of a bulk job",
    Need.READ,
    query=BulkRowsQuery,
    answer=page_schema(BulkRowView),
)
async def list_bulk_rows(call: Call) -> Page[BulkRowView]:
    """In the order of the file or of the contacts."""
    return await call.xrm.bulks.rows(call.actor, call.path["id"], **call.query)


@endpoint("POST", BULK + "/start", "bulk", "Start a bulk job", Need.SEND, answer=view_schema(BulkView))
async def start_bulk(call: Call) -> BulkView:
    return await call.xrm.bulks.start(call.actor, call.path["id"])


@endpoint("POST", BULK + "/pause", "bulk", "Pause a bulk job", Need.SEND, answer=view_schema(BulkView))
async def pause_bulk(call: Call) -> BulkView:
    """What is queued is held; what is being sent at this moment is not called back."""
    return await call.xrm.bulks.pause(call.actor, call.path["id"])


@endpoint("POST", BULK + "/resume", "bulk", "Resume a bulk job", Need.SEND, answer=view_schema(BulkView))
async def resume_bulk(call: Call) -> BulkView:
    return await call.xrm.bulks.resume(call.actor, call.path["id"])


@endpoint("POST", BULK + "/retry", "bulk", "Retry what failed of a bulk job", Need.SEND, answer=view_schema(BulkView))
async def retry_bulk(call: Call) -> BulkView:
    """Never what may have gone: see `unknown`."""
    return await call.xrm.bulks.retry(call.actor, call.path["id"])


@endpoint("POST", BULK + "/cancel", "bulk", "Cancel a bulk job", Need.SEND, answer=view_schema(BulkView))
async def cancel_bulk(call: Call) -> BulkView:
    """Sends nothing more of it, whether it has begun or not."""
    return await call.xrm.bulks.cancel(call.actor, call.path["id"])


@endpoint("GET", BULK + "/report", "bulk", "Fetch the report of a bulk job", Need.READ, answer_types=("text/csv",))
async def report_bulk(call: Call) -> Answer:
    """What became of everybody, as it stands now, as Excel opens it right."""
    pieces = [piece async for piece in call.xrm.bulks.report(call.actor, call.path["id"], language=call.language)]
    headers = {"Content-Disposition": 'attachment; filename="bulk.csv"'}
    return Answer(Binary(b"".join(pieces), "text/csv"), headers=headers)


@endpoint(
    "GET",
    SELECTIONS,
    "contacts",
    "List saved selections",
    Need.READ,
    query=PageQuery,
    answer=page_schema(SelectionView),
)
async def list_selections(call: Call) -> Page[SelectionView]:
    return await call.xrm.selections.list(call.actor, **call.query)


@endpoint(
    "PUT",
    SELECTION,
    "contacts",
    "Save a selection",
    Need.SEND,
    body=SelectionNew,
    answer=view_schema(SelectionView),
)
async def save_selection(call: Call) -> SelectionView:
    """A search under a name; whom it finds is asked anew each time."""
    return await call.xrm.selections.save(call.actor, call.path["name"], call.body["search"])


@endpoint("DELETE", SELECTION, "contacts", "Remove a selection", Need.SEND, status=204)
async def remove_selection(call: Call) -> None:
    await call.xrm.selections.remove(call.actor, call.path["name"])


@endpoint("GET", CREDIT, "accounts", "Show the credit of an account", Need.ADMIN, answer=view_schema(CreditView))
async def show_credit(call: Call) -> CreditView:
    """As the vendor told it last; it is asked every hour."""
    return await call.xrm.credits.get(call.actor, call.path["id"])


@endpoint(
    "PUT",
    CREDIT,
    "accounts",
    "Say when credit is low",
    Need.ADMIN,
    body=CreditNew,
    answer=view_schema(CreditView),
)
async def watch_credit(call: Call) -> CreditView:
    """Administrators get a mail once a day while fewer messages are left."""
    return await call.xrm.credits.warn_below(call.actor, call.path["id"], call.body["warn_below"])


@endpoint(
    "POST",
    "/bases/{base}/providers/{slug}/find-accounts",
    "providers",
    "Find the accounts of a sign-in",
    Need.ADMIN,
    query=ChannelQuery,
    body=SignInNew,
    answer=list_schema(VendorAccount),
)
async def find_accounts(call: Call) -> dict[str, list[VendorAccount]]:
    """Asks the vendor which of its accounts the sign-in opens, before one is added here. Nothing is kept."""
    found = await call.xrm.accounts.offers(
        call.actor, call.path["slug"], call.body["settings"], channel=call.query.get("channel")
    )
    return {"items": list(found)}


async def request_of(given: dict[str, Any]) -> BulkRequest:
    if "file" in given:
        given["file"] = io.BytesIO(await asyncio.to_thread(_content, given["file"]))
    if "contacts" in given:
        given["contacts"] = tuple(given["contacts"])
    if "channel" in given:
        given["channel"] = Channel(given["channel"])
    if "category" in given:
        given["category"] = Category(given["category"])
    return BulkRequest(**given)


def _content(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid.field("file", "not_base64") from error
