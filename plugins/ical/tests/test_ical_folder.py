"""A folder of files: whole files or none, within what the operator allows, and nothing gone by mistake."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from xrm_ical.files import ALLOWED, Files

from xrm_platform.providers import (
    AccountError,
    Conflict,
    NotFound,
    QuotaExhausted,
    RemoteEvent,
    TickState,
    Unreadable,
    Unsupported,
)
from xrm_platform.testing.calendar_contract import SHAPES, an_event, assert_same_event
from xrm_platform.testing.calendar_vendor import changed, events, removed, retitled

FOLDER = "folder"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(ALLOWED, f"/nowhere{os.pathsep}{tmp_path}")
    made = tmp_path / "Agenda de Zoé"
    made.mkdir()
    return made


@pytest.fixture
def driver(folder, opened):
    return opened(folder.as_uri())


async def test_the_folder_is_a_calendar_with_its_name(driver, folder):
    (calendar,) = await driver.calendars()
    assert (calendar.name, calendar.color, calendar.writable) == ("Agenda de Zoé", None, True)
    assert [tick.state for tick in await driver.check()] == [
        TickState.OK,
        TickState.SKIPPED,
        TickState.SKIPPED,
        TickState.OK,
    ]


async def test_name_and_colour_are_kept_beside_the_events(driver, folder):
    changed_calendar = await driver.change_calendar(FOLDER, "Équipe", "#0A0B0C")
    assert await driver.calendars() == [changed_calendar]
    assert (folder / "displayname").read_text() == "Équipe"
    assert (folder / "color").read_text() == "#0A0B0C"
    assert (await changed(driver, FOLDER))[0] == []


async def test_other_calendars_are_not_made(driver):
    with pytest.raises(Unsupported):
        await driver.create_calendar("New", None)


@pytest.mark.parametrize("shape", SHAPES)
async def test_an_event_of_every_shape_comes_back_as_it_was(driver, shape):
    made = await driver.create(FOLDER, "key-1", SHAPES[shape])
    assert await driver.fetch(FOLDER, [made.ref]) == [made]
    assert_same_event(made.ical, SHAPES[shape])


async def test_only_what_changed_is_told(driver, folder):
    for name in ("same", "changed", "gone"):
        (folder / f"{name}.ics").write_text(an_event(name))
    first, cursor, complete = await changed(driver, FOLDER)
    assert complete
    assert events(first).keys() == {"same", "changed", "gone"}
    (folder / "changed.ics").write_text(an_event("changed", "After"))
    (folder / "gone.ics").unlink()
    (folder / "new.ics").write_text(an_event("new"))
    told, latest, complete = await changed(driver, FOLDER, cursor)
    assert not complete
    assert {change.uid for change in told if isinstance(change, RemoteEvent)} == {"changed", "new"}
    assert removed(told) == {"gone.ics"}
    assert (await changed(driver, FOLDER, latest))[0] == []


async def test_our_own_writes_are_listed_with_the_versions_they_returned(driver):
    _, cursor, _ = await changed(driver, FOLDER)
    made = await driver.create(FOLDER, "key-1", an_event("a", "Before"))
    updated = await driver.update(FOLDER, made, retitled(made.ical, "Before", "After"))
    assert (await changed(driver, FOLDER, cursor))[0] == [updated]


async def test_the_same_key_again_is_the_same_event_as_it_is_by_now(driver, folder):
    made = await driver.create(FOLDER, "key-1", an_event("a", "Ours"))
    assert await driver.create(FOLDER, "key-1", an_event("a", "Ours")) == made
    (folder / made.ref).write_text(an_event("a", "Theirs"))
    again = await driver.create(FOLDER, "key-1", an_event("a", "Ours"))
    assert (again.ref, "SUMMARY:Theirs" in again.ical) == (made.ref, True)


async def test_many_at_once_with_one_key_make_one_file(driver, folder):
    made = await asyncio.gather(*(driver.create(FOLDER, "key-1", an_event("a", f"Title {n}")) for n in range(8)))
    assert len({event.etag for event in made}) == 1
    assert [file.name for file in folder.iterdir()] == [made[0].ref]


async def test_what_changed_elsewhere_is_neither_overwritten_nor_deleted(driver, folder):
    made = await driver.create(FOLDER, "key-1", an_event("a", "Ours"))
    (folder / made.ref).write_text(an_event("a", "Theirs"))
    with pytest.raises(Conflict):
        await driver.update(FOLDER, made, retitled(made.ical, "Ours", "Again"))
    with pytest.raises(Conflict):
        await driver.delete(FOLDER, made)
    assert "SUMMARY:Theirs" in (folder / made.ref).read_text()


async def test_what_is_gone_is_not_made_again_and_deleting_it_is_done(driver, folder):
    made = await driver.create(FOLDER, "key-1", an_event("a", "Ours"))
    await driver.delete(FOLDER, made)
    await driver.delete(FOLDER, made)
    with pytest.raises(NotFound):
        await driver.update(FOLDER, made, retitled(made.ical, "Ours", "Again"))
    assert list(folder.iterdir()) == []


async def test_files_that_hold_no_event_are_told_and_never_taken_for_removed(driver, folder, monkeypatch):
    monkeypatch.setattr(Files, "LARGEST", 2000)
    (folder / "good.ics").write_text(an_event("good"))
    (folder / "page.ics").write_text("<html>")
    (folder / "binary.ics").write_bytes(bytes(range(256)))
    (folder / "large.ics").write_text("x" * 3000)
    told, cursor, _ = await changed(driver, FOLDER)
    assert {change.ref: change.reason for change in told if isinstance(change, Unreadable)} == {
        "page.ics": "not_icalendar",
        "binary.ics": "not_icalendar",
        "large.ics": "file_too_large",
    }
    assert (await changed(driver, FOLDER, cursor))[0] == []


async def test_a_folder_with_nothing_left_in_it_is_a_complete_listing_of_nothing(driver, folder):
    made = [await driver.create(FOLDER, f"key-{uid}", an_event(uid)) for uid in ("a", "b")]
    _, cursor, _ = await changed(driver, FOLDER)
    for event in made:
        (folder / event.ref).unlink()
    told, cursor, complete = await changed(driver, FOLDER, cursor)
    assert (removed(told), complete) == ({event.ref for event in made}, True)
    assert (await changed(driver, FOLDER, cursor))[2] is False


async def test_other_files_folders_links_and_drafts_are_passed_over(driver, folder, tmp_path):
    (tmp_path / "secret.ics").write_text(an_event("secret"))
    (folder / "link.ics").symlink_to(tmp_path / "secret.ics")
    (folder / "color").symlink_to(tmp_path / "secret.ics")
    (folder / "folder.ics").mkdir()
    (folder / ".draft.ics").write_text(an_event("draft"))
    (folder / "notes.txt").write_text("notes")
    os.mkfifo(folder / "pipe.ics")
    assert (await changed(driver, FOLDER))[0] == []
    assert (await driver.calendars())[0].color is None
    refs = ["link.ics", "../secret.ics", str(tmp_path / "secret.ics"), "folder.ics", "pipe.ics"]
    for ref in refs[:1] + refs[3:]:
        assert await driver.fetch(FOLDER, [ref]) == []
    for ref in refs[1:3]:
        with pytest.raises(NotFound):
            await driver.fetch(FOLDER, [ref])
        with pytest.raises(NotFound):
            await driver.delete(FOLDER, RemoteEvent(ref, "", "secret", ""))


async def test_a_folder_that_is_away_is_an_error_and_not_empty(driver, folder):
    made = await driver.create(FOLDER, "key-1", an_event("a"))
    _, cursor, _ = await changed(driver, FOLDER)
    folder.rename(folder.with_name("elsewhere"))
    for since in (None, cursor):
        with pytest.raises(NotFound):
            await changed(driver, FOLDER, since)
    with pytest.raises(NotFound):
        await driver.delete(FOLDER, made)


@pytest.mark.parametrize("allowed", [None, "", "/nowhere", "inside"])
async def test_only_what_the_operator_allows_can_be_an_account(folder, opened, monkeypatch, allowed):
    if allowed is None:
        monkeypatch.delenv(ALLOWED)
    else:
        monkeypatch.setenv(ALLOWED, str(folder / allowed) if allowed == "inside" else allowed)
    driver = opened(folder.as_uri())
    (*_, tick) = await driver.check()
    assert (tick.state, tick.code) == (TickState.FAILED, "folder_not_allowed")
    with pytest.raises(AccountError):
        await driver.create(FOLDER, "key-1", an_event())
    assert list(folder.iterdir()) == []


async def test_a_link_and_dots_do_not_lead_out_of_what_is_allowed(folder, opened, monkeypatch, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "way-out").symlink_to(outside)
    monkeypatch.setenv(ALLOWED, str(folder))
    for way in (f"{folder.as_uri()}/way-out", f"{folder.as_uri()}/../outside", f"{folder.as_uri()}/%2e%2e/outside"):
        with pytest.raises(AccountError):
            await opened(way).calendars()


async def test_a_write_that_fails_leaves_what_was_there_and_no_draft(driver, folder, monkeypatch):
    made = await driver.create(FOLDER, "key-1", an_event("a", "Before"))

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(QuotaExhausted):
        await driver.update(FOLDER, made, retitled(made.ical, "Before", "After"))
    assert [file.name for file in folder.iterdir()] == [made.ref]
    assert await driver.fetch(FOLDER, [made.ref]) == [made]
