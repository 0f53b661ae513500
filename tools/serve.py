"""Starts the platform on a person's own data: XRM_HOME, or ./data."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from environment import ROOT, VENV

FIRST_TIME = """There is no data in {home} yet. Make a base and its administrator first:

  XRM_HOME={home} {xrm} init --base ACME --base-name "Acme SARL" --admin you

Then come back to `make serve`."""


def main(options: list[str]) -> None:
    home = Path(os.environ.get("XRM_HOME") or ROOT / "data").expanduser().absolute()
    xrm = VENV / "bin" / "xrm"
    if not home.exists() and not os.environ.get("XRM_DATABASE_URL"):
        sys.exit(FIRST_TIME.format(home=home, xrm=xrm.relative_to(ROOT)))
    environment = {**os.environ, "XRM_HOME": str(home)}
    os.execve(xrm, [str(xrm), "serve", *options], environment)


if __name__ == "__main__":
    main(sys.argv[1:])
