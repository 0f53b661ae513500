"""The folder of an installation."""

from __future__ import annotations

from pathlib import Path

from .given import Ungiven


def make_home(home: Path) -> None:
    """Make the folder, for its owner only, if it is not there. Raises `Ungiven` when it cannot be."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Ungiven("home_unusable", path=str(home), reason=error.strerror or type(error).__name__) from error
