"""Makes `.venv` hold exactly what the lock names, the distributions of this repository and the files that pages load.

Standard library only: it runs before anything is installed, on whatever Python 3.11 is there.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"

DISTRIBUTIONS = (".", *sorted(str(file.parent.relative_to(ROOT)) for file in ROOT.glob("plugins/*/pyproject.toml")))


def main() -> int:
    started = time.monotonic()
    try:
        make_environment()
    except StepError as failure:
        print(f"\nSetting up stopped: {failure}", file=sys.stderr)
        return 1
    (VENV / "ready").touch()
    print(f"Set up in {time.monotonic() - started:.0f} s.")
    return 0


class StepError(Exception):
    """A step of the set-up did not succeed; says what a person can do."""


def make_environment() -> None:
    if not works(PYTHON):
        make_venv()
    if not UV.exists():
        say("Installing uv")
        pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", "requirements/uv.txt"], "uv could not be installed: is there a network?")
    environment = {**settings_of_pip(), **os.environ}
    say("Installing what requirements/dev.txt names")
    uv = [str(UV), "pip"]
    quiet = ["--quiet", "--python", str(PYTHON)]
    run([*uv, "sync", *quiet, "--require-hashes", "requirements/dev.txt"], "a package is missing", environment)
    editable = [word for folder in DISTRIBUTIONS for word in ("--editable", folder)]
    run([*uv, "install", *quiet, "--no-deps", "--no-build-isolation", *editable], "a build failed", environment)
    say("Fetching what pages load")
    run([str(PYTHON), "tools/assets.py"], "the files that pages load are missing")


def make_venv() -> None:
    say(f"Making {VENV.name} with Python {sys.version.split()[0]}")
    hint = "Python has no venv module (on Debian and Ubuntu: apt-get install python3-venv)"
    run([sys.executable, "-m", "venv", "--clear", str(VENV)], hint)


def works(python: Path) -> bool:
    """An environment can outlive the Python that it was made with, or be half made."""
    script = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", script], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def settings_of_pip() -> dict[str, str]:
    """Where this machine's pip is told to look, in the words of uv, which reads nothing of pip's own settings."""
    told = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False).stdout
    names = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    found = {}
    for line in told.splitlines():
        key, _, value = line.partition("=")
        variable = names.get(key.rpartition(".")[2])
        if variable:
            found[variable] = str(ast.literal_eval(value))
    return found


def run(command: list[str], hint: str, environment: dict[str, str] | None = None) -> None:
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise StepError(hint)


def say(step: str) -> None:
    print(f"{step} ...", flush=True)


if __name__ == "__main__":
    sys.exit(main())
