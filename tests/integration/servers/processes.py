"""Starting, awaiting and stopping a server that is a program of the system."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
"""Servers are in folders that a person's PATH often lacks."""


def program(name: str) -> str | None:
    """Where the program is, None if it is not installed."""
    return shutil.which(name, path=SYSTEM_PATH)


def free_ports(count: int) -> list[int]:
    """Different ports of the loopback address that nobody uses, for servers that cannot choose by themselves."""
    with ExitStack() as sockets:
        taken = [sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in taken]


@contextmanager
def running(command: list[str], ports: list[int], log: Path, *, stop: list[str] | None = None) -> Iterator[None]:
    """`command` in the foreground, entered when all `ports` answer.

    At the end it is told to stop (by `stop`, else by SIGTERM), and what of its process group is left after ten seconds
    is killed. Raises `RuntimeError` with what it said and logged if it does not come up.
    """
    environment = {**os.environ, "PATH": SYSTEM_PATH}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, env=environment
        )
        try:
            if not _come_up(process, ports):
                said.seek(0)
                logged = log.read_text(errors="replace") if log.exists() else ""
                raise RuntimeError(f"{command} does not come up\n{said.read().decode(errors='replace')}{logged}")
            yield
        finally:
            if stop:
                subprocess.run(stop, capture_output=True, check=False)
            else:
                process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _come_up(process: subprocess.Popen[bytes], ports: list[int]) -> bool:
    """Whether all `ports` answer within a minute; not if it ends before."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if all(_answers(port) for port in ports):
            return True
        time.sleep(0.05)
    return False


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
