"""`xrm calendars`, every verb run for real, against Radicale."""

from __future__ import annotations

import base64
import re
import urllib.request
from urllib.parse import urljoin

import pytest
from servers.radicale import radicale

from xrm_platform.agenda.drawing import MAX_TEXT
from xrm_platform.testing.calendar_vendor import vcalendar, vevent

USER, PASSWORD = "com", "s3cret"
NAME = "Agenda de Léa"
WHEN = ("DTSTART:20990310T090000Z", "DTEND:20990310T100000Z")


@pytest.fixture(scope="module")
def server():
    with radicale() as running:
        yield running


class Phone:
    """Whoever else has the calendar: what is in it, and changes made there, by plain HTTP."""

    def __init__(self, root, user):
        self.root = root
        self._sign_in = "Basic " + base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()

    def call(self, method, path, body=None, **headers):
        given = {"Authorization": self._sign_in, **headers}
        request = urllib.request.Request(urljoin(self.root, path), data=body, headers=given, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def put(self, path, uid, title, *more):
        text = vcalendar(*vevent(uid, title, WHEN[1], *more, start=WHEN[0]))
        self.call("PUT", path + uid + ".ics", text.encode(), **{"Content-Type": "text/calendar"})

    def titles(self, path):
        return sorted(re.findall(r"SUMMARY:(.*?)\r?\n", self.call("GET", path)))

    def empty(self, path):
        listing = self.call("PROPFIND", path, Depth="1")
        for href in set(re.findall(r"<(?:\w+:)?href>([^<]+\.ics)</", listing)):
            self.call("DELETE", href)


@pytest.fixture
def calendars(xrm):
    def call(verb, *arguments, **more):
        return xrm("calendars", verb, *arguments, "--base", "ACME", **more)

    return call


@pytest.fixture
def phone(xrm, server, request):
    """An account of COM on the server, in whose name nothing is there yet; and who else is signed in there."""
    user = f"{USER}{len(request.node.name)}"
    server.let_in(user, PASSWORD)
    assert xrm("providers", "enable", "ical", "--base", "ACME").code == 0
    added = xrm(
        *("accounts", "add", "ical", "--base", "ACME", "--collaborator", "COM", "--name", "Radicale"),
        *("--set", f"url={server.url}", "--set", f"username={user}", "--secret", "password=-"),
        stdin=f"{PASSWORD}\n",
    )
    assert added.code == 0, added.err
    return Phone(server.url, user)


@pytest.fixture
def calendar(calendars, phone):
    """The path of a calendar on the server to which COM's agenda is linked."""
    linked = calendars("link", "--owner", "COM", "--create", NAME, "--color", "#AA3300", "--json")
    assert linked.code == 0, linked.err
    return linked.json["calendar"]


@pytest.fixture
def here(xrm):
    def titles():
        return sorted(one["summary"] for one in xrm("agenda", "events", "--base", "ACME", "--json").items)

    return titles


def add(xrm, title):
    added = xrm(
        *("agenda", "add", "--base", "ACME", "--owner", "COM", "--summary", title, "--start", "2099-03-11T09:00"),
        "--json",
    )
    assert added.code == 0, added.err
    return added.json["id"]


def test_a_calendar_is_made_linked_shown_changed_and_unlinked(xrm, calendars, phone, calendar, here):
    (found,) = calendars("available", "--owner", "COM", "--json").items
    assert (found["name"], found["link"] is not None) == (NAME, True)
    twice = calendars("link", "--owner", "COM", "--calendar", NAME)
    assert twice.line.startswith(f"Error: The calendar “{NAME}” is linked already.")

    changed = calendars("set", "--owner", "COM", "--name", "Léa", "--direction", "pull", "--poll-minutes", "60")
    assert (changed.code, "Léa" in changed.out) == (0, True)
    (listed,) = calendars("list", "--json").items
    shown = calendars("show", listed["id"], "--json").json
    assert shown == listed
    assert (shown["name"], shown["direction"], shown["poll_minutes"], shown["health"]) == ("Léa", "pull", 60, "new")
    assert "Léa" in phone.call("PROPFIND", calendar, Depth="0")

    assert calendars("unlink", "--owner", "COM").code == 0
    assert calendars("list", "--json").items == []
    assert calendars("sync", "--owner", "COM").line.startswith("Error: ")


def test_a_preview_says_what_the_first_synchronisation_does(xrm, calendars, phone, calendar, here):
    add(xrm, "Ici")
    phone.put(calendar, "la@x.example", "Là")

    preview = calendars("preview", "--owner", "COM", "--json").json
    assert (preview["made_here"], preview["made_there"]) == (1, 1)
    assert (phone.titles(calendar), here()) == (["Là"], ["Ici"])

    ran = calendars("sync", "--owner", "COM", "--json").items[0]
    assert (ran["made_here"], ran["made_there"]) == (1, 1)
    assert phone.titles(calendar) == here() == ["Ici", "Là"]


def test_a_conflict_is_listed_and_resolved(xrm, calendars, phone, calendar, here):
    phone.put(calendar, "a@x.example", "Visite")
    calendars("sync", "--owner", "COM")
    (event,) = xrm("agenda", "events", "--base", "ACME", "--json").items
    assert xrm("agenda", "set", event["id"], "--base", "ACME", "--summary", "Visite ici").code == 0
    phone.put(calendar, "a@x.example", "Visite là")

    assert calendars("sync", "--owner", "COM", "--json").items[0]["conflicts"] == 1
    (conflict,) = calendars("conflicts", "--owner", "COM", "--json").items
    assert phone.titles(calendar) == here() == ["Visite ici"]
    assert "Visite" in calendars("conflicts", "--owner", "COM").out
    assert calendars("resolve", conflict["id"], "--keep", "theirs").code == 0
    calendars("sync", "--owner", "COM")

    assert phone.titles(calendar) == here() == ["Visite là"]
    assert calendars("conflicts", "--owner", "COM", "--json").items == []
    assert len(calendars("conflicts", "--owner", "COM", "--all", "--json").items) == 1


def test_many_deletions_wait_and_are_put_back_or_made(xrm, calendars, phone, calendar, here):
    for number in range(6):
        add(xrm, f"Visite {number}")
    calendars("sync", "--owner", "COM")
    phone.empty(calendar)

    held = calendars("sync", "--owner", "COM")
    assert (held.code, "6" in held.err) == (0, True)
    assert len(here()) == 6
    assert calendars("release", "--owner", "COM", "--put-back", "--json").json == {"events": 6}
    calendars("sync", "--owner", "COM")
    assert phone.titles(calendar) == here() == [f"Visite {number}" for number in range(6)]

    phone.empty(calendar)
    calendars("sync", "--owner", "COM")
    calendars("release", "--owner", "COM", "--delete")
    calendars("sync", "--owner", "COM")
    assert here() == []


def test_the_last_run_is_undone_on_both_sides(xrm, calendars, phone, calendar, here):
    add(xrm, "Ici")
    phone.put(calendar, "la@x.example", "Là")
    calendars("sync", "--owner", "COM")

    assert calendars("undo", "--owner", "COM").code == 0

    assert (phone.titles(calendar), here()) == (["Là"], ["Ici"])
    assert calendars("show", "--owner", "COM", "--json").json["auto_sync"] is False


def test_what_cannot_come_in_is_set_aside_with_its_reason(calendars, phone, calendar, here):
    phone.put(calendar, "a@x.example", "Visite")
    phone.put(calendar, "b@x.example", "Roman", "DESCRIPTION:" + "x" * MAX_TEXT)

    assert calendars("sync", "--owner", "COM", "--json").items[0]["parked"] == 1
    parked = calendars("parked", "--owner", "COM")

    assert here() == ["Visite"]
    assert "too large" in parked.out
    assert calendars("parked", "--owner", "COM", "--json").items[0]["reason"] == "event_too_large"
