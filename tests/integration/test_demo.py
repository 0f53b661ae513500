"""`xrm demo`: the whole platform from an empty folder, against the stand-ins, as a process of its own."""

from __future__ import annotations

import email.policy
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

pytestmark = pytest.mark.slow

XRM = (sys.executable, "-c", "from xrm_platform.cli import main; main()")


@pytest.fixture
def environment():
    """Without any setting of this machine."""
    return {name: value for name, value in os.environ.items() if not name.startswith("XRM_")}


@pytest.mark.parametrize(("language", "said"), [("fr", "exactement comme"), ("en", "exactly as")])
def test_the_demo_sends_and_all_arrives_as_it_was_sent(tmp_path, environment, language, said):
    played = subprocess.run(
        [*XRM, "demo", "--once"],
        cwd=tmp_path,
        env={**environment, "XRM_LANGUAGE": language},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (played.returncode, played.stderr) == (0, ""), played.stdout
    assert said in played.stdout
    for side in ("CalDAV", "Google"):
        assert re.search(rf"│ +{side} .* 15:00–16:00", played.stdout), played.stdout
    assert "✗" not in played.stdout
    received = (tmp_path / "demo-data" / "arrived" / "mail.eml").read_bytes()
    assert "É" in str(email.message_from_bytes(received, policy=email.policy.default)["Subject"]).upper()
    assert [path.name for path in tmp_path.iterdir()] == ["demo-data"]


def test_the_demo_stays_up_and_ends_cleanly(tmp_path, environment):
    demo = subprocess.Popen(
        [*XRM, "demo", "--home", "here"],
        cwd=tmp_path,
        env={**environment, "XRM_LANGUAGE": "en", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        command = next(line for line in demo.stdout if line.startswith("curl") and line.endswith("/messages\n"))
        token, url = command.partition("Bearer ")[2].split("'")[0], command.split()[-1]
        asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=60) as answer:
            assert answer.status == 200
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=60)
    finally:
        if demo.poll() is None:
            demo.kill()
        demo.communicate()

    assert (demo.returncode, err) == (0, "")
    assert "The demo is over" in out


def test_a_folder_of_somebody_else_is_not_touched(tmp_path, environment):
    (tmp_path / "demo-data").mkdir()
    (tmp_path / "demo-data" / "precious").write_text("mine")
    refused = subprocess.run(
        [*XRM, "demo", "--once"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert (refused.returncode, refused.stdout) == (1, "")
    assert len(refused.stderr.splitlines()) == 1
    assert [path.name for path in (tmp_path / "demo-data").iterdir()] == ["precious"]


def test_without_a_caldav_server_the_rest_is_played_and_one_line_says_what_is_left_out(tmp_path, environment):
    hide = "import sys; sys.modules['radicale'] = None; from xrm_platform.cli import main; main()"
    played = subprocess.run(
        [sys.executable, "-c", hide, "demo", "--once"],
        cwd=tmp_path,
        env={**environment, "XRM_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (played.returncode, played.stderr) == (0, ""), played.stdout
    assert [line for line in played.stdout.splitlines() if "pip install radicale" in line]
    assert re.search(r"│ +Google .* 15:00–16:00", played.stdout), played.stdout
    assert "CalDAV  " not in played.stdout


def test_without_what_the_stand_ins_need_one_line_says_what_to_install(tmp_path, environment):
    hide = "import sys; sys.modules['aiosmtpd'] = None; from xrm_platform.cli import main; main()"
    refused = subprocess.run(
        [sys.executable, "-c", hide, "demo", "--once"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (refused.returncode, refused.stdout) == (1, "")
    (line,) = refused.stderr.splitlines()
    assert "xrm-platform[testing]" in line
    assert list(tmp_path.iterdir()) == []
