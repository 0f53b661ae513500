"""Agendas over HTTP, as a host application, a collaborator and a phone use them."""

from __future__ import annotations

import pytest

MARCH = {"from": "2026-03-01T00:00:00+01:00", "to": "2026-04-01T00:00:00+02:00"}
VISIT = {
    "owner": "COM",
    "summary": "Visite",
    "start": "2026-03-05T09:00",
    "participants": ["DIR", "Bob <bob@client.example>"],
    "reminders": [{"minutes": 30, "channel": "sms"}],
}


@pytest.fixture
def marie(as_user):
    """COM, signed in."""
    return as_user("marie")


async def test_an_event_goes_in_and_comes_out(marie) -> None:
    made = await marie("POST", "/events", json=VISIT)
    assert made.status == 201
    shown = await (await marie("GET", made.headers["Location"])).json()

    assert shown == await made.json()
    assert (shown["start"], shown["end"]) == ("2026-03-05T09:00:00+01:00", "2026-03-05T10:00:00+01:00")
    assert shown["reminders"] == [{"minutes": 30, "channel": "sms", "to": "owner", "address": None}]


async def test_occurrences_are_moved_cancelled_and_deleted_one_by_one(marie) -> None:
    event = await (await marie("POST", "/events", json={**VISIT, "recurrence": "FREQ=DAILY;COUNT=4"})).json()

    async def month():
        items = (await (await marie("GET", "/occurrences", params={**MARCH, "owner": "COM"})).json())["items"]
        return [one for one in items if one["event"] == event["id"]]

    keys = [one["key"] for one in await month()]
    path = f"/events/{event['id']}"
    moved = await marie("POST", f"{path}/move", json={"start": "2026-03-20T10:00", "occurrence": keys[0]})
    cancelled = await marie("POST", f"{path}/cancel", json={"occurrence": keys[1]})
    deleted = await marie("DELETE", path, params={"occurrence": keys[2]})

    assert (moved.status, cancelled.status, deleted.status) == (200, 200, 204)
    assert [(one["start"][:16], one["status"]) for one in await month()] == [
        ("2026-03-06T09:00", "cancelled"),
        ("2026-03-08T09:00", "confirmed"),
        ("2026-03-20T10:00", "confirmed"),
    ]


async def test_this_and_following_are_changed_together(marie) -> None:
    event = await (await marie("POST", "/events", json={**VISIT, "recurrence": "FREQ=DAILY;COUNT=4"})).json()
    change = {"summary": "Later", "part": "following", "occurrence": "20260307T080000Z", "rev": 1}

    later = await (await marie("PATCH", f"/events/{event['id']}", json=change)).json()

    assert (later["summary"], later["recurrence"], later["start"][:10]) == ("Later", "FREQ=DAILY;COUNT=2", "2026-03-07")


async def test_what_is_wrong_is_said_by_field_in_the_callers_language(marie) -> None:
    wrong = {**VISIT, "start": "soon", "recurrence": "FREQ=NEVER"}
    answer = await marie("POST", "/events", json=wrong, headers={"Accept-Language": "en"})
    assert (answer.status, list((await answer.json())["errors"])) == (422, ["start"])

    wrong["start"] = VISIT["start"]
    answer = await marie("POST", "/events", json=wrong, headers={"Accept-Language": "en"})
    assert (await answer.json())["errors"]["recurrence"][0].startswith("“NEVER” is not part of a rule")


async def test_the_manager_changes_and_the_colleague_finds_nothing(as_user, marie) -> None:
    event = await (await marie("POST", "/events", json=VISIT)).json()
    of_manager = await (await marie("POST", "/events", json={**VISIT, "summary": "Private", "private": True})).json()
    chief = as_user("chief")

    moved = await chief("POST", f"/events/{event['id']}/move", json={"start": "2026-03-06T10:00"})
    refused = await chief("POST", f"/events/{of_manager['id']}/move", json={"start": "2026-03-06T10:00"})
    hidden = await (await chief("GET", f"/events/{of_manager['id']}")).json()

    assert (moved.status, refused.status) == (200, 403)
    assert (hidden["summary"], hidden["hidden"], hidden["busy"]) == ("", True, True)


async def test_free_slots_of_several(marie) -> None:
    await marie("POST", "/events", json={**VISIT, "start": "2026-03-05T08:00", "end": "2026-03-05T18:00"})
    params = {"people": "COM,DIR", "from": "2026-03-05T00:00:00Z", "to": "2026-03-06T00:00:00Z", "minutes": "30"}

    slots = (await (await marie("GET", "/free-slots", params=params)).json())["items"]

    assert slots == [{"starts_at": "2026-03-05T17:00:00+00:00", "ends_at": "2026-03-05T18:00:00+00:00"}]


async def test_a_file_goes_in_with_a_sentence_for_what_does_not(marie) -> None:
    file = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260302T090000Z\nSUMMARY:Good\nEND:VEVENT\n"
    file += "BEGIN:VEVENT\nUID:2\nDTSTART:soon\nSUMMARY:Bad\nEND:VEVENT\nEND:VCALENDAR\n"
    headers = {"Content-Type": "text/calendar; charset=utf-8", "Accept-Language": "en"}

    answer = await (await marie("POST", "/agendas/COM", data=file.encode(), headers=headers)).json()
    exported = await marie("GET", "/agendas/COM")

    assert (answer["result"]["added"], answer["result"]["skipped"]) == (1, 1)
    assert answer["sentences"] == ["“Bad” was left out: its time cannot be read (DTSTART:soon)"]
    assert exported.content_type == "text/calendar"
    assert "SUMMARY:Good\r\n" in await exported.text()


async def test_a_phone_reads_the_feed_until_it_is_revoked(client, marie) -> None:
    await marie("POST", "/events", json=VISIT)
    made = await (await marie("POST", "/feeds", json={"owner": "COM"})).json()
    address = "/feeds/" + made["url"].rpartition("/")[2]
    client.session.cookie_jar.clear()

    first = await client.get(address)
    again = await client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status, first.content_type, again.status) == (200, "text/calendar", 304)
    assert "SUMMARY:Visite" in await first.text()
    assert (await client.post(address)).status == 405

    assert (await marie("DELETE", f"/feeds/{made['feed']['id']}")).status == 204
    assert (await client.get(address)).status == 404
    assert (await client.get("/feeds/nonsense.ics")).status == 404


async def test_an_administrator_decides_whether_owners_are_told(as_user, marie) -> None:
    assert (await marie("PATCH", "/agenda-preferences", json={"tell_owner": False})).status == 403
    assert (await as_user("chief")("PATCH", "/agenda-preferences", json={"tell_owner": False})).status == 200
    shown = await (await marie("GET", "/agenda-preferences")).json()
    assert shown == {"tell_owner": False, "invites": True, "not_inviting": []}


async def test_invitations_and_what_came_of_them_are_shown(as_user, marie) -> None:
    body = {"owner": "COM", "summary": "Visite", "start": "2099-12-01T10:00", "participants": ["anna@client.example"]}
    made = await (await marie("POST", "/events", json=body)).json()
    (participant,) = made["participants"]
    assert participant["invited"] == "waiting"

    shown = await (await marie("GET", f"/events/{made['id']}/invitations")).json()
    ((one,), answers) = shown["sent"], shown["answers"]
    assert (one["method"], one["people"][0]["address"], answers) == ("REQUEST", "anna@client.example", [])
    again = await marie("POST", f"/events/{made['id']}/invitations", json={})  # it waits: there is nothing to repeat
    assert (again.status, (await again.json())["code"]) == (409, "nothing_to_send_again")


async def test_inviting_is_switched_by_those_whose_events_it_is_about(as_user, marie) -> None:
    assert (await marie("PATCH", "/agenda-preferences", json={"invites": False})).status == 403
    own = await marie("PATCH", "/agendas/COM/preferences", json={"invites": False})
    assert (await own.json())["not_inviting"] == ["COM"]
    assert (await marie("PATCH", "/agendas/DIR/preferences", json={"invites": False})).status == 403
    by_chief = await as_user("chief")("PATCH", "/agenda-preferences", json={"invites": False})
    assert (await by_chief.json())["invites"] is False
