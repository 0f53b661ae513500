"""New keys for the stored secrets: `xrm secrets rotate`.

The order makes it safe to be cut off anywhere and to be run again: the new key is on disk before anything is sealed
with it, and the old ones are dropped only when everything was seen to open without them. Servers and workers read the
keys at their start: they are stopped before and started after.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from xrm_platform.problems import Conflicting
from xrm_platform.store import SecretBox, SecretsError, Store, new_key, read_keys, write_keys

from . import queries
from .queries import SealedRow

BATCH = 100


@dataclass(frozen=True, slots=True)
class Rotation:
    """How many accounts were sealed anew; `resumed` when an earlier rotation had been cut off and was finished."""

    accounts: int
    resumed: bool


async def rotate_key_file(store: Store, key_file: Path) -> Rotation:
    """Add a new key to `key_file`, seal everything with it, drop the others.

    A file that holds several keys is what a rotation that was cut off left: it is finished with its newest key.
    Raises `SecretsError`, with `account_secret_unreadable` for the first account that no key opens, and
    `Conflicting("rotation_running")`; nothing is lost then, and all keys are kept.
    """
    async with _alone(key_file) as flush_folder:
        keys = await asyncio.to_thread(read_keys, (), key_file)
        resumed = len(keys) > 1
        if not resumed:
            keys = (new_key(), *keys)
            await asyncio.to_thread(write_keys, keys, key_file)
            await asyncio.to_thread(flush_folder)
        accounts = await rotate_secrets(store, SecretBox(keys))
        await _verify(store, SecretBox(keys[:1]))
        await asyncio.to_thread(write_keys, keys[:1], key_file)
        await asyncio.to_thread(flush_folder)
    return Rotation(accounts, resumed)


async def rotate_secrets(store: Store, box: SecretBox) -> int:
    """Seal the secrets of all accounts of all bases with the newest key of `box`; how many accounts there are.

    Each batch is a transaction of its own, so the work can be cut off and repeated. Raises `SecretsError`.
    """
    count, after = 0, None
    while True:
        async with store.write() as session:
            rows = await queries.sealed_rows(session, after=after, limit=BATCH)
            await queries.store_sealed(session, await asyncio.to_thread(_rotated, rows, box))
        if not rows:
            return count
        count, after = count + len(rows), rows[-1].id


async def _verify(store: Store, box: SecretBox) -> None:
    """Raises `SecretsError` when `box`, which has the new key only, does not open everything."""
    after = None
    while True:
        async with store.read() as session:
            rows = await queries.sealed_rows(session, after=after, limit=BATCH)
        if not rows:
            return
        await asyncio.to_thread(_rotated, rows, box)
        after = rows[-1].id


def _rotated(rows: Sequence[SealedRow], box: SecretBox) -> list[SealedRow]:
    """`rows` sealed with the newest key, opened with any. Raises `SecretsError` that names the account."""
    fresh = []
    for row in rows:
        try:
            tokens = None if row.tokens is None else box.rotate(row.tokens)
            fresh.append(replace(row, settings=box.rotate(row.settings), tokens=tokens))
        except SecretsError as error:
            raise SecretsError("account_secret_unreadable", account=row.name, base=row.base, id=row.id) from error
    return fresh


@contextlib.asynccontextmanager
async def _alone(key_file: Path) -> AsyncIterator[Callable[[], None]]:
    """Only one rotation at a time works on `key_file`. Gives what makes sure that its replacement is on disk."""
    try:
        descriptor = await asyncio.to_thread(_lock, key_file.parent)
    except FileNotFoundError as error:
        raise SecretsError("secret_key_missing", path=str(key_file)) from error
    try:
        yield partial(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise Conflicting("rotation_running", folder=str(folder)) from error
    return descriptor
