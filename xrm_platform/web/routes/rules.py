"""What may be sent to whom and when: the rules of the base, opt-outs, pauses, prices, and what is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from xrm_platform.messaging.held import PausedSenderView
from xrm_platform.messaging.rules.opt_outs import OptOutView
from xrm_platform.messaging.rules.pricing import PriceView
from xrm_platform.messaging.rules.settings import RulesChanges, RulesView
from xrm_platform.messaging.views import MessageDetail
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Need, endpoint
from xrm_platform.web.schemas.answers import list_schema, page_schema, view_schema
from xrm_platform.web.schemas.queries import HeldQuery, OptOutsQuery
from xrm_platform.web.schemas.rules import OptOutLift, OptOutNew, PriceNew, RulesChange

from .messages import MESSAGE, SmsPauseView

RULES = "/bases/{base}/rules"
OPT_OUTS = "/bases/{base}/opt-outs"
SENDER_PAUSE = "/bases/{base}/collaborators/{code}/sms-pause"
HELD = "/bases/{base}/held"
PRICE = "/bases/{base}/accounts/{id}/price"


@dataclass(frozen=True, slots=True)
class HeldCountView:
    """How many held messages were released or discarded."""

    messages: int


@endpoint("GET", RULES, "rules", "Show the rules of sending", Need.READ, answer=view_schema(RulesView))
async def show_rules(call: Call) -> RulesView:
    return await call.xrm.rules.get(call.actor)


@endpoint(
    "PATCH", RULES, "rules", "Change the rules of sending", Need.ADMIN, body=RulesChange, answer=view_schema(RulesView)
)
async def change_rules(call: Call) -> RulesView:
    """What is left out stays as it is; lists replace those before."""
    return await call.xrm.rules.change(call.actor, cast("RulesChanges", call.body))


@endpoint("GET", OPT_OUTS, "opt-outs", "List opt-outs", Need.READ, query=OptOutsQuery, answer=page_schema(OptOutView))
async def list_opt_outs(call: Call) -> Page[OptOutView]:
    """Those in force, newest first."""
    return await call.xrm.opt_outs.list(call.actor, **call.query)


@endpoint(
    "POST",
    OPT_OUTS,
    "opt-outs",
    "Note that somebody opted out",
    Need.SEND,
    body=OptOutNew,
    answer=view_schema(OptOutView),
    status=201,
)
async def add_opt_out(call: Call) -> Answer:
    """Noted already is noted: the answer is the opt-out that is in force."""
    given = dict(call.body)
    return Answer(await call.xrm.opt_outs.add(call.actor, given.pop("channel"), given.pop("address"), **given))


@endpoint("POST", OPT_OUTS + "/{id}/lift", "opt-outs", "Lift an opt-out", Need.ADMIN, body=OptOutLift, status=204)
async def lift_opt_out(call: Call) -> None:
    """Somebody wants messages again; the audit keeps the reason."""
    await call.xrm.opt_outs.lift(call.actor, call.path["id"], reason=call.body["reason"])


@endpoint(
    "GET",
    "/bases/{base}/sms/paused-senders",
    "sms",
    "List the collaborators whose SMS are held",
    Need.READ,
    answer=list_schema(PausedSenderView),
)
async def list_paused_senders(call: Call) -> dict[str, list[PausedSenderView]]:
    return {"items": list(await call.xrm.sms_pause.paused_senders(call.actor))}


@endpoint("PUT", SENDER_PAUSE, "sms", "Hold the SMS of a collaborator", Need.ADMIN, answer=view_schema(SmsPauseView))
async def pause_sender(call: Call) -> SmsPauseView:
    """Nothing is dropped: what is waiting and what comes meanwhile is held."""
    return SmsPauseView(paused=True, messages=await call.xrm.sms_pause.pause(call.actor, call.path["code"]))


@endpoint(
    "DELETE",
    SENDER_PAUSE,
    "sms",
    "Let the SMS of a collaborator go again",
    Need.ADMIN,
    answer=view_schema(SmsPauseView),
)
async def release_sender(call: Call) -> SmsPauseView:
    """Lifts the pause of the collaborator, and lets go what only that held."""
    return SmsPauseView(paused=False, messages=await call.xrm.sms_pause.release(call.actor, call.path["code"]))


@endpoint(
    "POST", MESSAGE + "/release", "messages", "Release a held message", Need.SEND, answer=view_schema(MessageDetail)
)
async def release_message(call: Call) -> MessageDetail:
    """Refused (409) while what holds it is in force. To discard it, cancel it."""
    await call.xrm.held.release(call.actor, call.path["id"])
    return await call.xrm.messages.get(call.actor, call.path["id"])


@endpoint("POST", HELD + "/release", "messages", "Release what is held", Need.ADMIN, answer=view_schema(HeldCountView))
async def release_held(call: Call) -> HeldCountView:
    """All that nothing holds any more, such as what was held in test mode."""
    return HeldCountView(await call.xrm.held.release_all(call.actor))


@endpoint(
    "POST",
    HELD + "/discard",
    "messages",
    "Discard what is held",
    Need.ADMIN,
    query=HeldQuery,
    answer=view_schema(HeldCountView),
)
async def discard_held(call: Call) -> HeldCountView:
    """Cancels all that is held, or what is held of one collaborator."""
    return HeldCountView(await call.xrm.held.discard_all(call.actor, **call.query))


@endpoint("GET", PRICE, "accounts", "Show the price of an SMS", Need.READ, answer=view_schema(PriceView))
async def show_price(call: Call) -> PriceView:
    """Of one part to one recipient by this account."""
    return await call.xrm.prices.get(call.actor, call.path["id"])


@endpoint("PUT", PRICE, "accounts", "Set the price of an SMS", Need.ADMIN, body=PriceNew, answer=view_schema(PriceView))
async def set_price(call: Call) -> PriceView:
    return await call.xrm.prices.set(call.actor, call.path["id"], **call.body)


@endpoint("DELETE", PRICE, "accounts", "Remove the price of an SMS", Need.ADMIN, status=204)
async def remove_price(call: Call) -> None:
    await call.xrm.prices.set(call.actor, call.path["id"], None)
