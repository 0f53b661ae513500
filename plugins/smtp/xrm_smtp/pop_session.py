"""One session of POP3 (RFC 1939) with its extensions (RFC 2449, 2595, 5034).

Not `poplib`: it gives up at a line of more than 2,048 octets, which real mails have, and cannot be told how large a
mail may become.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

from xrm_platform.providers import AccountError, ProviderError, TransientError, Unsupported

from .access import Access, ConnectionLostError, connected, mapped, secured
from .pool import tls_context
from .pop_sign_in import sign_in, sign_in_error

LINE = 64 * 1024
"""Octets read at once; a longer line comes in pieces."""

ANSWER = 32 * 1024 * 1024
"""Octets of a listing."""


class RefusedError(Exception):
    """The server said -ERR; the text are its words."""


class PopSession:
    """Signed in within `with`. Methods raise `RefusedError`, `ConnectionLostError` and `OSError`."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._sock: socket.socket | None = None
        self.capabilities: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            with mapped(self._access):
                self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.command("QUIT")
        except (RefusedError, ConnectionLostError, OSError):
            pass  # nothing was deleted, so nothing hangs on the goodbye
        finally:
            self._close()

    def command(self, line: str) -> str:
        """Say `line`; the words after +OK."""
        self._say(line.encode())
        return self._answer()

    def challenged(self, line: str) -> str:
        """Say `line`, which the server asks to go on with; what it says with that (RFC 5034 §4)."""
        self._say(line.encode())
        answer = self._line()
        if answer.startswith(b"-ERR"):
            raise RefusedError(_words(answer))
        if not answer.startswith(b"+"):
            raise ConnectionLostError("unreadable answer")
        return _words(answer)

    def concluded(self, line: str) -> str | None:
        """Say `line`, and nothing to what the server may still ask; the words of a refusal."""
        self._say(line.encode())
        answer = self._line()
        if answer.startswith(b"+ "):
            self._say(b"")
            answer = self._line()
        if answer.startswith(b"-ERR"):
            return _words(answer)
        if not answer.startswith(b"+OK"):
            raise ConnectionLostError("unreadable answer")
        return None

    def lines(self, line: str) -> list[str]:
        """Say `line`; the lines of the answer."""
        self.command(line)
        return self._body(ANSWER).decode("utf-8", "replace").splitlines()

    def octets(self, line: str, limit: int) -> bytes | None:
        """Say `line`; the answer as it is, None when it is longer than `limit`: then the session is of no more use."""
        self.command(line)
        try:
            return self._body(limit)
        except OverflowError:
            return None

    def _open(self) -> None:
        access = self._access
        tls = None if access.security == "none" else tls_context(access.ca_file)
        self._take(connected(access))
        if tls is not None and access.security == "tls":
            self._take(secured(self._plain(), access, tls))
        try:
            self._answer()
            self._ask_capabilities()
            if tls is not None and access.security == "starttls":
                if "STLS" not in self.capabilities:
                    raise AccountError("mailbox_no_starttls", host=access.host, port=access.port)
                self.command("STLS")
                self._take(secured(self._plain(), access, tls))
                self._ask_capabilities()
        except RefusedError as error:
            raise TransientError("mailbox_not_open", detail=str(error)) from error
        self._sign_in()

    def _take(self, sock: socket.socket) -> None:
        """Talk through `sock` from now on; what was read ahead without protection is forgotten."""
        self._sock = sock
        self._file = sock.makefile("rb")

    def _plain(self) -> socket.socket:
        self._file.close()
        if self._sock is None:
            raise ConnectionLostError
        return self._sock

    def _ask_capabilities(self) -> None:
        try:
            told = self.lines("CAPA")
        except RefusedError:
            told = []
        self.capabilities = {name.upper(): rest for name, _, rest in (line.partition(" ") for line in told)}

    def _sign_in(self) -> None:
        try:
            sign_in(self, self._access)
        except RefusedError as error:
            if not (password := self._access.password):
                raise sign_in_error(str(error)) from error
            raise sign_in_error(str(error).replace(password, "…"), self._access.host) from error

    def _say(self, line: bytes) -> None:
        if self._sock is None:
            raise ConnectionLostError
        self._sock.sendall(line + b"\r\n")

    def _answer(self) -> str:
        line = self._line()
        if line.startswith(b"+OK"):
            return _words(line)
        if line.startswith(b"-ERR"):
            raise RefusedError(_words(line))
        raise ConnectionLostError("unreadable answer")

    def _line(self) -> bytes:
        line = self._file.readline(LINE)
        if not line:
            raise ConnectionLostError("closed by the server")
        return line

    def _body(self, limit: int) -> bytes:
        """An answer of several lines, without the dots of transparency. Raises `OverflowError`."""
        pieces: list[bytes] = []
        size, fresh = 0, True
        while (line := self._line()) not in {b".\r\n", b".\n"} or not fresh:
            pieces.append(line[1:] if fresh and line.startswith(b".") else line)
            size += len(line)
            fresh = line.endswith(b"\n")
            if size > limit:
                raise OverflowError
        return b"".join(pieces)

    def _close(self) -> None:
        if self._sock is not None:
            self._file.close()
            self._sock.close()
            self._sock = None


def refused(error: RefusedError) -> ProviderError:
    """What it means that the server does not do what every server does."""
    return Unsupported("mailbox_refuses", detail=str(error))


def _words(line: bytes) -> str:
    return line.decode("utf-8", "replace").partition(" ")[2].strip()
