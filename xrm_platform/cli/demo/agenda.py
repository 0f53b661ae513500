"""The part of the story about the agenda: an appointment of COM's on every calendar, changed on each side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import aiohttp
from yarl import URL

from xrm_platform.agenda import EventGiven
from xrm_platform.problems import Conflicting
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.google_vendor import GoogleVendor

from .arrivals import Verdict
from .caldav import CalDavServer
from .calendars import Seen, moved_to_another_place, seen_at_google, seen_here, seen_in_caldav
from .example import BASE, COLLABORATOR, COLOR, HOUR, LOGIN, OTHER_HOUR, SENDER_ADDRESS, VISITS, Visit
from .screen import Screen
from .stage import Company, StageIncomplete, check_account

if TYPE_CHECKING:
    from xrm_platform.app import Platform

LASTS = timedelta(hours=1)
"""An appointment of which nothing else is said."""

SECONDS = 30.0
LOOK_EVERY = 0.2


def google_stand_in(language: str) -> GoogleServer:
    """Google, as far as the demo needs it: the person of COM with one calendar."""
    return GoogleServer(email=SENDER_ADDRESS, calendar_name={"fr": "Agenda de Camille"}.get(language, "Camille"))


@dataclass(slots=True)
class Agenda:
    """COM's agenda and the calendars around it. Without a CalDAV server the rest of the story is played."""

    xrm: Platform
    screen: Screen
    company: Company
    google: GoogleServer
    caldav: CalDavServer | None
    google_account: str = ""
    caldav_account: str = ""
    google_link: str = ""
    caldav_link: str = ""
    event: str = ""
    zone: tzinfo = UTC

    async def add_accounts(self) -> None:
        """An account of each for COM, that of Google by the consent which COM gives in the browser."""
        admin, accounts = self.company.admin, self.xrm.accounts
        if self.caldav is not None:
            await self.xrm.providers.enable(admin, "ical")
            settings = {
                "url": self.caldav.url,
                "username": self.caldav.username,
                "password": self.caldav.password,
            }
            added = await accounts.add(admin, "ical", "iCal/Calendrier", settings, collaborator=COLLABORATOR)
            self.caldav_account = added.id
            await check_account(self.xrm, self.screen, admin, added.id, self.caldav.url)
        await self.xrm.providers.enable(admin, "google_calendar")
        settings = GoogleVendor(self.google).settings()
        del settings["refresh_token"]
        added = await accounts.add(admin, "google_calendar", "Google Agenda", settings, collaborator=COLLABORATOR)
        self.google_account = added.id
        await self._consent()

    async def play(self) -> bool:
        """Whether every side had every change."""
        visit = VISITS[self.xrm.config.language]
        self.zone = ZoneInfo((await self.xrm.bases.get(BASE)).time_zone)
        await self._link(visit)
        first = await self._add(visit)
        right = await self._everywhere("visit_everywhere", first)
        place = replace(first, place=visit.other_place)
        await self._change_place(place)
        right = await self._everywhere("place_everywhere", place) and right
        title = replace(place, title=visit.other_title)
        await self._change_title(title)
        right = await self._everywhere("title_everywhere", title) and right
        moved = await self._move(title)
        right = await self._everywhere("move_everywhere", moved) and right
        self.screen.calendars(await self._sides(), self.zone)
        return right

    # What happens

    async def _consent(self) -> None:
        """COM opens the provider's page and allows access; the browser brings the answer back."""
        started = await self.xrm.consents.start(self.company.collaborator, self.google_account)
        async with aiohttp.ClientSession() as browser, browser.get(started.url, allow_redirects=False) as answer:
            back = URL(answer.headers["Location"])
        checked = await self.xrm.consents.finish(
            back.query["state"], code=back.query["code"], by=self.company.collaborator
        )
        if not checked.ok:
            raise StageIncomplete("demo_account_failing", account=checked.account.name, reason="consent")
        self.screen.done("google_connected", login=LOGIN, where=self.google.url)

    async def _link(self, visit: Visit) -> None:
        actor, links = self.company.collaborator, self.xrm.calendar_links
        if self.caldav is not None:
            link = await links.link(
                actor, COLLABORATOR, account=self.caldav_account, create=visit.calendar, color=COLOR
            )
            self.caldav_link = link.id
            self.screen.done("caldav_linked", calendar=link.name, color=COLOR)
        link = await links.link(actor, COLLABORATOR, account=self.google_account)
        self.google_link = link.id
        self.screen.done("google_linked", calendar=link.name)
        for one in filter(None, (self.caldav_link, self.google_link)):
            await self._synchronise(one)

    async def _add(self, visit: Visit) -> Seen:
        start = self._at(HOUR)
        added = await self.xrm.agenda.add(
            self.company.collaborator,
            EventGiven(owner=COLLABORATOR, summary=visit.title, start=start, location=visit.place),
        )
        self.event = added.id
        self.screen.done("visit_added", code=COLLABORATOR, title=visit.title, at=start.strftime("%d/%m %H:%M"))
        return Seen(visit.title, visit.place, start.astimezone(UTC), (start + LASTS).astimezone(UTC))

    async def _change_place(self, wanted: Seen) -> None:
        """On the phone, which knows the CalDAV server; without one, in the browser."""
        if self.caldav is not None:
            ((path, text),) = (await self.caldav.events()).items()
            await self.caldav.put(path, moved_to_another_place(text, wanted.place))
            self.screen.done("place_changed_there", place=wanted.place)
            await self._synchronise(self.caldav_link)
        else:
            self.google.change(self._google_id(), location=wanted.place)
            self.screen.done("place_changed_at_google", place=wanted.place)
            await self._synchronise(self.google_link)

    async def _change_title(self, wanted: Seen) -> None:
        self.google.change(self._google_id(), summary=wanted.title)
        self.screen.done("title_changed_there", title=wanted.title)
        await self._synchronise(self.google_link)

    async def _move(self, before: Seen) -> Seen:
        """The manager's, in the agenda of the one below."""
        start = self._at(OTHER_HOUR)
        await self.xrm.agenda.change(self.company.manager, self.event, {"start": start})
        self.screen.done("visit_moved", code=COLLABORATOR, at=start.strftime("%H:%M"))
        return replace(before, starts_at=start.astimezone(UTC), ends_at=(start + LASTS).astimezone(UTC))

    async def _synchronise(self, link: str) -> None:
        """Now, and not at the next poll; a run of the worker's own is waited for."""
        for _ in range(round(SECONDS / LOOK_EVERY)):
            try:
                ran = await self.xrm.calendar_runs.sync(self.company.collaborator, link)
            except Conflicting:
                await asyncio.sleep(LOOK_EVERY)
                continue
            if ran.error_code is not None:
                self.screen.failed("sync_failed", reason=ran.error_code)
            return

    # How it looks

    async def _everywhere(self, sentence: str, wanted: Seen) -> bool:
        """Wait until every side shows what is wanted, and nothing else."""

        async def agreed() -> bool:
            return all(seen == (wanted,) for _, seen in await self._sides())

        with self.screen.waiting("waiting_for_calendars"):
            right = await until(agreed, SECONDS)
        self.screen.verdicts([Verdict(sentence, right)])
        return right

    async def _sides(self) -> Sequence[tuple[str, tuple[Seen, ...]]]:
        """What each side holds, by the code of its name."""
        listed = await self.xrm.agenda.list(self.company.collaborator, owner=COLLABORATOR)
        here = tuple(seen for event in listed.items if (seen := seen_here(event)) is not None)
        sides = [("side_here", here), ("side_google", seen_at_google(self.google.events.values()))]
        if self.caldav is not None:
            sides.insert(1, ("side_caldav", seen_in_caldav((await self.caldav.events()).values())))
        return sides

    def _google_id(self) -> str:
        (id_,) = self.google.events
        return id_

    def _at(self, hour: int) -> datetime:
        """Tomorrow at `hour` in the zone of the base."""
        tomorrow = datetime.now(self.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(hour), self.zone)


async def until(is_so: Callable[[], Awaitable[bool]], seconds: float) -> bool:
    """Look again and again; whether it came true in time."""
    for _ in range(round(seconds / LOOK_EVERY)):
        if await is_so():
            return True
        await asyncio.sleep(LOOK_EVERY)
    return False
