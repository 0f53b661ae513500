"""The command as a process of its own: pipes, signals, ports, broken plugins."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

XRM = (sys.executable, "-c", "from xrm_platform.cli import main; main()")


@pytest.fixture
def environment(home):
    return {**os.environ, "XRM_HOME": str(home), "XRM_LANGUAGE": "en", "PYTHONUNBUFFERED": "1"}


@pytest.fixture
def started(environment):
    """Starts a command that runs on; ends it at last."""
    processes = []

    def start(*arguments, **changed):
        process = subprocess.Popen(
            [*XRM, *arguments],
            env={**environment, **changed},
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


def finished(environment, *arguments, **changed):
    return subprocess.run(
        [*XRM, *arguments],
        env={**environment, **changed},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def address_of(server):
    """Where a server says that it listens; what it logs before is passed over."""
    for line in server.stderr:
        if "http://" in line:
            return line.partition("http://")[2].split()[0].rstrip("/")
    raise AssertionError("it ended without listening")


def test_a_server_answers_and_ends_cleanly_when_it_is_told_to(started):
    server = started("serve", "--port", "0")
    with urllib.request.urlopen(f"http://{address_of(server)}/healthz", timeout=30) as answer:
        assert json.load(answer) == {"status": "ok"}
    server.send_signal(signal.SIGTERM)
    _, err = server.communicate(timeout=60)

    assert server.returncode == 0
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_refused_in_one_line(environment):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = finished(environment, "serve", "--port", str(port), XRM_LOG_LEVEL="error")

    assert (refused.returncode, refused.stdout) == (1, "")
    (line,) = refused.stderr.splitlines()
    assert str(port) in line


def test_a_worker_ends_cleanly_when_it_is_interrupted(started):
    worker = started("worker")
    assert "Ctrl-C" in next(line for line in worker.stderr if "Ctrl-C" in line)
    worker.send_signal(signal.SIGINT)
    _, err = worker.communicate(timeout=60)

    assert worker.returncode == 0
    assert "Traceback" not in err


def test_the_most_talkative_log_holds_no_value_that_is_stored(environment):
    made = finished(
        environment,
        *("collaborators", "create", "--base", "ACME", "LOG", "--last-name", "Unmistakable"),
        XRM_LOG_LEVEL="debug",
    )

    assert made.returncode == 0
    assert "Unmistakable" not in made.stderr


def test_a_reader_that_has_enough_is_no_accident(environment):
    process = subprocess.Popen(
        [*XRM, "audit", "list", "--base", "ACME", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait()

    assert err == ""


@pytest.fixture
def broken(tmp_path):
    """A folder with a distribution whose plugin raises when it is imported."""
    site = tmp_path / "site"
    info = site / "xrm_broken-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: xrm-broken\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[xrm_platform.plugins]\nbroken = xrm_broken\n")
    (site / "xrm_broken.py").write_text("raise RuntimeError('this plugin is broken')\n")
    return site


def test_plugins_are_listed_with_a_broken_one_and_without_a_database(environment, broken, tmp_path):
    listed = finished(
        environment, "plugins", "list", "--json", PYTHONPATH=str(broken), XRM_HOME=str(tmp_path / "nothing")
    )
    plugins = {one["name"]: one for one in json.loads(listed.stdout)["items"]}

    assert (listed.returncode, listed.stderr) == (0, "")
    assert plugins["broken"]["state"] == "failed"
    assert "this plugin is broken" in plugins["broken"]["reason"]
    assert plugins["smtp"]["state"] == "active"
    assert not (tmp_path / "nothing").exists()


def test_a_plugin_is_shown_with_its_settings_and_an_unknown_one_is_refused(environment):
    shown = finished(environment, "plugins", "show", "smtp", "--json")
    refused = finished(environment, "plugins", "show", "nope")

    provider = next(one for one in json.loads(shown.stdout)["providers"] if one["slug"] == "smtp")
    assert {setting["name"] for setting in provider["settings"]} >= {"host", "password"}
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)


def test_a_disabled_plugin_is_listed_as_such(environment):
    listed = finished(environment, "plugins", "list", "--json", XRM_DISABLED_PLUGINS="smtp")
    states = {one["name"]: one["state"] for one in json.loads(listed.stdout)["items"]}

    assert states["smtp"] == "disabled"
