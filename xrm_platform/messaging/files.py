"""Attachments on disk, each content once, under its SHA-256."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xrm_platform.problems import Problem, Unavailable
from xrm_platform.store import new_id


class FileMissing(Problem):
    """An attachment's bytes are no longer on disk, cannot be read, or are no longer those that were stored."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    sha256: str
    size: int


class Files:
    """Keeps bytes in `folder`; writing the same content twice keeps one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: bytes) -> StoredFile:
        """Store `content` so that it survives a crash, before any row speaks of it. Raises `Unavailable` when the disk
        does not take it."""
        try:
            return await asyncio.to_thread(self._put, content)
        except OSError as error:
            raise Unavailable("attachments_not_stored", folder=str(self._folder)) from error

    async def get(self, sha256: str) -> bytes:
        """The bytes stored under `sha256`. Raises `FileMissing` when they are gone or were changed on disk."""
        return await asyncio.to_thread(self._get, sha256)

    async def forget(self, sha256: str, *, unused_since: datetime) -> None:
        """Delete the bytes, unless somebody stored the same again after `unused_since`."""
        await asyncio.to_thread(self._forget, sha256, unused_since)

    def _put(self, content: bytes) -> StoredFile:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        if not _touched(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"{sha256}.{new_id()}")
            try:
                with fresh.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(path)
            finally:
                fresh.unlink(missing_ok=True)
            _sync_folder(path.parent)
        return StoredFile(sha256, len(content))

    def _get(self, sha256: str) -> bytes:
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise FileMissing("file_missing", sha256=sha256[:12]) from error
        except OSError as error:
            raise FileMissing("attachment_unreadable", sha256=sha256[:12]) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise FileMissing("file_changed", sha256=sha256[:12])
        return content

    def _forget(self, sha256: str, unused_since: datetime) -> None:
        path = self._path(sha256)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < unused_since.timestamp():
                path.unlink()

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256


def _touched(path: Path) -> bool:
    """Whether the file is there; then it counts as stored now, so that nobody deletes it."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
