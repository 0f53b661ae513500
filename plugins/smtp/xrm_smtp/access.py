"""Where the mailbox of an account is, and the socket to it. Everything here blocks, and runs in a thread."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from xrm_platform.providers import AccountError, ProviderError, TransientError

from .mapping import connection_error
from .tokens import TokenSource

FIRST = timedelta(days=30)
"""How old a mail may be that is read when a mailbox is connected, which may hold those of twenty years."""

SOCKET_SECONDS = 30.0
"""How long a server may be silent."""

_T = TypeVar("_T")

# It starts no thread before it is used.
_THREADS = ThreadPoolExecutor(16, thread_name_prefix="mailbox")


async def in_thread(run: Callable[..., _T], *given: Any) -> _T:
    """`run(*given)` in one of the threads for mailboxes. A server that is silent holds one for long, and one that waits
    for a token needs the event loop to look names up, which it does in threads of its own."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, run, *given)


class ConnectionLostError(Exception):
    """The server left in the middle, or said what is no answer."""


@dataclass(frozen=True, slots=True)
class Access:
    """`protocol` is `imap` or `pop`; `security` as in the settings. With `tokens` there is no password."""

    protocol: str
    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    ca_file: str | None
    tokens: TokenSource | None = None


def access_of(settings: Mapping[str, Any], tokens: TokenSource | None = None) -> Access | None:
    """The mailbox of an account, None when nothing is to come in. `tokens` open it unless it has its own password."""
    if settings["receive"] == "none":
        return None
    own = settings["receive_username"] is not None
    return Access(
        protocol=settings["receive"],
        host=settings["receive_host"],
        port=settings["receive_port"],
        security=settings["receive_security"],
        username=settings["receive_username"] if own else settings["username"],
        password=(settings["receive_password"] if own else settings["password"]) or "",
        ca_file=settings["ca_file"],
        tokens=None if settings["receive_password"] else tokens,
    )


def connected(access: Access) -> socket.socket:
    """A connection, not yet secured. Raises `ProviderError`."""
    with mapped(access):
        return socket.create_connection((access.host, access.port), timeout=SOCKET_SECONDS)


def secured(plain: socket.socket, access: Access, tls: ssl.SSLContext) -> ssl.SSLSocket:
    """`plain` with TLS; it is closed when that fails. Raises `ProviderError`."""
    with mapped(access):
        try:
            return tls.wrap_socket(plain, server_hostname=access.host)
        except BaseException:
            plain.close()
            raise


@contextmanager
def mapped(access: Access) -> Iterator[None]:
    """What a socket raises, as errors of the contract."""
    try:
        yield
    except ConnectionLostError as error:
        raise TransientError("mailbox_connection_lost", detail=str(error)) from error
    except (ConnectionResetError, BrokenPipeError) as error:
        raise TransientError("mailbox_connection_lost", detail=type(error).__name__) from error
    except OSError as error:  # ssl.SSLError and TimeoutError are some
        raise _for_mailbox(connection_error(error, access.host, access.port), access) from error


def _for_mailbox(error: ProviderError, access: Access) -> ProviderError:
    """Ports are named in the sentence, and those of a mailbox are others than those of sending."""
    if error.code != "wrong_security":
        return error
    return AccountError("mailbox_wrong_security", detail=error.detail, host=access.host, port=access.port)
