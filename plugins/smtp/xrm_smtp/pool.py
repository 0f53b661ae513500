"""The connections of an account: few, kept for the next message, and opened one at a time."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from xrm_platform.providers import AccountError, ProviderError

from . import mapping
from .client import IDLE_SECONDS, Connection, Delivery, StaleConnectionError
from .compose import ComposedMail
from .tokens import TokenSource


class Pool:
    """At most `limit` connections at once. Times are those of the running loop's clock. `tokens`: None with a
    password."""

    def __init__(self, settings: Mapping[str, Any], limit: int, tokens: TokenSource | None = None) -> None:
        self._settings = settings
        self._tokens = tokens
        self._slots = asyncio.Semaphore(limit)
        self._door = asyncio.Lock()
        self._idle: deque[Connection] = deque()
        self._tls: ssl.SSLContext | None = None
        self._refusal: ProviderError | None = None
        self._refused_at = 0.0
        self._sweep: asyncio.TimerHandle | None = None

    async def deliver(self, mail: ComposedMail, asked_at: float, deadline: float) -> Delivery:
        """Hand over `mail`. `asked_at` is when the call began that it belongs to.

        Raises `ProviderError` when the server heard of no recipient of it.
        """
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError as error:
            raise mapping.out_of_time() from error
        try:
            connection = await self._begun(mail, asked_at, deadline)
            try:
                delivery = await connection.transfer(mail, deadline)
            except BaseException:
                connection.abort()
                raise
            self._keep(connection)
            return delivery
        finally:
            self._slots.release()

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[Connection]:
        """A connection not yet open, closed at the end. Raises `AccountError` when `ca_file` cannot be read."""
        async with self._slots:
            if self._idle:
                self._idle.popleft().leave()
            connection = await self._new()
            try:
                yield connection
            finally:
                connection.leave()

    async def aclose(self) -> None:
        """Leave the server."""
        if self._sweep is not None:
            self._sweep.cancel()
        while self._idle:
            self._idle.popleft().leave()
        await asyncio.sleep(0)  # what was aborted is closed in the loop's next round
        await asyncio.sleep(0)

    async def _begun(self, mail: ComposedMail, asked_at: float, deadline: float) -> Connection:
        """A connection that has taken MAIL: a kept one or, when the server left that in the meantime, a new one."""
        try:
            async with asyncio.timeout_at(deadline):
                while self._idle:
                    kept = self._idle.pop()
                    if not kept.usable:
                        kept.leave()
                        continue
                    with suppress(StaleConnectionError):
                        await self._say_mail(kept, mail)
                        return kept
                new = await self._opened(asked_at)
                await self._say_mail(new, mail)
                return new
        except StaleConnectionError as stale:
            raise stale.error from stale
        except TimeoutError as error:
            raise mapping.out_of_time() from error

    async def _say_mail(self, connection: Connection, mail: ComposedMail) -> None:
        try:
            await connection.mail(mail)
        except ProviderError:
            self._keep(connection)
            raise
        except BaseException:
            connection.abort()
            raise

    async def _opened(self, asked_at: float) -> Connection:
        """A new connection. Who asked before the last one was refused shares its fate: a wrong password is tried once,
        not once for each message, for providers lock an account after a few."""
        async with self._door:
            if self._refusal is not None and self._refused_at >= asked_at:
                raise self._refusal
            connection = await self._new()
            try:
                await connection.open()
            except ProviderError as error:
                self._refusal, self._refused_at = error, asyncio.get_running_loop().time()
                raise
            return connection

    def _keep(self, connection: Connection) -> None:
        connection.used_at = asyncio.get_running_loop().time()
        if not connection.usable:
            connection.leave()
            return
        self._idle.append(connection)
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._leave_the_unused)

    def _leave_the_unused(self) -> None:
        for connection in [connection for connection in self._idle if not connection.usable]:
            self._idle.remove(connection)
            connection.leave()
        self._sweep = None
        if self._idle:
            self._sweep = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._leave_the_unused)

    async def _new(self) -> Connection:
        if self._tls is None and self._settings["security"] != "none":
            self._tls = await asyncio.to_thread(tls_context, self._settings["ca_file"])
        return Connection(self._settings, self._tls, self._tokens)


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """What certificates are judged by: the authorities that the system knows, or those in `ca_file`. Reads files.

    Raises `AccountError` when `ca_file` cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise AccountError("ca_file_unreadable", detail=type(error).__name__) from error
