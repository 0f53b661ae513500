"""What came in, and whole conversations."""

from __future__ import annotations

from dataclasses import dataclass

from xrm_platform.messaging.inbound.views import ConversationEntry, InboundView
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Need, endpoint
from xrm_platform.web.schemas.answers import page_schema, view_schema
from xrm_platform.web.schemas.queries import PageQuery

BASE = "/bases/{base}"


@dataclass(frozen=True, slots=True)
class PushAddressView:
    """The address to enter at the vendor. It is shown this once."""

    address: str


@endpoint(
    "GET", BASE + "/inbox", "messages", "What came in", Need.READ, query=PageQuery, answer=page_schema(InboundView)
)
async def list_inbox(call: Call) -> Page[InboundView]:
    """Newest first. Of a number that several contacts share, all are named."""
    return await call.xrm.inbox.list(call.actor, **call.query)


@endpoint(
    "GET",
    BASE + "/contacts/{id}/conversation",
    "contacts",
    "The conversation with a contact",
    Need.READ,
    query=PageQuery,
    answer=page_schema(ConversationEntry),
)
async def show_conversation(call: Call) -> Page[ConversationEntry]:
    """Everything that went to one of the contact's numbers and addresses, or came from one, newest first."""
    return await call.xrm.inbox.with_contact(call.actor, call.path["id"], **call.query)


@endpoint(
    "GET",
    BASE + "/conversations/{number}",
    "messages",
    "The conversation with a number",
    Need.READ,
    query=PageQuery,
    answer=page_schema(ConversationEntry),
)
async def show_conversation_with_number(call: Call) -> Page[ConversationEntry]:
    """Whether a contact has the number or not."""
    return await call.xrm.inbox.with_number(call.actor, call.path["number"], **call.query)


@endpoint(
    "POST",
    BASE + "/accounts/{id}/push-address",
    "accounts",
    "Make the address at which the vendor calls",
    Need.ADMIN,
    answer=view_schema(PushAddressView),
    status=201,
)
async def make_push_address(call: Call) -> PushAddressView:
    """An earlier address of the account is no longer valid."""
    return PushAddressView(await call.xrm.pushes.new_address(call.actor, call.path["id"]))
