"""The folder of the demo: made anew each time, if it is the demo's."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

from xrm_platform.cli.given import Ungiven
from xrm_platform.problems import Conflicting

MARKER = ".xrm-demo"
OWN = ("platform", "arrived", "caldav")
"""What the demo makes in its folder, and all that it ever deletes."""


@contextlib.contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """`folder`, new or emptied of a former demo, and held as long as this demo runs.

    Raises `Ungiven` when the folder holds anything and was not made by a demo, `Conflicting` when another demo runs in
    it.
    """
    try:
        _claim(folder)
        with (folder / MARKER).open("a") as marker:
            _hold(marker.fileno(), folder)
            for name in OWN:
                shutil.rmtree(folder / name, ignore_errors=True)
            for name in OWN:
                (folder / name).mkdir(mode=0o700)
            yield folder
    except OSError as error:
        if error.filename is None or not Path(error.filename).is_relative_to(folder):
            raise
        reason = error.strerror or type(error).__name__
        raise Ungiven("home_unusable", path=str(folder), reason=reason) from error


def _claim(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Ungiven("demo_folder_taken", path=str(folder))
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise Ungiven("demo_folder_taken", path=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def _hold(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Conflicting("demo_running", path=str(folder)) from error
