"""Waiting for mail by IMAP: IDLE (RFC 2177).

A session is opened as any other, in a thread; then the event loop watches its socket, so that a mailbox that is waited
for costs a connection and no thread. Only few are opened at once, in threads of their own: a server that is away holds
up nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from xrm_platform.providers import News, TransientError

from .access import Access, mapped
from .imap import newer, open_inbox
from .imap_session import CHUNK, LINE, Session, answers, close, opened

# It starts no thread before it is used.
_OPENING = ThreadPoolExecutor(4, thread_name_prefix="imap-idle")

_TAG = b"idle"
_COUNTED = re.compile(rb"\* (\d{1,10}) (EXISTS|EXPUNGE)\s*$", re.IGNORECASE)

_ALIVE = (("TCP_KEEPIDLE", 120), ("TCP_KEEPINTVL", 30), ("TCP_KEEPCNT", 4))
"""After four minutes without a sign of life a connection is lost, which a router may have forgotten long ago."""


@dataclass(slots=True)
class _Idle:
    """A session that is in IDLE. `count` is how many mails are in the folder, as far as was told."""

    session: Session
    count: int


async def wait_for_news(access: Access, cursor: str | None, seconds: float) -> News:
    """As the contract says. Raises `ProviderError`."""
    opening = _Opening(access, cursor)
    try:
        idle = await asyncio.get_running_loop().run_in_executor(_OPENING, opening.run)
        if isinstance(idle, News):
            return idle
        with mapped(access):
            return await _heard(idle, seconds)
    finally:
        opening.give_up()


class _Opening:
    """What happens in the thread, which nobody can stop. A session is closed by who works with it: the number of a
    socket that is closed under a thread may be another connection's by the time that the thread reads."""

    def __init__(self, access: Access, cursor: str | None) -> None:
        self._access = access
        self._cursor = cursor
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._in_thread = True
        self._given_up = False

    def run(self) -> _Idle | News:
        with mapped(self._access):
            try:
                return self._opened()
            finally:
                self._leave_thread()

    def _opened(self) -> _Idle | News:
        if not self._wanted(None):
            return News.NONE
        session = opened(self._access)
        if not self._wanted(session):
            return News.NONE
        with answers():
            return _begun(session, self._cursor)

    def _wanted(self, session: Session | None) -> bool:
        """Whether nobody gave it up until now."""
        with self._lock:
            self._session = session
            return not self._given_up

    def _leave_thread(self) -> None:
        with self._lock:
            self._in_thread = False
            if self._given_up and self._session is not None:
                close(self._session)

    def give_up(self) -> None:
        """Close what is open, or let the thread do it: what it waits for comes to its end at once."""
        with self._lock:
            self._given_up = True
            if self._session is None:
                return
            if not self._in_thread:
                close(self._session)
                return
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._session.sock, socket.SHUT_RDWR)


def _begun(session: Session, cursor: str | None) -> _Idle | News:
    """INBOX in IDLE; or what is known without."""
    if "IDLE" not in session.capabilities:
        session.logout()
        return News.UNTOLD
    validity, count = open_inbox(session)
    session.response("EXISTS")  # that of the opening; what is told from here on is of mails that came since
    came = cursor is not None and bool(newer(session, cursor, validity))
    count, more = _told_meanwhile(session, count)
    if came or more:
        session.logout()
        return News.CAME
    session.send(_TAG + b" IDLE\r\n")
    before = b""
    while not (line := session.readline()).startswith(b"+"):
        if line.startswith(_TAG):
            return News.UNTOLD
        if line.upper().startswith(b"* BYE"):
            raise TransientError("mailbox_connection_lost", detail="IDLE was ended by the server")
        before += line
    session.ahead[:0] = before
    _keep_alive(session.sock)
    return _Idle(session, count)


def _told_meanwhile(session: Session, count: int) -> tuple[int, bool]:
    """How many mails are in INBOX by what was told since it was opened, and whether some are new. A server tells of
    a mail once, after whichever command comes first: IDLE would say nothing more of it."""
    _, gone = session.response("EXPUNGE")
    _, told = session.response("EXISTS")
    count = max(0, count - sum(one is not None for one in gone))
    return (count, False) if told[-1] is None else (int(told[-1]), int(told[-1]) > count)


async def _heard(idle: _Idle, seconds: float) -> News:
    sock, loop = idle.session.sock, asyncio.get_running_loop()
    sock.settimeout(0)
    readable = asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        async with asyncio.timeout(seconds):
            while not _is_news(idle):
                try:
                    came = sock.recv(CHUNK)
                except (BlockingIOError, ssl.SSLWantReadError):
                    await readable.wait()
                    readable.clear()
                    continue
                if not came or len(idle.session.ahead) > LINE:
                    raise TransientError("mailbox_connection_lost", detail="closed by the server")
                idle.session.ahead += came
        news = News.CAME
    except TimeoutError:
        news = News.NONE
    finally:
        loop.remove_reader(sock)
    with contextlib.suppress(OSError):  # a goodbye, on which nothing hangs
        sock.send(b"DONE\r\n")
    return news


def _is_news(idle: _Idle) -> bool:
    """Whether the lines that came say of more mails than there were. Some servers repeat how many there are."""
    ahead = idle.session.ahead
    while (end := ahead.find(b"\n")) >= 0:
        line = bytes(ahead[: end + 1])
        del ahead[: end + 1]
        if line.startswith(_TAG) or line.upper().startswith(b"* BYE"):
            raise TransientError("mailbox_connection_lost", detail="IDLE was ended by the server")
        counted = _COUNTED.match(line)
        if counted is None:
            continue
        if counted[2].upper() == b"EXPUNGE":
            idle.count = max(0, idle.count - 1)
        elif int(counted[1]) > idle.count:
            return True
        else:
            idle.count = int(counted[1])
    return False


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _ALIVE:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
