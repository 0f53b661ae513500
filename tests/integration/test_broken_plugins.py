"""Distributions that are broken on purpose (tests/plugins), installed for real beside one that works."""

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

PLUGINS = Path(__file__).parents[1] / "plugins"
UV = Path(sys.executable).with_name("uv")

LIST = """
import json, sys
from xrm_platform.registry import Registry, describe
registry = Registry.load(disabled=sys.argv[1:])
print(json.dumps({
    "plugins": {one.name + "@" + one.distribution: describe(one) for one in registry.plugins},
    "providers": [one.slug for one in registry.providers()],
    "imported": sorted(sys.modules),
}))
"""

CALL = """
import asyncio, json, sys, types
from datetime import datetime, timezone
from xrm_platform.providers import Channel, DriverContext, OutgoingSms, ProviderError, SmsEncoding
from xrm_platform.registry import Drivers, Registry

SMS = OutgoingSms("m1", "+33612345678", "Bonjour", SmsEncoding.GSM7)
RUNS = {"check": lambda driver: driver.check(), "send": lambda driver: driver.send([SMS])}

async def outcome(slug, operation, effect, settings):
    registry = Registry.load(disabled=["leaves_a_marker"])
    drivers = Drivers(registry, lambda account: DriverContext(None, lambda: datetime.now(timezone.utc), None))
    descriptor = registry.provider(Channel.SMS, slug)
    try:
        driver = await drivers.get("account", 1, descriptor, lambda: settings)
        answer = await driver.call(operation, RUNS[operation], effect=effect)
        result = {"answer": repr(answer)}
    except ProviderError as error:
        result = {"error": type(error).__name__, "code": error.code, "params": error.params, "detail": error.detail}
    await drivers.aclose()
    return result

print(json.dumps([asyncio.run(outcome(*one)) for one in json.loads(sys.argv[1])]))
"""


def install(site: Path, *names: str) -> Path:
    """Build these distributions and install them into the folder `site`."""
    command = [UV, "pip", "install", "--quiet", "--no-cache", "--offline", "--no-deps", "--no-build-isolation"]
    command += ["--python", sys.executable, "--target", site, *(PLUGINS / name for name in names)]
    subprocess.run(command, check=True)
    return site


def python(script: str, *arguments: str, path: list[Path], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `script` in a fresh interpreter that finds distributions in the folders of `path` first."""
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), **environment}
    command = [sys.executable, "-W", "error", "-c", script, *arguments]
    done = subprocess.run(command, check=False, env=variables, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done


def listing(path: list[Path], *disabled: str, **environment: str) -> dict[str, Any]:
    listed: dict[str, Any] = json.loads(python(LIST, *disabled, path=path, **environment).stdout.splitlines()[-1])
    return listed


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every distribution of tests/plugins at once."""
    names = sorted(folder.name for folder in PLUGINS.iterdir() if (folder / "pyproject.toml").exists())
    return install(tmp_path_factory.mktemp("site"), *names)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def listed(site: Path, home: Path) -> dict[str, Any]:
    """What the registry says with all of them installed, in a home that was empty."""
    return listing([site], "leaves_a_marker", HOME=str(home), XDG_CACHE_HOME=str(home / "cache"))


@pytest.mark.parametrize(
    ("plugin", "state", "words"),
    [
        ("raises_at_import", "failed", ["could not be imported", "RuntimeError: the licence of the vendor's library"]),
        (
            "exits_at_import",
            "failed",
            ["could not be imported", "SystemExit: this plugin must be run by its installer"],
        ),
        ("asserts_at_import", "failed", ["could not be imported", "AssertionError: only works on Tuesdays"]),
        ("stale_argument", "incompatible", ["xrm_sms_providers", "region"]),
        ("unknown_hook", "incompatible", ["xrm_sms_provider ", "is xrm_sms_providers meant?"]),
        ("descriptor_without_driver", "incompatible", ["xrm_platform.sms", "'descriptor_without_driver'"]),
        ("driver_without_descriptor", "incompatible", ["xrm_platform.sms", "none of its hooks describes"]),
        ("driver_alone", "incompatible", ["xrm_platform.sms", "none of its hooks describes"]),
        ("future_api", "incompatible", ["version 1.99 of the contract", "this platform has 1.0"]),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason(
    listed: dict[str, Any], plugin: str, state: str, words: list[str]
) -> None:
    distribution = f"xrm-{plugin.replace('_', '-')}"
    status = listed["plugins"][f"{plugin}@{distribution}"]

    assert status["state"] == state
    assert status["providers"] == []
    assert f"Plugin '{plugin}' (entry point {plugin} " in status["reason"]
    assert all(word in status["reason"] for word in [distribution, *words]), status["reason"]


def test_broken_plugins_harm_none_that_works(listed: dict[str, Any]) -> None:
    states = {name.split("@")[0]: status["state"] for name, status in listed["plugins"].items()}

    assert {states[name] for name in ("good", "smtp", "esendex")} == {"active"}
    groups = ("xrm_platform.mail", "xrm_platform.sms", "xrm_platform.calendar")
    shipped = {point.name for group in groups for point in entry_points(group=group)}  # not those of the folder
    assert {"good", "constructor_fails", "driver_hangs"} == set(listed["providers"]) - shipped


def test_a_third_party_plugin_is_listed_with_the_version_of_its_distribution(listed: dict[str, Any]) -> None:
    status = listed["plugins"]["good@xrm-good"]

    assert (status["version"], status["reason"]) == ("1.0", "")
    assert [one["slug"] for one in status["providers"]] == ["good"]


@pytest.mark.parametrize("order", [("duplicate_one", "duplicate_two"), ("duplicate_two", "duplicate_one")])
def test_of_two_plugins_with_one_slug_neither_works_whichever_comes_first(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    path = [install(tmp_path / name, name) for name in order]

    listed = listing(path)

    for mine, other in (("one", "two"), ("two", "one")):
        status = listed["plugins"][f"duplicate@xrm-duplicate-{mine}"]
        assert status["state"] == "incompatible"
        assert f"xrm-duplicate-{mine}" in status["reason"]
        assert f"xrm-duplicate-{other}" in status["reason"]
        assert f"xrm_duplicate_{mine}" not in listed["imported"]
    assert "duplicate" not in listed["providers"]


def test_a_disabled_plugin_is_never_imported(site: Path, tmp_path: Path) -> None:
    marker = tmp_path / "imported"

    listed = listing([site], "leaves_a_marker", XRM_TEST_MARKER=str(marker))

    assert listed["plugins"]["leaves_a_marker@xrm-leaves-a-marker"]["state"] == "disabled"
    assert not marker.exists()

    listing([site], XRM_TEST_MARKER=str(marker))

    assert marker.exists()


def test_loading_imports_no_driver_and_nothing_that_drivers_need(listed: dict[str, Any]) -> None:
    imported = set(listed["imported"])

    assert "xrm_good.plugin" in imported
    assert imported.isdisjoint({"xrm_good.driver", "xrm_smtp.driver", "xrm_esendex.driver", "aiosmtplib", "aiohttp"})


def test_nothing_is_written_to_the_home_of_the_user(listed: dict[str, Any], home: Path) -> None:
    assert listed["plugins"]
    assert list(home.rglob("*")) == []


def test_a_plugin_that_was_uninstalled_is_gone_at_once(tmp_path: Path, home: Path) -> None:
    path = [install(tmp_path / "site", "good")]
    before = listing(path, HOME=str(home))
    for metadata in (tmp_path / "site").glob("*.dist-info/entry_points.txt"):
        metadata.unlink()

    after = listing(path, HOME=str(home))

    assert "good" in before["providers"]
    assert "good" not in after["providers"]


@pytest.fixture(scope="module")
def called(site: Path) -> list[dict[str, Any]]:
    """Outcomes of (slug, operation, effect, settings), one after the other in one interpreter."""
    calls = [
        ("good", "send", True, {}),
        ("constructor_fails", "check", False, {"password": "correct-horse"}),
        ("driver_hangs", "send", True, {}),
        ("driver_hangs", "check", False, {}),
    ]
    done = python(CALL, json.dumps(calls), path=[site])
    assert "correct-horse" not in done.stdout + done.stderr
    assert "never retrieved" not in done.stderr
    outcomes: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return outcomes


def test_the_driver_of_a_third_party_plugin_works(called: list[dict[str, Any]]) -> None:
    assert "good-m1" in called[0]["answer"]


def test_a_driver_that_cannot_be_built_says_so_without_its_secrets(called: list[dict[str, Any]]) -> None:
    assert called[1] == {
        "error": "PermanentError",
        "code": "driver_failed",
        "params": {"plugin": "constructor_fails"},
        "detail": "KeyError: \"no region in {'password': '***'}\"",
    }


def test_a_driver_that_hangs_in_send_leaves_the_outcome_unknown(called: list[dict[str, Any]]) -> None:
    assert (called[2]["error"], called[2]["code"]) == ("OutcomeUnknown", "timeout")


def test_a_driver_that_ignores_its_cancellation_does_not_hold_its_caller(called: list[dict[str, Any]]) -> None:
    assert (called[3]["error"], called[3]["code"]) == ("TransientError", "timeout")
