"""Templates of mail and SMS, and how much an account may send in an hour and in a day."""

from __future__ import annotations

from xrm_platform.messaging.limits.limits import LimitView
from xrm_platform.messaging.templates.views import TemplatePreview, TemplateView
from xrm_platform.providers import Channel
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Need, endpoint
from xrm_platform.web.schemas.answers import page_schema, view_schema
from xrm_platform.web.schemas.mailings import LimitNew, PreviewQuery, TemplateChange, TemplateNew
from xrm_platform.web.schemas.queries import PageQuery

TEMPLATES = "/bases/{base}/templates"
TEMPLATE = TEMPLATES + "/{id}"
LIMITS = "/bases/{base}/accounts/{id}/limits"


@endpoint(
    "GET",
    TEMPLATES,
    "templates",
    "List templates",
    Need.READ,
    query=PageQuery,
    answer=page_schema(TemplateView),
)
async def list_templates(call: Call) -> Page[TemplateView]:
    """Those of the base and one's own; administrators see everybody's."""
    return await call.xrm.templates.list(call.actor, **call.query)


@endpoint(
    "POST",
    TEMPLATES,
    "templates",
    "Add a template",
    Need.SEND,
    body=TemplateNew,
    body_limit=None,
    answer=view_schema(TemplateView),
    status=201,
)
async def add_template(call: Call) -> Answer:
    """People add their own; administrators those of the base. A field that no contact has is refused at once."""
    given = dict(call.body)
    given["channel"] = Channel(given.get("channel", "mail"))
    view = await call.xrm.templates.create(call.actor, given.pop("name"), **given)
    return Answer(view, headers={"Location": f"{call.request.path}/{view.id}"})


@endpoint("GET", TEMPLATE, "templates", "Show a template", Need.READ, answer=view_schema(TemplateView))
async def show_template(call: Call) -> TemplateView:
    return await call.xrm.templates.get(call.actor, call.path["id"])


@endpoint(
    "PATCH",
    TEMPLATE,
    "templates",
    "Change a template",
    Need.SEND,
    body=TemplateChange,
    body_limit=None,
    answer=view_schema(TemplateView),
)
async def change_template(call: Call) -> TemplateView:
    """What was prepared with it stays as it was."""
    return await call.xrm.templates.change(call.actor, call.path["id"], call.body)


@endpoint("DELETE", TEMPLATE, "templates", "Remove a template", Need.SEND, status=204)
async def remove_template(call: Call) -> None:
    await call.xrm.templates.remove(call.actor, call.path["id"])


@endpoint(
    "GET",
    TEMPLATE + "/preview",
    "templates",
    "Preview a template",
    Need.READ,
    query=PreviewQuery,
    answer=view_schema(TemplatePreview),
)
async def preview_template(call: Call) -> TemplatePreview:
    """As a contact would get it; refused where the contact lacks the value of a field."""
    return await call.xrm.templates.preview(call.actor, call.path["id"], **call.query)


@endpoint("GET", LIMITS, "accounts", "Show the limits of an account", Need.READ, answer=view_schema(LimitView))
async def show_limits(call: Call) -> LimitView:
    """Recipients within any hour and any day, and how many it has written to."""
    return await call.xrm.sending_limits.get(call.actor, call.path["id"])


@endpoint("PUT", LIMITS, "accounts", "Limit an account", Need.ADMIN, body=LimitNew, answer=view_schema(LimitView))
async def set_limits(call: Call) -> LimitView:
    """What is beyond a limit waits, and goes when there is room again."""
    return await call.xrm.sending_limits.set(
        call.actor, call.path["id"], hourly=call.body.get("hourly"), daily=call.body.get("daily")
    )
