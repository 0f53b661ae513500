"""The distributions as people install them: built to wheels, put into an empty environment, and used there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
PLUGINS = ("esendex", "google_calendar", "ical", "ovh_sms", "smtp")
PACKAGES = {"xrm_platform": ROOT, **{f"xrm_{slug}": ROOT / "plugins" / slug for slug in PLUGINS}}
VENDOR = ROOT / "xrm_platform" / "web" / "static" / "vendor"

ENTRY_POINTS = {
    "xrm_platform": {"console_scripts": {"xrm": "xrm_platform.cli:main"}},
    "xrm_esendex": {
        "xrm_platform.plugins": {"esendex": "xrm_esendex.plugin"},
        "xrm_platform.sms": {"esendex": "xrm_esendex.driver:EsendexSms"},
    },
    "xrm_google_calendar": {
        "xrm_platform.plugins": {"google_calendar": "xrm_google_calendar.plugin"},
        "xrm_platform.calendar": {"google_calendar": "xrm_google_calendar.driver:GoogleCalendar"},
    },
    "xrm_ical": {
        "xrm_platform.plugins": {"ical": "xrm_ical.plugin"},
        "xrm_platform.calendar": {"ical": "xrm_ical.driver:IcalCalendar"},
    },
    "xrm_ovh_sms": {
        "xrm_platform.plugins": {"ovh_sms": "xrm_ovh_sms.plugin"},
        "xrm_platform.sms": {"ovh_sms": "xrm_ovh_sms.driver:OvhSms"},
    },
    "xrm_smtp": {
        "xrm_platform.plugins": {"smtp": "xrm_smtp.plugin"},
        "xrm_platform.mail": {
            "smtp": "xrm_smtp.driver:SmtpMail",
            "outlook": "xrm_smtp.handover.driver:OutlookMail",
            "apple_mail": "xrm_smtp.handover.driver:AppleMail",
        },
    },
}


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """What the command prints; nothing of this environment's configuration reaches it."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("XRM_", "PYTHON", "VIRTUAL"))
    }
    done = subprocess.run(command, cwd=cwd, env=inherited, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel of each import package. hatchling comes from this environment: no network."""
    folder = tmp_path_factory.mktemp("wheels")
    for source in PACKAGES.values():
        run(
            UV,
            "build",
            "--quiet",
            "--offline",
            "--wheel",
            "--no-build-isolation",
            "--python",
            sys.executable,
            "--out-dir",
            folder,
            source,
        )
    return {package: next(folder.glob(f"{package}-*.whl")) for package in PACKAGES}


@pytest.fixture(scope="module")
def installed(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheels, what runtime.txt names, and nothing else."""
    environment = tmp_path_factory.mktemp("installed")
    run(UV, "venv", "--quiet", "--python", sys.executable, environment)
    # Whoever runs tests has installed the same wheels by uv: they are in its cache.
    options = ("--quiet", "--offline", "--python", environment / "bin" / "python")
    run(UV, "pip", "sync", *options, "--require-hashes", ROOT / "requirements" / "runtime.txt")
    run(UV, "pip", "install", *options, "--no-deps", *wheels.values())
    return environment / "bin"


def files_of_repository(package: str) -> set[str]:
    """What a person would commit of the package, as paths in a wheel."""
    source = PACKAGES[package]
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", package, cwd=source)
    return {name for name in listed.split("\0") if name and (source / name).is_file()}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_every_file_of_its_package_and_nothing_else(wheels: dict[str, Path], package: str) -> None:
    with ZipFile(wheels[package]) as wheel:
        held = {name for name in wheel.namelist() if not name.startswith(f"{package}-")}

    fetched = {
        str(file.relative_to(ROOT)) for file in VENDOR.rglob("*") if file.is_file() and package == "xrm_platform"
    }
    assert held == files_of_repository(package) | fetched


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_is_typed_licensed_and_names_its_entry_points(wheels: dict[str, Path], package: str) -> None:
    with ZipFile(wheels[package]) as wheel:
        held = {PurePosixPath(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
        entry_points = ConfigParser(delimiters="=")
        entry_points.read_string(wheel.read(held["entry_points.txt"]).decode())
        licence = wheel.read(held["LICENSE"]).decode()
        assert f"{package}/py.typed" in wheel.namelist()

    assert {group: dict(entry_points[group]) for group in entry_points.sections()} == ENTRY_POINTS[package]
    assert licence == (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize(
    "part",
    ["testing/driver_contract.py", "store/migrations/env.py", "wording/fr/store.json", "wording/en/store.json"],
)
def test_the_platform_carries_what_it_reads_and_what_authors_test_with(wheels: dict[str, Path], part: str) -> None:
    with ZipFile(wheels["xrm_platform"]) as wheel:
        assert wheel.read(f"xrm_platform/{part}")


@pytest.mark.parametrize("package", [f"xrm_{slug}" for slug in PLUGINS])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_plugin_carries_its_translations(wheels: dict[str, Path], package: str, language: str) -> None:
    with ZipFile(wheels[package]) as wheel:
        assert json.loads(wheel.read(f"{package}/translations/{language}.json"))["provider"]["name"]


def test_the_lock_holds_everything_that_the_wheels_ask_for(installed: Path) -> None:
    run(UV, "pip", "check", "--python", installed / "python")


def test_the_command_answers_without_what_only_tests_need(installed: Path, tmp_path: Path) -> None:
    assert "plugins" in run(installed / "xrm", "--help", cwd=tmp_path)


def test_all_plugins_work_in_the_installed_platform(installed: Path, tmp_path: Path) -> None:
    told = json.loads(run(installed / "xrm", "plugins", "list", "--json", cwd=tmp_path))

    states = {plugin["name"]: (plugin["state"], plugin["reason"]) for plugin in told["items"]}
    assert states == dict.fromkeys(PLUGINS, ("active", ""))
