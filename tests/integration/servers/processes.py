"""Starting, awaiting and stopping a server that is a program of the system."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
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
    is killed. Raises `RuntimeError` with its log if it does not come up.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "PATH": SYSTEM_PATH},
    )
    try:
        _await_ports(process, ports, log)
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
        if process.stdout:
            process.stdout.close()


def _await_ports(process: subprocess.Popen[bytes], ports: list[int], log: Path) -> None:
    deadline = time.monotonic() + 20
    for port in ports:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                said, _ = process.communicate()
                written = log.read_text(errors="replace") if log.exists() else ""
                raise RuntimeError(
                    f"{process.args} does not answer on {port}\n{said.decode(errors='replace')}{written}"
                )
            time.sleep(0.05)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
