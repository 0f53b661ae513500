"""The files of a folder that the operator of the platform lets accounts use. All of it blocks: call it in threads."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from xrm_platform.providers import AccountError, NotFound, ProviderError, QuotaExhausted

ALLOWED = "XRM_ICAL_FOLDERS"
"""Environment variable: folders, separated as in PATH, within which accounts may name one. Unset allows none."""

SUFFIX = ".ics"


class Files:
    """The files of the folder of a `file:` address. Links are not followed out of it."""

    LARGEST: ClassVar[int] = 10 * 1024 * 1024

    def __init__(self, url: str) -> None:
        self._path = Path(unquote(urlsplit(url).path))

    def folder(self) -> Path:
        """Where they are. Raises `AccountError` if the operator did not allow it, `NotFound` if there is none: an
        empty answer would say that everything in it was deleted."""
        folder = self._path.resolve()
        allowed = [Path(each).resolve() for each in os.environ.get(ALLOWED, "").split(os.pathsep) if each]
        if not any(folder.is_relative_to(each) for each in allowed):
            raise AccountError("folder_not_allowed")
        if not folder.is_dir():
            raise NotFound("folder_gone")
        return folder

    def names(self) -> list[str]:
        """Names of the files that hold events."""
        with _told():
            found = [each.name for each in os.scandir(self.folder()) if each.is_file(follow_symlinks=False)]
        return sorted(name for name in found if name.endswith(SUFFIX) and not name.startswith("."))

    def read(self, name: str) -> bytes | None:
        """The content of a file, as far as one octet beyond `LARGEST`; None without such a file, and for a link."""
        with _told():
            path = self._inside(name)
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                if error.errno in {errno.ENOENT, errno.ELOOP}:
                    return None
                raise
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                return None
            with os.fdopen(descriptor, "rb") as file:
                return file.read(self.LARGEST + 1)

    def add(self, name: str, content: bytes) -> bool:
        """Make a file, whole or not at all. False if there is one of this name."""
        with _told(), self._draft(content) as draft:
            try:
                os.link(draft, self._inside(name), follow_symlinks=False)
            except FileExistsError:
                return False
        return True

    def replace(self, name: str, content: bytes) -> None:
        """Give a file this content, whole or not at all."""
        with _told(), self._draft(content) as draft:
            draft.replace(self._inside(name))

    def remove(self, name: str) -> None:
        """Take a file away; one that is gone is done."""
        with _told():
            self._inside(name).unlink(missing_ok=True)

    def _inside(self, name: str) -> Path:
        if Path(name).name != name or name in {".", ".."} or "\0" in name:
            raise NotFound
        return self.folder() / name

    @contextmanager
    def _draft(self, content: bytes) -> Iterator[Path]:
        """A hidden file with this content that is on the disk, gone at the end if it was not renamed."""
        draft = self.folder() / f".{uuid4()}.tmp"
        try:
            with draft.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            yield draft
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def _told() -> Iterator[None]:
    """What the system refuses, as an error of the contract."""
    try:
        yield
    except OSError as error:
        raise _error(error) from error


def _error(error: OSError) -> ProviderError:
    if error.errno == errno.ENOENT:
        return NotFound("folder_gone")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return QuotaExhausted("storage_full")
    return AccountError("folder_refused", detail=error.strerror or type(error).__name__)
