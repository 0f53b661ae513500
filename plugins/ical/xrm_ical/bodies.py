"""Bodies of WebDAV and CalDAV requests (RFC 4918, 4791, 5689, 6578). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax import saxutils

from .colors import to_server

_SPACES = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" '
    'xmlns:S="http://calendarserver.org/ns/" xmlns:A="http://apple.com/ns/ical/"'
)


_UNSAYABLE = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""What XML 1.0 §2.2 has no way to say."""


def escape(text: str) -> str:
    """`text` as the content of an element."""
    return saxutils.escape(_UNSAYABLE.sub("", text))


def _document(root: str, inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{root} {_SPACES}>{inside}</{root}>'.encode()


def _propfind(*names: str) -> bytes:
    return _document("D:propfind", f"<D:prop>{''.join(f'<{name}/>' for name in names)}</D:prop>")


WHO_AM_I = _propfind("D:current-user-principal", "D:resourcetype", "C:calendar-home-set")
HOMES = _propfind("C:calendar-home-set")
CALENDARS = _propfind(
    "D:resourcetype",
    "D:displayname",
    "A:calendar-color",
    "C:supported-calendar-component-set",
    "D:current-user-privilege-set",
    "C:calendar-timezone",
)
STATE = _propfind("D:resourcetype", "D:sync-token", "S:getctag", "D:supported-report-set")
VERSIONS = _propfind("D:resourcetype", "D:getetag")


def sync_collection(token: str) -> bytes:
    """What changed since `token`. Without `DAV:limit`: servers that know it drop what is beyond (seen with Xandikos and
    Nextcloud), the others ignore it."""
    return _document(
        "D:sync-collection",
        f"<D:sync-token>{escape(token)}</D:sync-token><D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop>",
    )


def multiget(paths: Sequence[str]) -> bytes:
    """The text and version of these."""
    hrefs = "".join(f"<D:href>{escape(path)}</D:href>" for path in paths)
    return _document("C:calendar-multiget", f"<D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}")


def with_uid(uid: str) -> bytes:
    """Where the event with this UID is (RFC 4791 §7.8.6)."""
    match = f'<C:text-match collation="i;octet">{escape(uid)}</C:text-match>'
    event = f'<C:comp-filter name="VEVENT"><C:prop-filter name="UID">{match}</C:prop-filter></C:comp-filter>'
    return _document(
        "C:calendar-query",
        f'<D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR">{event}</C:comp-filter></C:filter>',
    )


def new_calendar(name: str, color: str | None) -> bytes:
    """MKCALENDAR for a calendar of events."""
    events = '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>'
    return _document("C:mkcalendar", f"<D:set><D:prop>{_look(name, color)}{events}</D:prop></D:set>")


def new_look(name: str, color: str | None) -> bytes:
    """PROPPATCH of name and, unless it is None, colour."""
    return _document("D:propertyupdate", f"<D:set><D:prop>{_look(name, color)}</D:prop></D:set>")


def _look(name: str, color: str | None) -> str:
    colored = f"<A:calendar-color>{to_server(color)}</A:calendar-color>" if color else ""
    return f"<D:displayname>{escape(name)}</D:displayname>{colored}"
