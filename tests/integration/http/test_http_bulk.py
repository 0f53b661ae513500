"""Bulk SMS over HTTP, selections, credit, and accounts found from one sign-in."""

from __future__ import annotations

import base64

import pytest

PEOPLE = "Portable;Prénom\n0612345678;Léa\n0612345679;Paul\n0612345679;Double\n"
ORDER = {"sender": "COM", "text": "Bonjour {prenom}", "file": base64.b64encode(PEOPLE.encode("cp1252")).decode()}


@pytest.fixture
async def chief(as_user, seed):
    return as_user("chief")


async def test_a_job_is_prepared_started_followed_and_reported(chief, xrm) -> None:
    response = await chief("POST", "/bulks", json=ORDER)
    draft = await response.json()
    assert (response.status, response.headers["Location"]) == (201, f"/api/v1/bases/ACME/bulks/{draft['id']}")
    assert (draft["state"], draft["counts"]["ready"], draft["counts"]["duplicates"]) == ("draft", 2, 1)
    assert [row["text"] for row in draft["first"]] == ["Bonjour Léa", "Bonjour Paul"]

    started = await chief("POST", f"/bulks/{draft['id']}/start")
    assert (started.status, (await started.json())["state"]) == (200, "running")
    await xrm.run_until_idle()
    job = await (await chief("GET", f"/bulks/{draft['id']}")).json()
    assert sum(job["progress"].values()) == 3
    assert (await (await chief("GET", "/bulks")).json())["items"][0]["id"] == draft["id"]
    left_out = await (await chief("GET", f"/bulks/{draft['id']}/rows", params={"state": "skipped"})).json()
    assert [(row["position"], row["code"]) for row in left_out["items"]] == [(4, "duplicate")]
    report = await chief("GET", f"/bulks/{draft['id']}/report")
    assert report.content_type == "text/csv"
    assert len((await report.text()).splitlines()) == 4


async def test_a_job_is_paused_resumed_and_cancelled(chief) -> None:
    draft = await (await chief("POST", "/bulks", json=ORDER)).json()
    about = f"/bulks/{draft['id']}"
    answers = [await chief("POST", f"{about}/{act}") for act in ("start", "pause", "resume", "cancel")]
    states = [(await answer.json())["state"] for answer in answers]
    assert states == ["running", "paused", "running", "cancelled"]
    for act in ("start", "retry"):
        again = await chief("POST", f"{about}/{act}")
        assert (again.status, (await again.json())["code"]) == (409, "bulk_in_another_state")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "Bonjour {nobody}"}, "text"),
        ({"file": "no base64!"}, "file"),
        ({"search": "lyon"}, "source"),
        ({"address_column": "Fax"}, "address_column"),
        ({"file": base64.b64encode(b"ville\nLyon\n").decode(), "text": "x"}, "file"),
    ],
)
async def test_what_is_wrong_is_named_by_its_field(chief, changes, field) -> None:
    response = await chief("POST", "/bulks", json=ORDER | changes)
    document = await response.json()
    assert (response.status, list(document["errors"])) == (422, [field])


async def test_a_selection_is_saved_used_and_removed(chief) -> None:
    await chief("POST", "/contacts", json={"last_name": "Roux", "phones": [{"number": "0612345678"}]})
    saved = await chief("PUT", "/selections/Lyon", json={"search": "roux"})
    assert (saved.status, (await saved.json())["search"]) == (200, "roux")
    assert [one["name"] for one in (await (await chief("GET", "/selections")).json())["items"]] == ["Lyon"]
    draft = await chief("POST", "/bulks", json={"sender": "COM", "text": "x {nom}", "selection": "Lyon"})
    assert (await draft.json())["counts"]["ready"] == 1
    assert (await chief("DELETE", "/selections/Lyon")).status == 204
    assert (await chief("DELETE", "/selections/Lyon")).status == 404


async def test_the_credit_of_an_account_is_watched_and_its_siblings_are_found(chief, seed, tmp_path, xrm) -> None:
    accounts = (await (await chief("GET", "/accounts", params={"channel": "sms"})).json())["items"]
    changed = await chief("PUT", f"/accounts/{accounts[0]['id']}/credit", json={"warn_below": 20})
    assert (changed.status, (await changed.json())["warn_below"]) == (200, 20)
    settings = {"service": str(tmp_path), "password": "s3cret"}
    found = await chief("POST", "/providers/memory_sms/find-accounts", json={"settings": settings})
    assert (found.status, [one["reference"] for one in (await found.json())["items"]]) == (200, ["main"])
