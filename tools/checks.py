"""Everything that has to hold before a change is taken: `lint`, or `test`, which is lint and all tests.

Every check runs, whatever the others found; the exit code is 1 if one of them failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from environment import PYTHON, ROOT, VENV


def tool(name: str) -> str:
    return str(VENV / "bin" / name)


LINT: dict[str, list[str]] = {
    "ruff check": [tool("ruff"), "check", "--quiet"],
    "ruff format": [tool("ruff"), "format", "--quiet", "--check"],
    "mypy": [tool("mypy"), "--no-error-summary"],
    "mypy tools": [tool("mypy"), "--no-error-summary", "--strict", "tools"],
    "imports": [tool("lint-imports"), "--no-logo"],
}


WORKERS = min((os.cpu_count() or 1) + 1, 5)
"""Processes that tests run in, a file of tests always in one; `ARGS=-n0` keeps all in one. One more than processors,
because the slow tests wait for other programs most of their time."""


def main(what: str, options: list[str]) -> int:
    checks = LINT
    if what == "test":
        spread = ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder"]
        tests = [str(PYTHON), "-m", "pytest", "--quiet", *spread, *options]
        checks = {"system parts": [str(PYTHON), "tools/system_parts.py"], **LINT, "tests": tests}
    failed = [name for name, command in checks.items() if not passes(name, command)]
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def passes(name: str, command: list[str]) -> bool:
    # The commands that tests run load the whole platform, which takes three times as long where nothing may be kept of
    # what was compiled.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, check=False, env=environment).returncode
    print(f"[{'ok' if code == 0 else 'FAILED'}] {name}: {time.monotonic() - started:.1f} s", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
