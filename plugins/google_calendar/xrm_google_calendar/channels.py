"""Push channels: Google calls an address when a calendar changed, without saying what changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from xrm_platform.providers import BadResponse, NotFound, PushChannel, PushHint

from .client import GoogleClient

STATES = frozenset({"sync", "exists", "not_exists"})
LONGEST_NAME = 256


async def watch(client: GoogleClient, calendar: str, address: str, secret: str) -> PushChannel:
    """Open a channel. Google has no renewal: open a new one before this one ends, then close this one."""
    id_ = str(uuid.uuid4())
    body = {"id": id_, "type": "web_hook", "address": address, "token": secret}
    told = await client.write("POST", "calendars", calendar, "events", "watch", body=body)
    try:
        expires_at = datetime.fromtimestamp(int(told["expiration"]) / 1000, UTC)
        return PushChannel(id=id_, resource=str(told["resourceId"]), expires_at=expires_at)
    except (KeyError, ValueError, TypeError, OverflowError, OSError) as error:
        raise BadResponse(detail=type(error).__name__) from error


async def unwatch(client: GoogleClient, channel: PushChannel) -> None:
    """Close a channel; one that Google no longer knows is closed."""
    try:
        await client.write("POST", "channels", "stop", body={"id": channel.id, "resourceId": channel.resource})
    except NotFound:
        return


def parse(headers: Mapping[str, str]) -> PushHint:
    """A call of Google's: all of it is in the headers. Raises `BadResponse` for any other."""
    named = {name.lower(): value for name, value in headers.items()}
    channel, state = named.get("x-goog-channel-id", ""), named.get("x-goog-resource-state", "")
    if not 0 < len(channel) <= LONGEST_NAME or state not in STATES:
        raise BadResponse("no_push")
    return PushHint(channel=channel, secret=named.get("x-goog-channel-token", ""), opened=state == "sync")
