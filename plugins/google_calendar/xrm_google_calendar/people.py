"""Who takes part: ATTENDEE and ORGANIZER of iCalendar, `attendees` and `organizer` of Google."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icalendar import Event
from icalendar.prop.cal_address import vCalAddress

from .properties import every

PARTSTAT = {
    "NEEDS-ACTION": "needsAction",
    "ACCEPTED": "accepted",
    "DECLINED": "declined",
    "TENTATIVE": "tentative",
}
RESPONSE = {response: partstat for partstat, response in PARTSTAT.items()}


def to_google(event: Event) -> list[dict[str, Any]] | None:
    """Guests with a mail address, each once, in the order of these; Google knows no others. None without any."""
    guests: dict[str, dict[str, Any]] = {}
    for value in every(event, "ATTENDEE"):
        email = address(str(value))
        if email is not None:
            guests.setdefault(email, _guest(email, getattr(value, "params", {})))
    return [guests[email] for email in sorted(guests)] or None


def address(written: str) -> str | None:
    """The mail address of `mailto:…` in lower case, None for what is none."""
    scheme, _, rest = written.strip().partition(":")
    email = rest.strip().lower()
    name, at, host = email.rpartition("@")
    fits = scheme.lower() == "mailto" and name and at and "." in host.strip(".")
    return email if fits and not set(email) & set(' ,;:<>"()[]\\\t') and name.count("@") == 0 else None


def _guest(email: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    guest: dict[str, Any] = {
        "email": email,
        "responseStatus": PARTSTAT.get(str(parameters.get("PARTSTAT", "")).upper(), "needsAction"),
    }
    name = str(parameters.get("CN", "")).strip('" ')
    if name and name.lower() != email:
        guest["displayName"] = name
    if str(parameters.get("ROLE", "")).upper() == "OPT-PARTICIPANT":
        guest["optional"] = True
    if str(parameters.get("CUTYPE", "")).upper() in ("RESOURCE", "ROOM"):
        guest["resource"] = True
    comment = str(parameters.get("X-RESPONSE-COMMENT", "")).strip('"')
    if comment:
        guest["comment"] = comment
    more = str(parameters.get("X-NUM-GUESTS", "0"))
    if more.isdecimal() and int(more):
        guest["additionalGuests"] = int(more)
    return guest


def from_google(item: Mapping[str, Any], event: Event) -> None:
    """Write the guests of `item` into `event`."""
    for guest in item.get("attendees") or []:
        if not isinstance(guest, Mapping) or not guest.get("email"):
            continue
        attendee = vCalAddress(f"mailto:{str(guest['email']).lower()}")
        attendee.params["PARTSTAT"] = RESPONSE.get(str(guest.get("responseStatus")), "NEEDS-ACTION")
        if guest.get("displayName"):
            attendee.params["CN"] = _parameter(guest["displayName"])
        if guest.get("optional"):
            attendee.params["ROLE"] = "OPT-PARTICIPANT"
        if guest.get("resource"):
            attendee.params["CUTYPE"] = "RESOURCE"
        if guest.get("comment"):
            attendee.params["X-RESPONSE-COMMENT"] = _parameter(guest["comment"])
        if guest.get("additionalGuests"):
            attendee.params["X-NUM-GUESTS"] = str(guest["additionalGuests"])
        event.add("ATTENDEE", attendee)


def organizer_from_google(item: Mapping[str, Any], event: Event) -> None:
    """Write who organises, if that is somebody else. The account itself is not named: to other calendar servers an
    ORGANIZER is an order to invite."""
    organizer = item.get("organizer") or {}
    if organizer.get("email") and not organizer.get("self"):
        written = vCalAddress(f"mailto:{organizer['email']}")
        if organizer.get("displayName"):
            written.params["CN"] = _parameter(organizer["displayName"])
        event.add("ORGANIZER", written)


def _parameter(value: object) -> str:
    """RFC 5545 §3.1 and RFC 6868: no control characters and no double quotes in a parameter."""
    return "".join(character for character in str(value).replace('"', "'") if character.isprintable())
