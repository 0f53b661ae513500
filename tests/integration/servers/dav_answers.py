"""What a CalDAV server answers, for scripts: multistatus bodies, and the place where one calendar is."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from .scripted import Answer, Said

HOME, CALENDAR = "/cal/com/", "/cal/com/agenda/"

SPACES = (
    'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:S="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/"'
)
IS_CALENDAR = "<resourcetype><collection/><C:calendar/></resourcetype>"
REPORT = "<supported-report><report><sync-collection/></report></supported-report>"
SYNCS = f"<supported-report-set>{REPORT}</supported-report-set>"


def multistatus(*responses: str, token: str = "") -> str:
    told = f"<sync-token>{token}</sync-token>" if token else ""
    return f'<?xml version="1.0"?><multistatus {SPACES}>{"".join(responses)}{told}</multistatus>'


def found(href: str, properties: str, status: str = "HTTP/1.1 200 OK") -> str:
    propstat = f"<propstat><prop>{properties}</prop><status>{status}</status></propstat>"
    return f"<response><href>{escape(href)}</href>{propstat}</response>"


def gone(href: str, status: int = 404) -> str:
    return f"<response><href>{escape(href)}</href><status>HTTP/1.1 {status} Not Found</status></response>"


def versions(etags: dict[str, str]) -> str:
    """The answer to a listing of the calendar."""
    members = (found(f"{CALENDAR}{name}", f"<getetag>{etag}</getetag>") for name, etag in etags.items())
    return multistatus(found(CALENDAR, IS_CALENDAR), *members)


def texts(items: dict[str, tuple[str, str]]) -> str:
    """The answer to a multiget: etag and text by name."""
    return multistatus(
        *(
            found(f"{CALENDAR}{name}", f"<getetag>{etag}</getetag><C:calendar-data>{escape(text)}</C:calendar-data>")
            for name, (etag, text) in items.items()
        )
    )


def state(*, token: str = "", tag: str = "") -> str:
    """The answer about the calendar itself."""
    told = f"<sync-token>{token}</sync-token>{SYNCS}" if token else ""
    return multistatus(found(CALENDAR, IS_CALENDAR + told + (f"<S:getctag>{tag}</S:getctag>" if tag else "")))


def one_calendar() -> dict[str, Answer | list[Answer]]:
    """A script for a server with one calendar, whose address is known to the driver as that of the account."""
    look = f"<displayname>Agenda</displayname>{IS_CALENDAR}"
    principal = "<current-user-principal><href>/me/</href></current-user-principal>"
    home = f"<C:calendar-home-set><href>{HOME}</href></C:calendar-home-set>"
    return {
        "PROPFIND /.well-known/caldav": Said(status=301, headers={"Location": "/dav/"}),
        "PROPFIND /dav/": Said(multistatus(found("/dav/", principal))),
        "PROPFIND /me/": Said(multistatus(found("/me/", home))),
        f"PROPFIND {HOME}": Said(multistatus(found(HOME, "<resourcetype/>"), found(CALENDAR, look))),
    }


def names(etags: Sequence[str]) -> dict[str, str]:
    return {f"{number}.ics": etag for number, etag in enumerate(etags)}
