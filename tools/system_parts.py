"""Installs the programs of the system that some tests run: a browser and real mail servers.

Where that is not possible (not Debian, not root, no network) it says what the tests will skip, and why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTS = {
    "chromium": Path("/usr/bin/chromium"),
    "postfix": Path("/usr/sbin/postfix"),
    "dovecot-imapd": Path("/usr/lib/dovecot/imap"),
    "dovecot-pop3d": Path("/usr/lib/dovecot/pop3"),
    "dovecot-lmtpd": Path("/usr/lib/dovecot/lmtp"),
}
"""Debian's packages and the file by which each is recognised."""

SERVICES = Path("/usr/sbin/policy-rc.d")
APT = ("apt-get", "-o", "DPkg::Lock::Timeout=600", "--quiet=2")


def main() -> int:
    lacking = missing()
    reason = hindrance()
    if lacking and reason is None:
        print(f"Installing {', '.join(lacking)} ...", flush=True)
        install(lacking)
        lacking, reason = missing(), "apt-get could not install them"
    if lacking:
        print(f"Tests that need these are skipped: {', '.join(lacking)}; {reason}.")
    return 1 if lacking and os.environ.get("CI") == "true" else 0


def missing() -> list[str]:
    return [package for package, file in PARTS.items() if not file.exists()]


def hindrance() -> str | None:
    """Why nothing can be installed here, None if it can."""
    if shutil.which("apt-get") is None:
        return "this system has no apt-get"
    if os.geteuid() != 0:
        return "root can install them by apt-get"
    return None


def install(packages: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with services_kept_off():
        # Tests bring their own configuration: the machine shall not become a mail server.
        answer = "postfix postfix/main_mailer_type select No configuration\n"
        subprocess.run(["debconf-set-selections"], input=answer, text=True, check=False)
        command = [*APT, "install", "--yes", "--no-install-recommends", *packages]
        for step in ([*APT, "update"], command):
            subprocess.run(step, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)


@contextmanager
def services_kept_off() -> Iterator[None]:
    """Packages of servers start them, unless this file forbids it (Debian's policy-rc.d)."""
    if SERVICES.exists():
        yield
        return
    SERVICES.write_text("#!/bin/sh\nexit 101\n")
    SERVICES.chmod(0o755)
    try:
        yield
    finally:
        SERVICES.unlink()


if __name__ == "__main__":
    sys.exit(main())
