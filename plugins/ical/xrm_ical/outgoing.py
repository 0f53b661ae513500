"""What is changed in a text before a server gets it. Everything else stays as the platform wrote it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from xrm_platform.providers import Unsupported

from .ics import UnreadableError, name_of, uid_of, unfolded, written

CLIENT_SENDS = ";SCHEDULE-AGENT=CLIENT"
"""RFC 6638 §7.1: the server leaves it to us to tell this person. `NONE` would say it better and is not honoured by
sabre/dav, hence not by Nextcloud."""


def storable(ical: str) -> tuple[str, str]:
    """The text as a server may store it (RFC 4791 §4.1: without METHOD), and its UID.

    Raises `Unsupported` for a text that is not one event.
    """
    try:
        uid = uid_of(ical)
    except UnreadableError as error:
        raise Unsupported(error.reason) from error
    if not any(name_of(line) == "METHOD" for line in unfolded(ical)):
        return ical, uid
    return written(line for line in unfolded(ical) if name_of(line) != "METHOD"), uid


def names_people(ical: str) -> bool:
    """Whether a server that sends invitations would have somebody to send one to."""
    return any(name_of(line) == "ATTENDEE" for line in unfolded(ical))


def inviting_nobody(ical: str, before: Iterable[str] = ()) -> str:
    """The text for a server that sends invitations by itself: it must not, for the platform does. People whose lines
    were there `before` keep them: who invited them goes on telling them."""
    known = set(before)
    lines = (line if line in known else _left_to_us(line) for line in unfolded(ical))
    return written(lines)


def _left_to_us(line: str) -> str:
    name = name_of(line)
    if name not in {"ATTENDEE", "ORGANIZER"} or "SCHEDULE-AGENT" in line.upper():
        return line
    return line[: len(name)] + CLIENT_SENDS + line[len(name) :]
