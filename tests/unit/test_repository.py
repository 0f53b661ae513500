"""What holds for the repository as a whole, whatever the code does."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from xrm_platform import __version__

ROOT = Path(__file__).resolve().parents[2]
CODE = {".py", ".js", ".css", ".html", ".sh", ".toml", ".mako"}
DISTRIBUTIONS = [ROOT, *sorted(file.parent for file in ROOT.glob("plugins/*/pyproject.toml"))]

# In parts, or this file would name what it forbids.
REGISTRY_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "registry.npm" + "js", "deb.deb" + "ian.org"]
MACHINE_PATHS = [f"/{folder}/" for folder in ("work", "root")]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone of the repository")
    return [file for name in listed.stdout.split("\0") if name and (file := ROOT / name).is_file()]


def text_of(file: Path) -> str:
    return file.read_bytes().decode(errors="ignore")


def named(files: list[Path]) -> list[str]:
    return [str(file.relative_to(ROOT)) for file in files]


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_no_file_names_a_package_registry(host: str) -> None:
    assert named([file for file in tracked() if host in text_of(file)]) == []


@pytest.mark.parametrize("path", MACHINE_PATHS)
def test_no_file_names_a_folder_of_one_machine(path: str) -> None:
    alone = re.compile(rf"(?<![\w./]){re.escape(path)}")
    assert named([file for file in tracked() if alone.search(text_of(file))]) == []


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/*.txt")), ids=lambda lock: lock.name)
def test_a_lock_pins_every_package_by_hash_and_leaves_the_registry_open(lock: Path) -> None:
    text = lock.read_text()
    packages = [line for line in text.splitlines() if line and line[0] not in " #"]

    assert packages
    assert all(re.match(r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==", line) for line in packages)
    assert len(re.findall(r"\\\n    --hash=sha256:[0-9a-f]{64}", text)) >= len(packages)
    assert not re.search(r"https?://|file:|--index|--extra-index|--find-links", text)


def test_what_tests_run_with_is_what_people_run_with() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+==[^ ;\\]+", (ROOT / "requirements" / lock).read_text(), re.MULTILINE))

    assert pins("runtime.txt") <= pins("dev.txt")
    assert pins("uv.txt") <= pins("dev.txt")


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_a_distribution_is_typed_described_and_licensed(folder: Path) -> None:
    configuration = tomllib.loads((folder / "pyproject.toml").read_text())
    project = configuration["project"]
    (package,) = configuration["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert (folder / package / "py.typed").is_file()
    assert (folder / project["readme"]).read_text().strip()
    assert project["license"] == "Apache-2.0"
    assert (folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_changelog_tells_of_this_version() -> None:
    assert re.search(
        rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )


def test_no_file_of_code_holds_two_ideas() -> None:
    lengths = {file: text_of(file).count("\n") for file in tracked() if file.suffix in CODE}
    assert named([file for file, length in lengths.items() if length > 400]) == []


def test_every_file_is_named_after_what_is_in_it() -> None:
    says_nothing = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
    assert named([file for file in tracked() if file.suffix in CODE and file.stem.lower() in says_nothing]) == []
