"""Shows the platform at work, with data of its own: nothing of this machine's configuration or data is used."""

from __future__ import annotations

import os
import sys

from environment import ROOT, VENV


def main(options: list[str]) -> None:
    xrm = VENV / "bin" / "xrm"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XRM_")}
    environment["XRM_HOME"] = str(ROOT / "demo-data")
    os.execve(xrm, [str(xrm), "demo", *options], environment)


if __name__ == "__main__":
    main(sys.argv[1:])
