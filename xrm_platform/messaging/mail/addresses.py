"""Mail addresses: from what people write to an address whose domain is in ASCII (RFC 5321 §4.1.2, RFC 5890)."""

from __future__ import annotations

import re
from functools import lru_cache

import idna

from xrm_platform.problems import Fault
from xrm_platform.providers import Address

MAX_LENGTH = 254
MAX_LOCAL = 64
MAX_NAME = 200

_WITH_NAME = re.compile(r"\s*(?P<name>[^<>]*?)\s*<(?P<email>[^<>]*)>\s*")
_LOCAL = re.compile(r"[^\s\x00-\x20\x7f\"(),:;<>@\[\\\]]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def mail_address(given: str) -> Address | Fault:
    """`a@b.fr` or `Name <a@b.fr>` as an `Address`, or why mail cannot go there."""
    if _CONTROL.search(given):
        return Fault("address_control_character")
    match = _WITH_NAME.fullmatch(given)
    name, email = (match["name"].strip('" '), match["email"]) if match else ("", given)
    local, _, domain = email.strip().rpartition("@")
    ascii_domain = domain_in_ascii(domain)
    fault = _fault(name, local, ascii_domain)
    if fault is not None:
        return Fault(fault, {"given": given[:100]})
    return Address(f"{local}@{ascii_domain}", name)


def _fault(name: str, local: str, domain: str | None) -> str | None:
    if len(name) > MAX_NAME:
        return "address_name_too_long"
    if not _LOCAL.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        return "address_local_part"
    if domain is None:
        return "address_domain"
    if len(local.encode()) > MAX_LOCAL or len(local.encode()) + 1 + len(domain) > MAX_LENGTH:
        return "address_too_long"
    return None


@lru_cache(maxsize=1024)
def domain_in_ascii(domain: str) -> str | None:
    """A domain in its ASCII form (IDNA 2008 with the mapping of UTS 46), None if it cannot be one."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
