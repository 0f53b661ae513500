"""The stand-in for Google Calendar refuses what Google refuses."""

from datetime import timedelta

import aiohttp
import pytest

from xrm_platform.testing.google_faults import RESET_AFTER_COMMIT, TRUNCATED_ANSWER, Answer, Fault
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.google_sign_in import JWT_BEARER

HOUR = {
    "start": {"dateTime": "2027-03-10T10:00:00+01:00", "timeZone": "Europe/Paris"},
    "end": {"dateTime": "2027-03-10T11:00:00+01:00", "timeZone": "Europe/Paris"},
}
DAILY = {**HOUR, "recurrence": ["RRULE:FREQ=DAILY;COUNT=5"]}


class Caller:
    """Calls the API as a program does, with a token of the first person's."""

    def __init__(self, google, http):
        self.google = google
        self.http = http
        self.headers = {}

    async def sign_in(self, **form):
        form = form or {"grant_type": "refresh_token", "refresh_token": self.google.refresh_token(), **self.client()}
        async with self.http.post(self.google.token_url, data=form) as answer:
            told = await answer.json()
        if "access_token" in told:
            self.headers = {"Authorization": f"Bearer {told['access_token']}"}
        return answer.status, told

    def client(self):
        return {"client_id": self.google.sign_in.client_id, "client_secret": self.google.sign_in.client_secret}

    async def call(self, method, path, body=None, etag=None, **query):
        headers = {**self.headers, **({"If-Match": etag} if etag else {})}
        url = f"{self.google.url}/calendar/v3/{path}"
        async with self.http.request(method, url, json=body, params=query, headers=headers) as answer:
            if answer.status == 204:
                return 204, {}
            told = await answer.json()
        if answer.status >= 400:
            return answer.status, told["error"]["errors"][0]["reason"]
        return answer.status, told

    async def events(self, method="GET", path="", body=None, **rest):
        return await self.call(method, f"calendars/primary/events{path}", body, **rest)


@pytest.fixture
async def google():
    async with GoogleServer() as server:
        yield server


@pytest.fixture
async def caller(google):
    async with aiohttp.ClientSession() as http:
        caller = Caller(google, http)
        await caller.sign_in()
        yield caller


# Listing


async def test_the_token_for_the_next_time_comes_with_the_last_page_only(google, caller):
    for number in range(5):
        google.put(f"Event {number}")
    status, page = await caller.events(maxResults=2)
    assert (status, len(page["items"]), "nextSyncToken" in page) == (200, 2, False)
    seen = len(page["items"])
    while "nextPageToken" in page:
        _, page = await caller.events(maxResults=2, pageToken=page["nextPageToken"])
        seen += len(page["items"])
    assert seen == 5
    assert page["nextSyncToken"]


async def test_since_a_token_only_changes_are_listed_and_deletions_as_tombstones(google, caller):
    kept, gone = google.put("Kept"), google.put("Gone")
    token = (await caller.events())[1]["nextSyncToken"]
    assert (await caller.events(syncToken=token))[1]["items"] == []
    google.change(kept["id"], summary="Changed")
    google.remove(gone["id"])
    items = {item["id"]: item for item in (await caller.events(syncToken=token))[1]["items"]}
    assert items[kept["id"]]["summary"] == "Changed"
    assert items[gone["id"]]["status"] == "cancelled"
    assert "summary" not in items[gone["id"]]


async def test_a_change_between_two_pages_comes_with_the_next_token(google, caller):
    google.put("One")
    google.put("Two")
    page = (await caller.events(maxResults=1))[1]
    late = google.put("Three")
    last = (await caller.events(maxResults=1, pageToken=page["nextPageToken"]))[1]
    items = (await caller.events(syncToken=last["nextSyncToken"]))[1]["items"]
    assert [item["id"] for item in items] == [late["id"]]


async def test_an_expired_token_is_gone_and_a_full_list_has_no_tombstones(google, caller):
    event = google.put("Gone")
    token = (await caller.events())[1]["nextSyncToken"]
    google.remove(event["id"])
    google.expire_sync_tokens()
    assert await caller.events(syncToken=token) == (410, "fullSyncRequired")
    assert (await caller.events())[1]["items"] == []
    assert [one["id"] for one in (await caller.events(showDeleted="true"))[1]["items"]] == [event["id"]]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "x"},
        {"timeMin": "2027-01-01T00:00:00Z"},
        {"updatedMin": "2027-01-01T00:00:00Z"},
        {"iCalUID": "x"},
        {"privateExtendedProperty": "a=b"},
        {"orderBy": "updated"},
        {"showDeleted": "false"},
    ],
)
async def test_filters_do_not_go_with_a_token(caller, query):
    token = (await caller.events())[1]["nextSyncToken"]
    assert (await caller.events(syncToken=token, **query))[0] == 400


async def test_nonsense_in_place_of_a_token_is_refused(caller):
    assert (await caller.events(syncToken="nonsense"))[0] == 400
    assert (await caller.events(pageToken="nonsense"))[0] == 400
    assert (await caller.events(maxResults="0"))[0] == 400


async def test_events_are_found_by_uid_property_and_time(google, caller):
    early, late = google.put("Early", **HOUR), google.put("Late")
    google.change(late["id"], extendedProperties={"private": {"kind": "call"}})
    for query, found in (
        ({"iCalUID": early["iCalUID"]}, early),
        ({"privateExtendedProperty": "kind=call"}, late),
        ({"q": "late"}, late),
        ({"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-20T00:00:00Z"}, early),
    ):
        items = (await caller.events(**query))[1]["items"]
        assert [item["id"] for item in items] == [found["id"]], query


# Writing


async def test_an_id_is_taken_for_ever(caller):
    body = {"id": "abcde", "summary": "One", **HOUR}
    status, made = await caller.events("POST", body=body)
    assert (status, made["iCalUID"], made["reminders"]) == (200, "abcde@google.com", {"useDefault": True})
    assert await caller.events("POST", body=body) == (409, "duplicate")
    assert (await caller.events("DELETE", "/abcde"))[0] == 204
    assert await caller.events("POST", body=body) == (409, "duplicate")
    assert await caller.events("DELETE", "/abcde") == (410, "deleted")
    assert (await caller.events("PATCH", "/abcde", {"status": "confirmed"}))[1]["summary"] == "One"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "wxyz1"}, "invalid"),
        ({"id": "abc"}, "invalid"),
        ({"id": "abcde", "iCalUID": "x@y"}, "invalid"),
        ({"start": None}, "required"),
        ({"start": {"dateTime": "2027-03-10T10:00:00"}}, "required"),
        ({"start": {"dateTime": "soon", "timeZone": "UTC"}}, "invalid"),
        ({"start": {"dateTime": "2027-03-10T10:00:00Z", "timeZone": "Mars/Base"}}, "invalid"),
        ({"start": {"date": "2027-03-10"}}, "invalid"),
        ({"end": HOUR["start"], "start": HOUR["end"]}, "timeRangeEmpty"),
        ({"recurrence": ["RRULE:FREQ=NEVER"]}, "invalid"),
        ({"recurrence": ["FREQ=DAILY"]}, "invalid"),
        ({"recurrence": ["DTSTART:20270310T100000Z", "RRULE:FREQ=DAILY"]}, "invalid"),
        ({"recurrence": ["RRULE:FREQ=DAILY;UNTIL=20270312"]}, "invalid"),
        ({"recurrence": ["EXDATE:20270312T090000Z"]}, "invalid"),
        (
            {
                "recurrence": ["RRULE:FREQ=DAILY"],
                "start": {"dateTime": "2027-03-10T10:00:00Z"},
                "end": {"dateTime": "2027-03-10T10:00:00Z"},
            },
            "required",
        ),
        ({"attendees": [{"email": "nobody"}]}, "invalid"),
        ({"attendees": [{"email": "a@b.fr", "responseStatus": "maybe"}]}, "invalid"),
        ({"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 1}] * 6}}, "invalid"),
        ({"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 40321}]}}, "invalid"),
        ({"reminders": {"useDefault": False, "overrides": [{"method": "sms", "minutes": 1}]}}, "invalid"),
        ({"colorId": "12"}, "invalid"),
        ({"visibility": "secret"}, "invalid"),
        ({"summary": 7}, "invalid"),
    ],
)
async def test_an_event_that_google_does_not_take_is_refused(google, caller, changes, reason):
    assert await caller.events("POST", body={"summary": "Bad", **HOUR, **changes}) == (400, reason)
    assert google.events == {}


async def test_every_write_changes_the_version_and_an_old_one_is_refused(google, caller):
    first = google.put("One")
    second = (await caller.events("PATCH", f"/{first['id']}", {"summary": "Two"}, etag=first["etag"]))[1]
    assert second["etag"] != first["etag"]
    for method in ("PATCH", "PUT", "DELETE"):
        assert (await caller.events(method, f"/{first['id']}", {**HOUR}, etag=first["etag"])) == (
            412,
            "conditionNotMet",
        )
    assert (await caller.events("DELETE", f"/{first['id']}", etag=second["etag"]))[0] == 204


async def test_patch_keeps_what_it_does_not_name_and_put_drops_it(google, caller):
    event = google.put("One", location="Lyon", extendedProperties={"private": {"a": "1", "b": "2"}})
    patch = {"summary": "Two", "extendedProperties": {"private": {"a": None}}}
    patched = (await caller.events("PATCH", f"/{event['id']}", patch))[1]
    assert (patched["location"], patched["extendedProperties"]) == ("Lyon", {"private": {"b": "2"}})
    put = (await caller.events("PUT", f"/{event['id']}", {"summary": "Three", **HOUR}))[1]
    assert put["summary"] == "Three"
    assert "location" not in put


async def test_extended_properties_are_cut_without_a_word(caller):
    private = {"n" * 45: "dropped", "kept": "v" * 2000}
    made = (await caller.events("POST", body={**HOUR, "extendedProperties": {"private": private}}))[1]
    assert made["extendedProperties"] == {"private": {"kept": "v" * 1024}}


async def test_guests_are_told_only_when_the_request_says_so(google, caller):
    body = {**HOUR, "attendees": [{"email": "ann@example.com"}, {"email": google.email}]}
    made = (await caller.events("POST", body=body))[1]
    assert google.invitations == []
    await caller.events("PATCH", f"/{made['id']}", {"summary": "New"}, sendUpdates="all")
    assert [invitation.guest for invitation in google.invitations] == ["ann@example.com"]


async def test_only_the_organiser_changes_what_all_see(google, caller):
    body = {"summary": "Theirs", "iCalUID": "x@y", "organizer": {"email": "boss@example.com"}, **HOUR}
    event = (await caller.events("POST", "/import", body))[1]
    assert event["iCalUID"] == "x@y"
    assert await caller.events("PATCH", f"/{event['id']}", {"summary": "Mine"}) == (403, "forbiddenForNonOrganizer")
    assert (await caller.events("PATCH", f"/{event['id']}", {"colorId": "5"}))[0] == 200


# Series


async def test_an_occurrence_that_is_unlike_its_series_is_an_item_of_its_own(google, caller):
    event = google.put("Daily", **DAILY)
    items = (await caller.events(path=f"/{event['id']}/instances"))[1]["items"]
    assert len(items) == 5
    assert items[1]["id"] == f"{event['id']}_20270311T090000Z"
    await caller.events("PATCH", f"/{items[1]['id']}", {"summary": "Other"})
    await caller.events("DELETE", f"/{items[2]['id']}")
    listed = {item["id"]: item for item in (await caller.events())[1]["items"]}
    assert listed[items[1]["id"]]["recurringEventId"] == event["id"]
    assert set(listed[items[2]["id"]]) == {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}
    assert len((await caller.events(path=f"/{event['id']}/instances"))[1]["items"]) == 4
    await caller.events("DELETE", f"/{event['id']}")
    assert (await caller.events())[1]["items"] == []


async def test_a_series_is_expanded_by_the_clocks_of_its_zone(google, caller):
    weekly = {**HOUR, "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20270317T090000Z"]}
    event = google.put("Weekly", **weekly)
    items = (await caller.events(path=f"/{event['id']}/instances"))[1]["items"]
    assert [item["start"]["dateTime"] for item in items] == [
        "2027-03-10T10:00:00+01:00",
        "2027-03-24T10:00:00+01:00",
        "2027-03-31T10:00:00+02:00",
    ]
    one = (await caller.events(path=f"/{event['id']}/instances", originalStart="2027-03-31T08:00:00Z"))[1]["items"]
    assert [item["id"] for item in one] == [f"{event['id']}_20270331T080000Z"]


# Sign-in


async def test_without_a_token_nothing_is_told(google, caller):
    google.sign_in.end_access()
    assert await caller.events() == (401, "authError")


async def test_a_token_ends(google, caller):
    google.advance(timedelta(hours=1))
    assert await caller.events() == (401, "authError")
    assert (await caller.sign_in())[0] == 200
    assert (await caller.events())[0] == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "refresh_token", "refresh_token": "no"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "client_secret": "no"}, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "no"}, "invalid_grant"),
        ({"grant_type": JWT_BEARER, "assertion": "no.no.no"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
async def test_a_grant_that_is_none_is_refused(caller, form, error):
    status, told = await caller.sign_in(**{**caller.client(), **form})
    assert status in (400, 401)
    assert told["error"] == error


# Calendars, pushes and faults


async def test_a_colour_is_given_as_rgb_only_if_the_request_says_so(google, caller):
    made = (await caller.call("POST", "calendars", {"summary": "Second", "timeZone": "Europe/Paris"}))[1]
    path, colors = f"users/me/calendarList/{made['id']}", {"backgroundColor": "#123456", "foregroundColor": "#ffffff"}
    assert (await caller.call("PATCH", path, colors))[0] == 400
    assert (await caller.call("PATCH", path, colors, colorRgbFormat="true"))[1]["backgroundColor"] == "#123456"
    assert [entry["summary"] for entry in (await caller.call("GET", "users/me/calendarList"))[1]["items"]] == [
        "Agenda",
        "Second",
    ]
    assert (await caller.call("DELETE", f"calendars/{made['id']}"))[0] == 204
    assert await caller.call("GET", f"calendars/{made['id']}") == (404, "notFound")
    assert (await caller.call("DELETE", "calendars/primary"))[0] == 403


async def test_a_calendar_that_may_be_read_is_not_written(google, caller):
    google.calendar().access_role = "reader"
    assert await caller.events("POST", body=HOUR) == (403, "requiredAccessLevel")


async def test_a_channel_needs_an_encrypted_address_and_a_name_of_its_own(google, caller):
    body = {"id": "one", "type": "web_hook", "address": "http://xrm.example.com/"}
    assert await caller.events("POST", "/watch", body) == (400, "push.webhookUrlNotHttps")
    body["address"] = f"{google.url}/nobody"
    opened = (await caller.events("POST", "/watch", {**body, "params": {"ttl": "60"}}))[1]
    assert await caller.events("POST", "/watch", body) == (400, "channelIdNotUnique")
    assert (await caller.call("POST", "channels/stop", {"id": "one", "resourceId": "other"}))[0] == 404
    assert (await caller.call("POST", "channels/stop", {"id": "one", "resourceId": opened["resourceId"]}))[0] == 204
    assert google.channels.open == {}


async def test_a_fault_spoils_the_request_it_waits_for_and_no_other(google, caller):
    google.faults.append(Fault(status=403, reason="userRateLimitExceeded", method="POST", on="/events"))
    assert (await caller.events())[0] == 200
    assert await caller.events("POST", body=HOUR) == (403, "userRateLimitExceeded")
    assert (await caller.events("POST", body=HOUR))[0] == 200


async def test_what_was_done_before_the_answer_was_lost_stays_done(google, caller):
    google.faults.append(RESET_AFTER_COMMIT)
    with pytest.raises(aiohttp.ClientError):
        await caller.events("POST", body={**HOUR, "summary": "There"})
    assert [event["summary"] for event in google.events.values()] == ["There"]
    google.faults.append(TRUNCATED_ANSWER)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        await caller.events()
    google.faults.append(Fault(Answer.SLOW, seconds=0.01))
    assert (await caller.events())[0] == 200


async def test_requests_are_counted_with_their_bytes(google, caller):
    await caller.events("POST", body=HOUR)
    request = google.requests[-1]
    assert (request.method, request.path) == ("POST", "/calendar/v3/calendars/primary/events")
    assert request.received > 100
    assert request.answered > 300


async def test_people_see_their_own_calendars(google, caller):
    google.add_person("dir@example.com", "Direction")
    google.put("Secret", on=google.calendar(email="dir@example.com"))
    assert (await caller.events())[1]["items"] == []
    assert await caller.call("GET", "calendars/dir@example.com/events") == (404, "notFound")
