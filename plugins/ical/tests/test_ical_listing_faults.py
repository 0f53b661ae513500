"""Listings on servers that do what real ones have been seen to do, and that Radicale and Xandikos do not."""

from __future__ import annotations

import pytest
from servers.dav_answers import (
    CALENDAR,
    IS_CALENDAR,
    found,
    gone,
    multistatus,
    state,
    texts,
    versions,
)
from servers.scripted import Asked, Said

from xrm_platform.providers import (
    BadResponse,
    NotFound,
    ProviderError,
    RateLimited,
    RemoteEvent,
    TransientError,
    Unreadable,
)
from xrm_platform.testing.calendar_vendor import an_event, changed, events, removed

PROPFIND, REPORT = f"PROPFIND {CALENDAR}", f"REPORT {CALENDAR}"


def items(*names):
    """A calendar of these names: each event has its name as UID."""
    return {f"{name}.ics": (f'"{name}-1"', an_event(name)) for name in names}


def reporting(stored, *syncs):
    """Answers REPORTs: multiget from what is stored, each sync-collection by the next of `syncs`."""
    left = list(syncs)

    def answer(asked: Asked) -> Said:
        if "sync-collection" in asked.body:
            return left.pop(0) if len(left) > 1 else left[0]
        return Said(texts({name: item for name, item in stored.items() if f"{CALENDAR}{name}<" in asked.body}))

    return answer


def holding(server, stored, *syncs, token="t0", tag=""):
    """Let the server hold these items."""
    etags = {name: etag for name, (etag, _) in stored.items()}
    server.script[PROPFIND] = lambda asked: Said(
        versions(etags) if asked.headers["Depth"] == "1" else state(token=token, tag=tag)
    )
    server.script[REPORT] = reporting(stored, *syncs)


def sync(*changes, token="t1"):
    """An answer to sync-collection."""
    return Said(multistatus(*changes, token=token))


def etag(name, version):
    return found(f"{CALENDAR}{name}.ics", f'<getetag>"{name}-{version}"</getetag>')


async def test_a_truncated_answer_is_continued_with_its_token(driver, server):
    stored = items("a", "b", "c")
    first = sync(etag("a", 2), gone(CALENDAR, 507), token="t1")
    second = sync(etag("b", 2), gone(f"{CALENDAR}c.ics"), token="t2")
    holding(server, stored, first, second)
    _, cursor, _ = await changed(driver, CALENDAR)
    told, _, complete = await changed(driver, CALENDAR, cursor)
    assert not complete
    assert {change.uid for change in told if isinstance(change, RemoteEvent)} == {"a", "b"}
    assert removed(told) == {f"{CALENDAR}c.ics"}
    asked = [each.body for each in server.asked_for("REPORT") if "sync-collection" in each.body]
    assert ["t0" in asked[0], "t1" in asked[1]] == [True, True]


async def test_a_server_that_truncates_and_gives_the_same_token_for_ever_is_listed_anew(driver, server):
    holding(server, items("a", "b"), sync(etag("a", 2), gone(CALENDAR, 507), token="t0"))
    _, cursor, _ = await changed(driver, CALENDAR)
    told, _, complete = await changed(driver, CALENDAR, cursor)
    assert complete
    assert events(told).keys() == {"a", "b"}


async def test_a_server_that_truncates_without_end_is_listed_anew(driver, server):
    numbers = iter(range(10**6))

    def answer(asked: Asked) -> Said:
        if "sync-collection" in asked.body:
            return sync(gone(CALENDAR, 507), token=f"t{next(numbers)}-")
        return Said(texts(items("a")))

    holding(server, items("a"))
    server.script[REPORT] = answer
    _, cursor, _ = await changed(driver, CALENDAR)
    told, _, complete = await changed(driver, CALENDAR, cursor)
    assert complete
    assert events(told).keys() == {"a"}


async def test_an_answer_without_a_new_token_is_not_believed(driver, server):
    holding(server, items("a"), sync(token=""))
    _, cursor, _ = await changed(driver, CALENDAR)
    told, _, complete = await changed(driver, CALENDAR, cursor)
    assert complete
    assert events(told).keys() == {"a"}


@pytest.mark.parametrize("status", [200, 400, 403, 409, 412, 500, 501, 507])
async def test_a_token_that_a_server_refuses_in_any_way_brings_everything_anew(driver, server, status):
    holding(server, items("a"), Said("<error/>", status=status))
    _, cursor, _ = await changed(driver, CALENDAR)
    told, _, complete = await changed(driver, CALENDAR, cursor)
    assert complete
    assert events(told).keys() == {"a"}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(status=404), NotFound),
        (Said(status=503), TransientError),
        (Said(status=503, headers={"Retry-After": "120"}), RateLimited),
        (Said(status=429), RateLimited),
        (Said(multistatus(etag("a", 2), token="t1")[:-30], status=207), BadResponse),
        (Said(multistatus(etag("a", 2), token="t1"), cut=True), TransientError),
    ],
)
async def test_what_is_no_answer_about_the_token_raises(driver, server, said, kind):
    holding(server, items("a"), said)
    _, cursor, _ = await changed(driver, CALENDAR)
    with pytest.raises(kind) as caught:
        await changed(driver, CALENDAR, cursor)
    assert isinstance(caught.value, ProviderError)


async def test_retry_after_is_told_in_full(driver, server):
    holding(server, items("a"), Said(status=503, headers={"Retry-After": "120"}))
    _, cursor, _ = await changed(driver, CALENDAR)
    with pytest.raises(RateLimited) as caught:
        await changed(driver, CALENDAR, cursor)
    assert caught.value.retry_after.total_seconds() == 120


async def test_the_collection_itself_and_what_is_elsewhere_are_no_members(driver, server):
    others = [
        found(CALENDAR, "<getetag>x</getetag>"),
        found(f"{CALENDAR}sub/deep.ics", '<getetag>"1"</getetag>'),
        found("/cal/other/a.ics", '<getetag>"1"</getetag>'),
    ]
    holding(server, items("a"), sync(*others, etag("a", 2)))
    _, cursor, _ = await changed(driver, CALENDAR)
    told, _, _ = await changed(driver, CALENDAR, cursor)
    assert events(told).keys() == {"a"}


async def test_a_listing_that_is_about_something_else_raises(driver, server):
    holding(server, items("a"))
    for listing in (multistatus(), multistatus(found("/elsewhere/", IS_CALENDAR)), multistatus(found(CALENDAR, ""))):
        server.script[PROPFIND] = lambda asked, listing=listing: Said(
            listing if asked.headers["Depth"] == "1" else state(token="t0")
        )
        with pytest.raises(BadResponse):
            await changed(driver, CALENDAR)


async def test_a_listing_that_the_server_cut_is_no_listing(driver, server):
    listing = multistatus(found(CALENDAR, IS_CALENDAR), etag("a", 1), gone(CALENDAR, 507))
    server.script[PROPFIND] = lambda asked: Said(listing if asked.headers["Depth"] == "1" else state(token="t0"))
    with pytest.raises(BadResponse) as caught:
        await changed(driver, CALENDAR)
    assert caught.value.code == "listing_cut"


async def test_a_server_that_learns_tokens_is_asked_by_them_from_then_on(driver, server):
    holding(server, items("a"), token="", tag="c1")
    _, cursor, _ = await changed(driver, CALENDAR)
    holding(server, items("a", "b"), sync(token="t6"), token="t5", tag="c2")
    told, cursor, _ = await changed(driver, CALENDAR, cursor)
    assert events(told).keys() == {"b"}
    server.asked.clear()
    assert (await changed(driver, CALENDAR, cursor))[0] == []
    (asked,) = server.asked
    assert ("t5" in asked.body, asked.method) == (True, "REPORT")


async def test_a_collection_that_is_no_calendar_any_more_is_not_found(driver, server):
    holding(server, {})
    server.script[PROPFIND] = Said(multistatus(found(CALENDAR, "<resourcetype><collection/></resourcetype>")))
    with pytest.raises(NotFound):
        await changed(driver, CALENDAR)


async def test_hrefs_are_the_same_in_any_writing(driver, server):
    stored = {"a%40b.ics": ('"1"', an_event("a"))}
    holding(server, stored)
    written = f"http://internal:8080{CALENDAR}a@b.ics"
    properties = f'<getetag>"1"</getetag><C:calendar-data>{an_event("a")}</C:calendar-data>'
    server.script[REPORT] = Said(multistatus(found(written, properties)))
    (event,) = events((await changed(driver, CALENDAR))[0]).values()
    assert event.ref == f"{CALENDAR}a@b.ics"
    assert len(server.asked_for("GET")) == 0


async def test_what_a_multiget_forgets_is_asked_for_by_itself(driver, server):
    stored = items("a", "b")
    holding(server, stored)
    server.script[REPORT] = Said(texts({"a.ics": stored["a.ics"]}))
    server.script[f"GET {CALENDAR}b.ics"] = Said(an_event("b"), status=200, headers={"ETag": '"b-1"'})
    assert events((await changed(driver, CALENDAR))[0]).keys() == {"a", "b"}


@pytest.mark.parametrize("status", [403, 404])
async def test_what_is_listed_and_not_given_is_told_and_not_taken_for_removed(driver, server, status):
    stored = items("a", "b")
    holding(server, stored)
    end = "</multistatus>"
    told = texts({"a.ics": stored["a.ics"]}).replace(end, gone(f"{CALENDAR}b.ics", status) + end)
    server.script[REPORT] = Said(told)
    server.script[f"GET {CALENDAR}b.ics"] = Said(status=status)
    told, _, complete = await changed(driver, CALENDAR)
    assert complete
    (unreadable,) = [change for change in told if isinstance(change, Unreadable)]
    assert unreadable.ref == f"{CALENDAR}b.ics"
    assert len(told) == 2


async def test_a_task_is_told_as_no_event(driver, server):
    task = an_event("b").replace("VEVENT", "VTODO")
    holding(server, {**items("a"), "b.ics": ('"1"', task)})
    told, _, _ = await changed(driver, CALENDAR)
    assert [change.reason for change in told if isinstance(change, Unreadable)] == ["no_event"]


# Servers without sync tokens


async def test_without_tokens_a_tag_that_is_the_same_costs_one_request(driver, server):
    holding(server, items("a"), token="", tag="c1")
    _, cursor, _ = await changed(driver, CALENDAR)
    server.asked.clear()
    told, again, complete = await changed(driver, CALENDAR, cursor)
    assert (told, again, complete) == ([], cursor, False)
    assert len(server.asked) == 1


@pytest.mark.parametrize("tag", ["c2", ""])
async def test_without_tokens_versions_are_compared(driver, server, tag):
    holding(server, items("same", "changed", "gone"), token="", tag="c1")
    first, cursor, _ = await changed(driver, CALENDAR)
    assert len(events(first)) == 3
    stored = {**items("same", "new"), "changed.ics": ('"2"', an_event("changed", "After"))}
    holding(server, stored, token="", tag=tag)
    told, latest, complete = await changed(driver, CALENDAR, cursor)
    assert not complete
    assert {change.uid for change in told if isinstance(change, RemoteEvent)} == {"changed", "new"}
    assert removed(told) == {f"{CALENDAR}gone.ics"}
    assert (await changed(driver, CALENDAR, latest))[0] == []


async def test_without_tokens_a_calendar_with_nothing_left_is_a_complete_listing_of_nothing(driver, server):
    holding(server, items("a", "b"), token="", tag="c1")
    _, cursor, _ = await changed(driver, CALENDAR)
    holding(server, {}, token="", tag="c2")
    told, _, complete = await changed(driver, CALENDAR, cursor)
    assert (len(removed(told)), complete) == (2, True)


async def test_five_hundred_events_come_in_pages_of_a_hundred(driver, server):
    stored = items(*(f"n{number}" for number in range(500)))
    holding(server, stored)
    pages = [page async for page in driver.changes(CALENDAR, None)]
    assert [len(page.changes) for page in pages] == [100] * 5
    assert [page.cursor is not None for page in pages] == [False] * 4 + [True]
    assert all(page.complete for page in pages)
