"""Xandikos, a CalDAV server over git, in a folder of its own: keeps connections, has no sign-in of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .processes import free_ports, running


@dataclass(frozen=True, slots=True)
class Xandikos:
    """A running server; its one principal is `/user/`, whose calendars are in `/user/calendars/`."""

    url: str


@contextmanager
def xandikos() -> Iterator[Xandikos]:
    """A Xandikos of its own, until the end of the block."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="xandikos-", dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        (port,) = free_ports(1)
        command = [sys.executable, "-m", "xandikos", "serve", "-d", str(folder / "data"), "--autocreate"]
        command += ["--state-dir", str(folder / "state"), "--no-detect-systemd", "-l", "127.0.0.1", "-p", str(port)]
        with running(command, [port], folder / "log"):
            yield Xandikos(f"http://127.0.0.1:{port}")
