"""A real CalDAV server as the contract of calendars sees it: somebody else's requests go to it directly, the driver's
through the proxy with the bad days."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import aiohttp
from icalendar import Calendar

from xrm_platform.testing.calendar_vendor import an_event

from .dav_proxy import DavProxy

DECORATION = "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC"
SPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/"'
EVERYTHING = (
    f"<C:calendar-query {SPACES}><D:prop><C:calendar-data/></D:prop>"
    '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
)


class DavVendor:
    """A `CalendarVendor`. `home` is the address, without proxy, of the collection that holds the calendars."""

    def __init__(self, proxy: DavProxy, home: str, http: aiohttp.ClientSession, auth: tuple[str, str] | None) -> None:
        self.proxy = proxy
        self.calendar_name = "Agenda"
        self.calendar_url = urljoin(home, "agenda-0/")
        self.account: dict[str, str] = {}
        """Settings that lead the driver here."""
        self._home = home
        self._http = http
        self._auth = auth
        self._down = False

    async def begin(self) -> None:
        """Make the one empty calendar."""
        await self.make_calendar(self.calendar_url, self.calendar_name)

    async def make_calendar(self, url: str, name: str, components: tuple[str, ...] = ("VEVENT",)) -> None:
        """A calendar beside the others."""
        kinds = "".join(f'<C:comp name="{component}"/>' for component in components)
        set_ = f"<C:supported-calendar-component-set>{kinds}</C:supported-calendar-component-set>"
        look = f"<D:displayname>{escape(name)}</D:displayname>"
        body = f"<C:mkcalendar {SPACES}><D:set><D:prop>{look}{set_}</D:prop></D:set></C:mkcalendar>"
        await self._ask("MKCALENDAR", url, body)

    async def clear(self) -> None:
        """Delete all calendars."""
        body = f"<D:propfind {SPACES}><D:prop><D:resourcetype/></D:prop></D:propfind>"
        root = ET.fromstring(await self._ask("PROPFIND", self._home, body))
        for response in root.iter("{DAV:}response"):
            if response.find(".//{urn:ietf:params:xml:ns:caldav}calendar") is not None:
                await self._ask("DELETE", urljoin(self._home, response.findtext("{DAV:}href")))

    # What somebody else does

    async def put(self, uid: str, title: str) -> None:
        stored = await self._stored()
        if uid not in stored:
            await self.put_text(f"{uid}.ics", an_event(uid, title))
            return
        href, text = stored[uid]
        calendar = Calendar.from_ical(text)
        for event in calendar.walk("VEVENT"):
            event["SUMMARY"] = title
        await self.put_text(href, calendar.to_ical().decode())

    async def put_text(self, href: str, text: str) -> None:
        """Write a resource of the calendar."""
        await self._ask("PUT", urljoin(self.calendar_url, href), text, "text/calendar; charset=utf-8")

    async def texts(self) -> dict[str, str]:
        """The text of each event, by UID."""
        return {uid: text for uid, (_, text) in (await self._stored()).items()}

    async def delete(self, uid: str) -> None:
        href, _ = (await self._stored())[uid]
        await self._ask("DELETE", urljoin(self.calendar_url, href))

    async def titles(self) -> Mapping[str, str]:
        texts = await self.texts()
        return {uid: str(Calendar.from_ical(text).walk("VEVENT")[0]["SUMMARY"]) for uid, text in texts.items()}

    async def decorate(self, uid: str) -> None:
        href, text = (await self._stored())[uid]
        await self.put_text(href, text.replace("END:VEVENT", f"{DECORATION}\r\nEND:VEVENT"))

    async def decorated(self, uid: str) -> bool:
        return DECORATION in (await self.texts())[uid]

    async def spoil(self, uid: str) -> None:
        self.proxy.rewrite = lambda body: body.replace(f"UID:{uid}".encode(), b"X-LOST:UID")

    async def rename_calendar(self, name: str, color: str) -> None:
        look = f"<D:displayname>{escape(name)}</D:displayname><A:calendar-color>{color}FF</A:calendar-color>"
        body = f"<D:propertyupdate {SPACES}><D:set><D:prop>{look}</D:prop></D:set></D:propertyupdate>"
        await self._ask("PROPPATCH", self.calendar_url, body)

    async def delete_calendar(self) -> None:
        await self._ask("DELETE", self.calendar_url)

    # Switches

    async def forget_cursors(self) -> None:
        self.proxy.forget_tokens()

    async def lose_next_answer(self) -> None:
        self.proxy.lose_next_answer = True

    async def cut_next_listing(self) -> None:
        self.proxy.cut_next_listing = True

    async def answer_garbage(self) -> None:
        self.proxy.garbage = True

    async def come_back(self) -> None:
        self.proxy.garbage = False

    async def refuse_credentials(self) -> None:
        self.proxy.credentials = ("nobody", "else")

    async def go_down(self) -> None:
        if not self._down:
            self._down = True
            await self.proxy.go_down()

    async def _stored(self) -> dict[str, tuple[str, str]]:
        """Href and text of each event, by UID."""
        root = ET.fromstring(await self._ask("REPORT", self.calendar_url, EVERYTHING))
        found: dict[str, tuple[str, str]] = {}
        for response in root.iter("{DAV:}response"):
            text = response.findtext(".//{urn:ietf:params:xml:ns:caldav}calendar-data")
            if text:
                uid = str(Calendar.from_ical(text).walk("VEVENT")[0]["UID"])
                found[uid] = response.findtext("{DAV:}href") or "", text
        return found

    async def _ask(self, method: str, url: str, body: str = "", kind: str = "application/xml; charset=utf-8") -> str:
        headers = {"Content-Type": kind, "Depth": "1"}
        auth = aiohttp.encode_basic_auth(*self._auth) if self._auth else None
        headers |= {"Authorization": auth} if auth else {}
        async with self._http.request(method, url, data=body.encode(), headers=headers) as response:
            told = await response.text()
            assert response.status < 300, f"{method} {url}: {response.status} {told}"
            return told
