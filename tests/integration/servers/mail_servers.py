"""Debian's Postfix and Dovecot together, as an Internet provider runs them, on the loopback address and in a folder
of their own: the configuration of this machine is neither read nor changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xrm_platform.testing.certificates import make_certificate

from .dovecot import Dovecot, dovecot
from .postfix import Postfix, postfix
from .processes import program

DOMAIN = "xrm.example"
CAMILLE = f"camille@{DOMAIN}"
DIRECTOR = f"direction@{DOMAIN}"
PASSWORDS = {CAMILLE: "s3cret-é à ç", DIRECTOR: "another-s3cret"}


@dataclass(frozen=True, slots=True)
class MailServers:
    """`authority` is the certificate that a client has to trust."""

    postfix: Postfix
    dovecot: Dovecot
    authority: Path


def missing_part() -> str | None:
    """Why the servers cannot run here, None if they can."""
    for name in ("postfix", "dovecot"):
        if program(name) is None:
            return f"{name} is not installed"
    if not Path("/usr/lib/dovecot/lmtp").exists():
        return "dovecot-lmtpd is not installed"
    if os.geteuid() != 0:
        return "Postfix starts as root only"
    return None


@contextmanager
def mail_servers() -> Iterator[MailServers]:
    """Both servers, with mailboxes for the addresses of `PASSWORDS`."""
    # pytest's folders are closed to the servers' own users, and their long names do not fit a unix socket.
    with tempfile.TemporaryDirectory(prefix="xrm-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        certificate, _ = make_certificate(folder)
        with (
            dovecot(folder / "d", certificate, PASSWORDS) as reading,
            postfix(folder / "p", certificate, DOMAIN, list(PASSWORDS), reading) as sending,
        ):
            yield MailServers(sending, reading, certificate)
