"""`xrm accounts connect`: a process that shows an address, waits for the browser, and ends."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest

from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.google_vendor import GoogleVendor

XRM = (sys.executable, "-c", "from xrm_platform.cli import main; main()")


@pytest.fixture
def google():
    """Google's stand-in beside the command, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def opened() -> GoogleServer:
        server = GoogleServer()
        await server.start()
        return server

    server = asyncio.run_coroutine_threadsafe(opened(), loop).result()
    yield server
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def account(xrm, google, tmp_path):
    """The id of an account that waits for a consent."""
    settings = GoogleVendor(google).settings()
    secret = tmp_path / "client-secret"
    secret.write_text(settings.pop("client_secret"))
    del settings["refresh_token"]
    assert xrm("providers", "enable", "google_calendar", "--base", "ACME").code == 0
    given = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    added = xrm(
        *("accounts", "add", "google_calendar", "--base", "ACME", "--name", "Agenda", "--default", "--json"),
        *given,
        *("--secret", f"client_secret=@{secret}"),
    )
    assert added.code == 0, added.err
    return added.json["id"]


@pytest.fixture
def started(home):
    """Starts `xrm accounts connect …`; ends it at last."""
    processes = []

    def start(*arguments, **changed):
        process = subprocess.Popen(
            [*XRM, "accounts", "connect", *arguments, "--base", "ACME"],
            env={**os.environ, "XRM_HOME": str(home), "XRM_LANGUAGE": "en", "PYTHONUNBUFFERED": "1", **changed},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def address_in(process):
    """The address that a person is to open; after it, where the browser comes back is said."""
    address = next(line.strip() for line in process.stderr if line.strip().startswith("http"))
    assert re.search(r"http\S*/oauth/callback", next(line for line in process.stderr if line.strip()))
    return address


def browsed(address):
    """Status and page at the end of what the browser is led through."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def test_the_browser_comes_back_to_this_machine_and_the_account_is_connected(xrm, started, account):
    connecting = started(account, "--json")

    status, page = browsed(address_in(connecting))
    out, err = connecting.communicate(timeout=60)

    assert (connecting.returncode, status, "is connected" in page) == (0, 200, True), err
    assert (f'"id": "{account}"' in out, '"health": "ok"' in out) == (True, True)
    assert xrm("calendars", "available", "--base", "ACME", "--owner", "COM", "--json").items[0]["name"] == "Agenda"


def test_access_that_is_denied_ends_the_command_with_one_line(google, started, account):
    google.sign_in.denies = True
    connecting = started(account)

    status, page = browsed(address_in(connecting))
    out, err = connecting.communicate(timeout=60)

    assert (connecting.returncode, out, status) == (1, "", 409)
    assert "not connected" in page
    assert len(err.splitlines()) == 1


def test_what_comes_with_a_state_of_nobody_does_not_end_the_waiting(started, account):
    connecting = started(account)
    address = address_in(connecting)
    redirect = re.search(r"redirect_uri=([^&]+)", address)[1]

    assert browsed(f"{urllib.parse.unquote(redirect)}?state=guessed&code=x")[0] == 404
    assert browsed(address)[0] == 200
    connecting.communicate(timeout=60)

    assert connecting.returncode == 0


def test_a_port_that_is_taken_is_said(xrm, google, account):
    port = google.url.rpartition(":")[2]

    assert port in xrm("accounts", "connect", account, "--base", "ACME", "--port", port).line
