"""A POP3 or IMAP server that says what a test tells it to: for what Dovecot does not do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

Answer = Callable[[str], bytes | None]
"""From a command to what is answered; None drops the connection without a word."""


class ScriptedMailbox:
    """`greeting` is said first, then one answer for each line. `port` on the loopback address."""

    def __init__(self, greeting: bytes, answer: Answer) -> None:
        self._greeting = greeting
        self._answer = answer
        self.said: list[str] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(self._greeting)
            while line := await reader.readline():
                self.said.append(line.decode().strip())
                answer = self._answer(self.said[-1])
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
            writer.close()
            await writer.wait_closed()


def pop_answers(mails: list[bytes], *, uidl: bool = True, top: bool = True, cut_at: str = "") -> Answer:
    """A POP3 server without CAPA, with `mails`; it drops the connection in the middle of answering `cut_at`."""

    def answer(line: str) -> bytes | None:
        word, _, rest = line.partition(" ")
        number = int(rest.split()[0]) if rest[:1].isdigit() else 0
        several: dict[str, Callable[[], bytes]] = {
            "LIST": lambda: b"".join(b"%d %d\r\n" % (n, len(mail)) for n, mail in enumerate(mails, 1)),
            "RETR": lambda: _dotted(mails[number - 1]),
        }
        if uidl:
            several["UIDL"] = lambda: b"".join(b"%d key-%d\r\n" % (n, n) for n, _ in enumerate(mails, 1))
        if top:
            several["TOP"] = lambda: _dotted(mails[number - 1].partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        if line == cut_at:
            return None
        if word in several:
            return b"+OK\r\n" + several[word]() + b".\r\n"
        return b"+OK\r\n" if word in {"USER", "PASS", "STAT", "QUIT"} else b"-ERR what?\r\n"

    return answer


def _dotted(octets: bytes) -> bytes:
    body = b"".join(b"." + line if line.startswith(b".") else line for line in octets.splitlines(keepends=True))
    return body if body.endswith(b"\r\n") else body + b"\r\n"
