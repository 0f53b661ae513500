"""Files that a command reads from or writes to, said in one line when that does not work."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .given import Ungiven


@contextlib.contextmanager
def file_to_read(path: Path) -> Iterator[BinaryIO]:
    """Raises `Ungiven` that names it when it cannot be opened."""
    try:
        if path.is_dir():
            raise Ungiven("file_is_folder", path=str(path))
        file = path.open("rb")
    except FileNotFoundError as error:
        raise Ungiven("file_missing_given", path=str(path)) from error
    except OSError as error:
        raise Ungiven("file_unreadable", path=str(path), reason=error.strerror or type(error).__name__) from error
    with file:
        yield file


@contextlib.contextmanager
def file_to_write(path: Path) -> Iterator[BinaryIO]:
    """A file that is there as a whole at the end, or not at all; only its owner may read it, as it holds what people
    told in confidence. Raises `Ungiven` that names it when it cannot be written."""
    fresh = path.with_name(f".{path.name}.part")
    try:
        if path.is_dir():
            raise Ungiven("file_is_folder", path=str(path))
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise Ungiven("file_unwritable", path=str(path), reason=error.strerror or type(error).__name__) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
