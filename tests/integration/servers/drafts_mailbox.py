"""A person's mailbox on Dovecot as the contract of hand-over sees it, reached through a door that can fail."""

from __future__ import annotations

import asyncio
import imaplib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from email import message_from_bytes, policy

from xrm_platform.testing.mail_contract import Arrival

DRAFTS, SENT = "Brouillons", '"&AMk-l&AOk-ments envoy&AOk-s"'
_LITERAL = re.compile(rb"\{(\d+)\}\r\n$")


class DraftsMailbox:
    """`port` leads to the IMAP server at `behind`; the switches are those of the contract."""

    def __init__(self, behind: int, username: str, password: str) -> None:
        self._behind = behind
        self._credentials = (username, password)
        self._connections: set[asyncio.StreamWriter] = set()
        self._limit: int | None = None
        self._refuses = self._cuts = self._loses = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[DraftsMailbox]:
        """Empty of drafts and sent mail, until the block ends."""
        await asyncio.to_thread(self._emptied)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**22)
        self.port: int = self._server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            await self.go_down()

    async def arrived(self) -> Sequence[Arrival]:
        return [Arrival("", (), message) for _, message in await asyncio.to_thread(self._drafts)]

    async def send_draft(self, message_id: str) -> None:
        await asyncio.to_thread(self._take, message_id, SENT)

    async def put_sent(self, octets: bytes) -> None:
        """Mail software sent this, and keeps it."""
        await asyncio.to_thread(self._put_sent, octets)

    async def delete_draft(self, message_id: str) -> None:
        await asyncio.to_thread(self._take, message_id, None)

    async def refuse_credentials(self) -> None:
        self._refuses = True

    async def go_down(self) -> None:
        self._server.close()
        for writer in list(self._connections):
            writer.close()
        await self._server.wait_closed()

    async def refuse_recipient(self, address: str) -> None:
        """A draft has no recipients yet."""

    async def defer_recipient(self, address: str) -> None:
        """A draft has no recipients yet."""

    async def lose_next_answer(self) -> None:
        self._loses = True

    async def cut_next_message(self) -> None:
        self._cuts = True

    async def accept_at_most(self, octets: int) -> None:
        self._limit = octets

    # The door

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        to_server: asyncio.StreamWriter | None = None
        with suppress(OSError, asyncio.IncompleteReadError):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._behind, limit=2**22)
            lost: set[bytes] = set()
            answering = asyncio.create_task(self._answer(from_server, writer, lost))
            while line := await reader.readline():
                tag, _, command = line.partition(b" ")
                word = command.split(b" ")[0].strip().upper()
                octets = _LITERAL.search(line)
                if word in {b"LOGIN", b"AUTHENTICATE"} and self._refuses:
                    writer.write(tag + b" NO [AUTHENTICATIONFAILED] Authentication failed.\r\n")
                    continue
                if word == b"APPEND" and octets is not None:
                    if self._limit is not None and int(octets[1]) > self._limit:
                        writer.write(tag + b" NO [LIMIT] Message too large\r\n")
                        continue
                    if self._cuts:
                        self._cuts = False
                        break
                    if self._loses:
                        self._loses = False
                        lost.add(tag)
                to_server.write(line)
                if octets is not None:
                    to_server.write(await reader.readexactly(int(octets[1])))
            answering.cancel()
        for end in (writer, to_server):
            if end is not None:
                end.close()
        self._connections.discard(writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: set[bytes]) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                if line.partition(b" ")[0] in lost:
                    break
                writer.write(line)
        writer.close()

    # The mailbox itself

    @contextmanager
    def _session(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self._behind, timeout=60) as session:
            username, password = self._credentials
            session.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())
            yield session

    def _emptied(self) -> None:
        with self._session() as session:
            for folder in (DRAFTS, SENT):
                _, found = session.select(folder)
                if int(found[0]):
                    session.store("1:*", "+FLAGS", r"(\Deleted)")
                    session.expunge()

    def _drafts(self) -> list[tuple[str, object]]:
        with self._session() as session:
            session.select(DRAFTS, readonly=True)
            _, found = session.search(None, "ALL")
            numbers = found[0].decode().split()
            messages = []
            for number in numbers:
                _, data = session.fetch(number, "(FLAGS BODY.PEEK[])")
                assert b"\\Draft" in data[0][0]
                messages.append((number, message_from_bytes(data[0][1], policy=policy.default)))
        return messages

    def _put_sent(self, octets: bytes) -> None:
        with self._session() as session:
            assert session.append(SENT, None, None, octets)[0] == "OK"

    def _take(self, message_id: str, into: str | None) -> None:
        (number,) = [number for number, message in self._drafts() if message["Message-ID"] == message_id]
        with self._session() as session:
            session.select(DRAFTS)
            if into is not None:
                assert session.copy(number, into)[0] == "OK"
            session.store(number, "+FLAGS", r"(\Deleted)")
            session.expunge()
