"""Reading a mailbox as a person's mail program does, by IMAP."""

from __future__ import annotations

import imaplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from .mail_servers import PASSWORDS, MailServers


@contextmanager
def mailbox(servers: MailServers, address: str) -> Iterator[imaplib.IMAP4_SSL]:
    """A session of `address`, signed in, no folder opened."""
    context = ssl.create_default_context(cafile=servers.authority)
    with imaplib.IMAP4_SSL("127.0.0.1", servers.dovecot.imaps, ssl_context=context, timeout=60) as session:
        # LOGIN of imaplib writes ASCII only.
        session.authenticate("PLAIN", lambda _: f"\0{address}\0{PASSWORDS[address]}".encode())
        yield session


def delivered(servers: MailServers, address: str, message_id: str) -> EmailMessage:
    """The message with that Message-ID in the inbox of `address`, waiting a minute for its delivery."""
    with mailbox(servers, address) as session:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            session.select("INBOX", readonly=True)
            _, (numbers,) = session.search(None, "HEADER", "Message-ID", f'"{message_id}"')
            if numbers:
                _, ((_, octets), *_) = session.fetch(numbers.split()[0].decode(), "(BODY.PEEK[])")
                return message_from_bytes(octets, policy=policy.default)
            time.sleep(0.05)
    raise AssertionError(f"{message_id} was not delivered to {address}")
