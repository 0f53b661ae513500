"""Reading `DAV:multistatus` (RFC 4918 §13), which no two servers write alike. Names are told by namespace, never by
prefix; what is not understood is passed over, what is not XML at all raises. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from xrm_platform.providers import BadResponse

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
CALENDARSERVER = "{http://calendarserver.org/ns/}"
APPLE = "{http://apple.com/ns/ical/}"

_STATUS = re.compile(r"(?:^|\s)([1-5]\d\d)(?:\s|$)")
_FORBIDDEN = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2\d|3[01]));", re.IGNORECASE
)
"""Characters that XML 1.0 §2.2 does not have, as they are or as references: one of them in one event must not hide
the others."""


@dataclass(frozen=True, slots=True)
class Response:
    """One resource: its href as written, its own status if it has one, the properties that were found."""

    href: str
    status: int | None
    found: Mapping[str, Element]
    refused: Mapping[str, int]
    errors: frozenset[str]

    def text(self, name: str) -> str | None:
        """The text of a property, None if it was not found or is empty."""
        element = self.found.get(name)
        return (element.text or "").strip() or None if element is not None else None

    def raw_text(self, name: str) -> str | None:
        """The text of a property with every blank in its place, None if it was not found."""
        element = self.found.get(name)
        return None if element is None else (element.text or "")

    def names(self, name: str) -> frozenset[str]:
        """Names of what a property holds, at any depth."""
        element = self.found.get(name)
        return frozenset() if element is None else frozenset(each.tag for each in element.iter() if each is not element)

    def href_in(self, name: str) -> str | None:
        """The first `DAV:href` in a property."""
        return next(iter(self.hrefs_in(name)), None)

    def hrefs_in(self, name: str) -> list[str]:
        """Each `DAV:href` in a property."""
        element = self.found.get(name)
        if element is None:
            return []
        return [text for each in element.iter(f"{DAV}href") if (text := (each.text or "").strip())]


@dataclass(frozen=True, slots=True)
class Multistatus:
    responses: tuple[Response, ...]
    sync_token: str | None = None


def read_multistatus(body: bytes) -> Multistatus:
    """The answer to PROPFIND, PROPPATCH or REPORT. Raises `BadResponse` for what is no whole multistatus."""
    root = _parsed(body)
    if root is None or root.tag != f"{DAV}multistatus":
        raise BadResponse("not_caldav", detail=_beginning(body))
    responses = (_response(element) for element in root.findall(f"{DAV}response"))
    token = root.findtext(f"{DAV}sync-token")
    return Multistatus(tuple(each for each in responses if each is not None), (token or "").strip() or None)


def error_names(body: bytes) -> frozenset[str]:
    """Names of the conditions that a `DAV:error` body says were not met (RFC 4918 §16); none for another body."""
    root = _parsed(body)
    if root is None:
        return frozenset()
    found = [root] if root.tag == f"{DAV}error" else root.findall(f".//{DAV}error")
    return frozenset(each.tag for error in found for each in error)


def _response(element: Element) -> Response | None:
    href = (element.findtext(f"{DAV}href") or "").strip()
    if not href:
        return None
    found: dict[str, Element] = {}
    refused: dict[str, int] = {}
    for propstat in element.findall(f"{DAV}propstat"):
        status = _status(propstat.findtext(f"{DAV}status"))
        for prop in propstat.findall(f"{DAV}prop"):
            if status is None or 200 <= status < 300:
                found |= {each.tag: each for each in prop}
            else:
                refused |= {each.tag: status for each in prop}
    errors = frozenset(each.tag for error in element.iter(f"{DAV}error") for each in error)
    return Response(href, _status(element.findtext(f"{DAV}status")), found, refused, errors)


def _status(line: str | None) -> int | None:
    """The number in `HTTP/1.1 200 OK`, however much of it a server writes."""
    number = _STATUS.search(line or "")
    return int(number[1]) if number else None


def _parsed(body: bytes) -> Element | None:
    for attempt in (body.strip(), _FORBIDDEN.sub(b" ", body.strip())):
        try:
            root: Element = fromstring(attempt, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError, LookupError):
            continue
        return root
    return None


def _beginning(body: bytes) -> str:
    return body[:200].decode(errors="replace")
