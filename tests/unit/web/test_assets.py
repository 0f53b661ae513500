"""What the pages take from npm is pinned and fetched, never committed."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOCK = json.loads((ROOT / "package-lock.json").read_text("utf-8"))


def test_the_lock_names_no_registry() -> None:
    assert "http" not in json.dumps(LOCK)
    assert not any("resolved" in package for package in LOCK["packages"].values())


def test_every_package_of_the_lock_has_a_checksum() -> None:
    assert all(package["integrity"] for name, package in LOCK["packages"].items() if name)


def test_the_versions_are_pinned() -> None:
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    assert wanted == {name: LOCK["packages"][f"node_modules/{name}"]["version"] for name in wanted}


def test_nothing_of_others_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "node_modules", "xrm_platform/web/static/vendor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout == ""
