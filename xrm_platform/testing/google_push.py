"""Push channels: Google calls an address when a calendar changes, and says nothing more than that it did."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from .google_refusals import Refused

LONGEST_LIFE = timedelta(seconds=604_800)
PATIENCE = ClientTimeout(total=5)


@dataclass(slots=True)
class Channel:
    id: str
    resource_id: str
    resource_uri: str
    calendar: str
    address: str
    token: str
    expires_at: datetime
    messages: int = 0


class Channels:
    """The open channels of all calendars. Lost calls are lost, as in life."""

    def __init__(self) -> None:
        self.open: dict[str, Channel] = {}
        self.trusted: ssl.SSLContext | None = None
        """With it a listener of this machine may have a certificate that the world does not trust. Set it at first."""
        self._calls: set[asyncio.Task[None]] = set()
        self._http: ClientSession | None = None

    def watch(self, body: Any, calendar: str, resource_uri: str, now: datetime) -> dict[str, Any]:
        """Open a channel; its first message is `sync`. Raises `Refused`."""
        id_, address = body.get("id"), body.get("address")
        if not id_ or body.get("type") not in ("web_hook", "webhook") or not isinstance(address, str):
            raise Refused(400, "required", "id, type web_hook and address are required.")
        if id_ in self.open:
            raise Refused(400, "channelIdNotUnique", "Channel id not unique")
        if urlsplit(address).scheme != "https" and not _here(address):
            raise Refused(400, "push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {address}")
        asked = int(body.get("params", {}).get("ttl", LONGEST_LIFE.total_seconds()))
        life = min(timedelta(seconds=asked), LONGEST_LIFE)
        channel = Channel(id_, token_urlsafe(20), resource_uri, calendar, address, body.get("token") or "", now + life)
        self.open[id_] = channel
        self._call(channel, "sync")
        return {
            "kind": "api#channel",
            "id": id_,
            "resourceId": channel.resource_id,
            "resourceUri": resource_uri,
            "token": channel.token,
            "expiration": str(int(channel.expires_at.timestamp() * 1000)),
        }

    def stop(self, body: Any) -> None:
        """Close a channel, named by its id and its resource. Raises `Refused` (404)."""
        channel = self.open.get(body.get("id", ""))
        if channel is None or channel.resource_id != body.get("resourceId"):
            raise Refused(404, "notFound", f"Channel '{body.get('id')}' not found for project")
        del self.open[channel.id]

    def tell(self, calendar: str, now: datetime) -> None:
        """The calendar changed."""
        for channel in [one for one in self.open.values() if one.calendar == calendar]:
            if now < channel.expires_at:
                self._call(channel, "exists")
            else:
                del self.open[channel.id]

    async def settle(self) -> None:
        """Wait until every call that was begun is done."""
        while self._calls:
            await asyncio.gather(*self._calls)

    async def aclose(self) -> None:
        """End every call and let go of what is open."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        if self._http is not None:
            await self._http.close()
            self._http = None

    def _call(self, channel: Channel, state: str) -> None:
        channel.messages += 1
        call = asyncio.get_running_loop().create_task(self._post(channel.address, _headers(channel, state)))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _post(self, address: str, headers: Mapping[str, str]) -> None:
        if self._http is None:
            connector = TCPConnector(ssl=self.trusted) if self.trusted is not None else None
            self._http = ClientSession(timeout=PATIENCE, connector=connector)
        with contextlib.suppress(ClientError, TimeoutError):
            async with self._http.post(address, headers=headers) as answer:
                await answer.read()


def _headers(channel: Channel, state: str) -> dict[str, str]:
    headers = {
        "X-Goog-Channel-ID": channel.id,
        "X-Goog-Channel-Expiration": format_datetime(channel.expires_at.astimezone(UTC), usegmt=True),
        "X-Goog-Resource-ID": channel.resource_id,
        "X-Goog-Resource-URI": channel.resource_uri,
        "X-Goog-Resource-State": state,
        "X-Goog-Message-Number": str(channel.messages),
    }
    return {**headers, "X-Goog-Channel-Token": channel.token} if channel.token else headers


def _here(address: str) -> bool:
    """Whether `address` is this machine: then a test listens there, and may do without a certificate (our choice)."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(urlsplit(address).hostname or "").is_loopback
    return False
