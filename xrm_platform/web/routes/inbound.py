"""What came in, and whole conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from xrm_platform.messaging.inbound.views import ConversationEntry, InboundDetail, InboundView
from xrm_platform.messaging.mail.errors import AddressInErrorView
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Binary, Need, endpoint
from xrm_platform.web.schemas.answers import list_schema, page_schema, view_schema
from xrm_platform.web.schemas.queries import InboundQuery, InboxQuery, PageQuery

BASE = "/bases/{base}"
INBOUND = BASE + "/inbox/{id}"

SHOWN_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True, slots=True)
class PushAddressView:
    """The address to enter at the vendor. It is shown this once."""

    address: str


@endpoint(
    "GET", BASE + "/inbox", "messages", "What came in", Need.READ, query=InboxQuery, answer=page_schema(InboundView)
)
async def list_inbox(call: Call) -> Page[InboundView]:
    """Newest first. Of a number or an address that several contacts share, all are named."""
    return await call.xrm.inbox.list(call.actor, **call.query)


@endpoint(
    "GET",
    INBOUND,
    "messages",
    "Show a message that came in",
    Need.READ,
    query=InboundQuery,
    answer=view_schema(InboundDetail),
)
async def show_inbound(call: Call) -> InboundDetail:
    """With its HTML cleaned, fit to be shown; images of the mail itself are addresses of this API."""
    base, inbound = call.path["base"], call.path["id"]

    def file_url(file_id: str) -> str:
        return f"/api/v1/bases/{quote(base, safe='')}/inbox/{inbound}/files/{file_id}"

    return await call.xrm.opening.show(call.actor, inbound, file_url=file_url, **call.query)


@endpoint(
    "GET",
    INBOUND + "/files/{file}",
    "messages",
    "Fetch a file of a mail that came in",
    Need.READ,
    answer_types=("application/octet-stream", *SHOWN_TYPES),
)
async def fetch_received_file(call: Call) -> Answer:
    """To be saved, whatever it says that it is: only plain images may be shown by a browser."""
    file = await call.xrm.opening.file(call.actor, call.path["id"], call.path["file"])
    shown = file.content_type in SHOWN_TYPES
    content_type = file.content_type if shown else "application/octet-stream"
    disposition = f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(file.filename, safe='')}"
    return Answer(Binary(file.content, content_type), headers={"Content-Disposition": disposition})


@endpoint(
    "GET",
    INBOUND + "/thread",
    "messages",
    "The mails that belong together",
    Need.READ,
    answer=list_schema(ConversationEntry),
)
async def show_thread(call: Call) -> dict[str, Sequence[ConversationEntry]]:
    """Whoever wrote them, oldest first."""
    return {"items": await call.xrm.opening.thread(call.actor, call.path["id"])}


@endpoint(
    "GET",
    BASE + "/mail-addresses-in-error",
    "messages",
    "Mail addresses that there are not",
    Need.READ,
    query=PageQuery,
    answer=page_schema(AddressInErrorView),
)
async def list_addresses_in_error(call: Call) -> Page[AddressInErrorView]:
    """Of which a server said so for good; a full mailbox is none of them. By address."""
    return await call.xrm.addresses_in_error.list(call.actor, **call.query)


@endpoint(
    "DELETE",
    BASE + "/mail-addresses-in-error/{address}",
    "messages",
    "Take a mail address for right again",
    Need.SEND,
    status=204,
)
async def forgive_address(call: Call) -> None:
    """Mail that comes from an address does so too."""
    await call.xrm.addresses_in_error.forgive(call.actor, call.path["address"])


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
    BASE + "/conversations/{address}",
    "messages",
    "The conversation with a number or a mail address",
    Need.READ,
    query=PageQuery,
    answer=page_schema(ConversationEntry),
)
async def show_conversation_with_address(call: Call) -> Page[ConversationEntry]:
    """Whether a contact has it or not."""
    return await call.xrm.inbox.with_address(call.actor, call.path["address"], **call.query)


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
