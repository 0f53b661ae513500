"""Writes requirements/*.txt from requirements/*.in: every package with its version and hashes, for every system.

Versions move only as far as needed; `--upgrade` takes the newest that pyproject.toml allows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable

from environment import DISTRIBUTIONS, ROOT, UV, settings_of_pip


def names_of(folders: Iterable[str]) -> list[str]:
    """Our own distributions: they are installed from this checkout."""
    return [
        tomllib.loads((ROOT / folder / "pyproject.toml").read_text("utf-8"))["project"]["name"] for folder in folders
    ]


OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    *(f"--no-emit-package={name}" for name in names_of(DISTRIBUTIONS)),
)


def main(options: list[str]) -> int:
    # In this order: what tests run with is what people run with.
    for name, constraint in (("runtime", None), ("dev", "runtime"), ("uv", "dev"), ("node", None)):
        command = [str(UV), "pip", "compile", *OPTIONS, *options, f"requirements/{name}.in"]
        command += ["--output-file", f"requirements/{name}.txt"]
        if constraint:
            command += ["--constraint", f"requirements/{constraint}.txt"]
        environment = {**settings_of_pip(), **os.environ}
        print(f"requirements/{name}.txt ...", flush=True)
        code = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
