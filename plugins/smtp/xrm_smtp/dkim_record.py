"""Whether the DNS says of a key what receivers will ask for (RFC 6376 §3.6)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections.abc import Sequence

import dns.asyncresolver
import dns.exception
import dns.resolver

from xrm_platform.providers import Tick, TickState

from .dkim_key import DkimKey
from .dkim_signing import DkimSigner

STEP = "dkim"
DNS_SECONDS = 5.0

_TAG = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=([^;]*)")


async def check(signer: DkimSigner) -> Tick:
    """The tick `dkim`; skipped where the DNS cannot be asked."""
    name = f"{signer.selector}._domainkey.{signer.domain}"
    try:
        records = await texts(name)
    except dns.exception.DNSException:
        return Tick(STEP, TickState.SKIPPED)
    key = await asyncio.to_thread(lambda: signer.key)
    code = fault(records, key)
    if code is None:
        return Tick(STEP, TickState.OK)
    return Tick(STEP, TickState.FAILED, code, {"name": name, "record": key.record})


async def texts(name: str) -> Sequence[str]:
    """The TXT records of a name; none when it does not exist. Raises `DNSException` when nobody answers."""
    try:
        answer = await dns.asyncresolver.resolve(name, "TXT", lifetime=DNS_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def fault(records: Sequence[str], key: DkimKey) -> str | None:
    """What is wrong with the TXT records of a selector for `key`, as a code; None when nothing is."""
    tagged = [tags for record in records if "p" in (tags := tags_of(record))]
    if not tagged:
        return "dkim_record_missing"
    if len(tagged) > 1:
        return "dkim_record_twice"
    (tags,) = tagged
    if not tags["p"]:
        return "dkim_record_withdrawn"
    hashes, services = _listed(tags.get("h", "sha256")), _listed(tags.get("s", "*"))
    usable = tags.get("v", "DKIM1") == "DKIM1" and "sha256" in hashes and services & {"*", "email"}
    try:
        public = base64.b64decode("".join(tags["p"].split()), validate=True)
    except (binascii.Error, ValueError):
        public = b""
    fits = tags.get("k", "rsa").lower() == key.kind and public in key.public
    return None if usable and fits else "dkim_record_of_another_key"


def tags_of(record: str) -> dict[str, str]:
    """Tags and values of a record (RFC 6376 §3.2)."""
    return {found[1]: found[2].strip() for part in record.split(";") if (found := _TAG.match(part))}


def _listed(value: str) -> set[str]:
    return {part.strip() for part in value.split(":")}
