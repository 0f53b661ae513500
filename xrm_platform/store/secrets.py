"""Secrets at rest: JSON sealed with MultiFernet, bound to the row that holds it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from xrm_platform.problems import Problem


class SecretsError(Problem):
    """The keys cannot be used, or do not open what was sealed. `params` never hold a key."""


class SecretBox:
    """Seals and opens with the newest of `keys` first. Every payload names what it belongs to (`bound_to`): moved to
    another row, it does not open."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise SecretsError("secret_key_malformed") from error

    def seal(self, data: dict[str, Any], *, bound_to: str) -> bytes:
        return self._fernet.encrypt(json.dumps({"for": bound_to, "data": data}).encode())

    def open(self, sealed: bytes, *, bound_to: str) -> dict[str, Any]:
        """Raises `SecretsError`: `secret_key_wrong`, or `secret_misplaced` when it belongs to something else."""
        try:
            payload = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise SecretsError("secret_key_wrong") from error
        if payload["for"] != bound_to:
            raise SecretsError("secret_misplaced", row=bound_to)
        data: dict[str, Any] = payload["data"]
        return data

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret, sealed with the newest key."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as error:
            raise SecretsError("secret_key_wrong") from error


def read_keys(configured: tuple[str, ...], key_file: Path) -> tuple[str, ...]:
    """The keys, newest first: those of the environment, else those of `key_file`, one a line.

    Raises `SecretsError` when there are none, or when others than the owner may read the file.
    """
    if configured:
        return configured
    try:
        mode = key_file.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretsError("secret_key_file_open", path=str(key_file), mode=f"{stat.S_IMODE(mode):o}")
        keys = tuple(line.strip() for line in key_file.read_text().splitlines() if line.strip())
    except FileNotFoundError as error:
        raise SecretsError("secret_key_missing", path=str(key_file)) from error
    except OSError as error:
        raise SecretsError("secret_key_unreadable", path=str(key_file)) from error
    except UnicodeDecodeError:
        raise SecretsError("secret_key_malformed") from None  # the error would show its bytes
    if not keys:
        raise SecretsError("secret_key_missing", path=str(key_file))
    return keys


def write_keys(keys: tuple[str, ...], key_file: Path) -> None:
    """Put `keys` into `key_file`, readable by its owner only, replacing it in one step."""
    key_file.parent.mkdir(parents=True, exist_ok=True)
    fresh = key_file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(key_file)


def new_key() -> str:
    return Fernet.generate_key().decode()
