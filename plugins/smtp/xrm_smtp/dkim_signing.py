"""A DKIM signature (RFC 6376) for a message that is ready to go. Pure, and called off the event loop.

Not dkimpy: it signs in Python's own arithmetic, which costs each message of a mailing twenty times the processor's time
that it takes with `cryptography` (7 ms to 0.3), and needs another library of cryptography for Ed25519. dkimpy judges in
the tests what is signed here.

Headers are canonicalized "relaxed", for servers fold anew; the body "simple", for it is 7 bit, in short lines without
spaces at their ends, so that no server has a reason to touch it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from xrm_platform.providers import PermanentError

from .compose import ComposedMail
from .dkim_key import DkimKey, read_key
from .dkim_settings import ascii_domain
from .parts import Chunks

SIGNED = (
    *("from", "reply-to", "subject", "date", "to", "cc", "message-id", "in-reply-to", "references"),
    *("mime-version", "content-type", "content-transfer-encoding"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "auto-submitted"),
)
"""What is signed where it is there (RFC 6376 §5.4.1). Both headers of one-click unsubscription are (RFC 8058 §4)."""

SEALED = frozenset({"from", "reply-to", "subject", "date", "to", "cc", "content-type"})
"""What nobody on the way may add either: named once more than it is there (RFC 6376 §8.15)."""

_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_SPACES = re.compile(rb"[ \t]+")
_LINE = 72


class DkimSigner:
    """Signs for one domain."""

    def __init__(self, domain: str, selector: str, pem: str) -> None:
        self.domain = ascii_domain(domain)
        self.selector = selector
        self._pem = pem

    def __repr__(self) -> str:
        return f"DkimSigner({self.selector}._domainkey.{self.domain})"

    @cached_property
    def key(self) -> DkimKey:
        """Read when it is first needed, which takes milliseconds."""
        return read_key(self._pem)

    def signed(self, mail: ComposedMail, now: datetime) -> ComposedMail:
        """`mail` with its signature on top. Raises `PermanentError` for a sender whose domain is neither the one that
        signs nor within it: receivers would not count the signature (RFC 7489 §3.1.1)."""
        sender = mail.sender.rpartition("@")[2].lower()
        if sender != self.domain and not sender.endswith(f".{self.domain}"):
            raise PermanentError("dkim_other_domain", domain=self.domain, sender=sender)
        header = self.header(mail.chunks, now)
        return replace(mail, chunks=(header, *mail.chunks), size=mail.size + len(header))

    def header(self, chunks: Chunks, now: datetime) -> bytes:
        """The DKIM-Signature of a message, with its line break."""
        fields, body = parted(chunks)
        named = names(fields)
        tags = {
            "v": "1",
            "a": f"{self.key.kind}-sha256",
            "c": "relaxed/simple",
            "d": self.domain,
            "s": self.selector,
            "t": str(int(now.timestamp())),
            "h": ":\r\n ".join(":".join(group) for group in _groups(named)),
            "bh": base64.b64encode(body_digest(body)).decode(),
        }
        unsigned = "DKIM-Signature: " + ";\r\n ".join(f"{name}={value}" for name, value in tags.items()) + ";\r\n b="
        digest = hashlib.sha256(b"".join([*chosen(fields, named), relaxed(unsigned.encode())])).digest()
        written = base64.b64encode(self.key.sign(digest)).decode()
        lines = [written[start : start + _LINE] for start in range(0, len(written), _LINE)]
        return (unsigned + "\r\n ".join(lines) + "\r\n").encode()


def signer_of(settings: Mapping[str, Any]) -> DkimSigner | None:
    """Who signs the mail of an account, None where nobody does."""
    if not settings["dkim_key"]:
        return None
    return DkimSigner(settings["dkim_domain"], settings["dkim_selector"], settings["dkim_key"])


def parted(chunks: Chunks) -> tuple[list[bytes], Chunks]:
    """The header fields of a message, without their line breaks, and its body."""
    begun = b""
    for index, chunk in enumerate(chunks):
        begun += chunk
        head, found, rest = begun.partition(b"\r\n\r\n")
        if found:
            return _FIELD_END.split(head), (rest, *chunks[index + 1 :])
    return _FIELD_END.split(begun.removesuffix(b"\r\n")), ()


def names(fields: Sequence[bytes]) -> list[str]:
    """What `h=` lists."""
    there = [_name(field) for field in fields]
    return [name for name in SIGNED for _ in range(there.count(name.encode()) + (name in SEALED))]


def chosen(fields: Sequence[bytes], named: Sequence[str]) -> Iterable[bytes]:
    """The fields that `h=` names, the last of a name first (RFC 6376 §5.4.2), with line breaks; what is not there is
    nothing."""
    left: dict[bytes, list[bytes]] = {}
    for field in fields:
        left.setdefault(_name(field), []).append(field)
    for name in named:
        if left.get(name.encode()):
            yield relaxed(left[name.encode()].pop()) + b"\r\n"


def relaxed(field: bytes) -> bytes:
    """A header field in the canonical form "relaxed" (RFC 6376 §3.4.2), without line break."""
    name, _, value = field.partition(b":")
    return name.strip().lower() + b":" + _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def body_digest(body: Iterable[bytes]) -> bytes:
    """SHA-256 of a body in the canonical form "simple" (RFC 6376 §3.4.3): it ends in one line break."""
    digest, held = hashlib.sha256(), b""
    for chunk in body:
        octets = held + chunk
        end = _last_breaks(octets)
        digest.update(octets[:end])
        held = octets[end:]
    if held.endswith(b"\r"):
        digest.update(held)
    digest.update(b"\r\n")
    return digest.digest()


def _last_breaks(octets: bytes) -> int:
    """Where the line breaks begin with which `octets` end, or what may be the first half of one."""
    end = len(octets) - octets.endswith(b"\r")
    while octets.endswith(b"\r\n", 0, end):
        end -= 2
    return end


def _name(field: bytes) -> bytes:
    return field.partition(b":")[0].strip().lower()


def _groups(named: Sequence[str]) -> list[Sequence[str]]:
    """For lines of a length that every server takes."""
    return [named[start : start + 5] for start in range(0, len(named), 5)]
