"""Passwords: Argon2id in threads, few at once, because each computation takes 64 MiB."""

from __future__ import annotations

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from . import fields

HASHES_AT_ONCE = 2


class Passwords:
    """Hashes and verifies with `hasher`'s parameters (argon2-cffi's defaults: RFC 9106, low memory)."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(HASHES_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Raises `Invalid` when the password is too short or too long."""
        return await self.renew(fields.password(password))

    async def renew(self, password: str) -> str:
        """A hash by today's parameters of a password that was accepted before."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, _octets(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one of the hash. Without a hash the answer is no, after as much work."""
        given = _octets(password[: fields.PASSWORD_LIMIT + 1])
        async with self._turns:
            return await asyncio.to_thread(self._verify, stored, given)

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str | None, given: bytes) -> bool:
        if stored is None:
            self._hasher.hash(given)
            return False
        try:
            return self._hasher.verify(stored, given)
        except (VerificationError, InvalidHashError):
            return False


def _octets(password: str) -> bytes:
    """The same password gives the same octets, whichever way a keyboard composes its accents."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
