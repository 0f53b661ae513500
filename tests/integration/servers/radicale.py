"""Radicale, a CalDAV server, in a folder of its own: users by htpasswd, sync tokens, HTTP/1.0."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .processes import free_ports, running

CONFIGURATION = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""


@dataclass(frozen=True, slots=True)
class Radicale:
    """A running server. Its users are lines of a file that it reads at each request."""

    url: str
    users: Path

    def let_in(self, name: str, password: str) -> None:
        """From now on `name` exists, with an empty home."""
        with self.users.open("a") as users:
            users.write(f"{name}:{password}\n")


@contextmanager
def radicale() -> Iterator[Radicale]:
    """A Radicale of its own, until the end of the block."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="radicale-", dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        (port,) = free_ports(1)
        (folder / "users").touch()
        (folder / "configuration").write_text(CONFIGURATION.format(port=port, folder=folder))
        command = [sys.executable, "-m", "radicale", "--config", str(folder / "configuration")]
        with running(command, [port], folder / "log"):
            yield Radicale(f"http://127.0.0.1:{port}", folder / "users")
