"""What an address says about what is behind it, and who may be told a password. Pure: nothing asks the DNS."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit, urlunsplit

SITES_OF_MANY_HOSTS = ("icloud.com",)
"""Sites whose hosts hand each other their users: the calendars of iCloud are on pNN-caldav.icloud.com."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Kind(StrEnum):
    """What an account's address leads to."""

    CALDAV = "caldav"
    FEED = "feed"
    FOLDER = "folder"


def kind_of(url: str) -> Kind:
    """A folder by `file:`, a subscription by `webcal:` or a name that ends in `.ics`, else a CalDAV server."""
    address = urlsplit(url)
    if address.scheme == "file":
        return Kind.FOLDER
    if address.scheme in {"webcal", "webcals"} or address.path.lower().endswith(".ics"):
        return Kind.FEED
    return Kind.CALDAV


def written_well(url: str) -> str | None:
    """Why `url` cannot be the address of an account, as a code; None if it can."""
    try:
        address = urlsplit(url)
        host, port = address.hostname, address.port
    except ValueError:
        return "not_a_url"
    if address.scheme == "file":
        return None if not host and address.path.startswith("/") and not address.query else "not_a_folder"
    if address.scheme not in {"https", "http", "webcal", "webcals"} or not host or port == 0:
        return "not_a_url"
    if address.username is not None or address.password is not None or address.fragment:
        return "not_a_url"
    if address.scheme == "http" and not is_loopback(host):
        return "not_encrypted"
    return None


def http_address(url: str) -> str:
    """`webcal:` is https by another name; on this machine it may be http, where tests and bridges live."""
    address = urlsplit(url)
    if address.scheme not in {"webcal", "webcals"}:
        return url
    plain = address.scheme == "webcal" and is_loopback(address.hostname or "")
    return urlunsplit(address._replace(scheme="http" if plain else "https"))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its name or address alone."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: IpAddress) -> bool:
    """Whether `address` is out in the Internet: not of this machine, of a private network, of a link, or reserved."""
    inside = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inside is not None:
        return is_public(inside)
    return address.is_global and not address.is_multicast


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454 §4)."""
    address = urlsplit(url)
    return address.scheme, (address.hostname or "").lower(), _port(address)


def may_know_password(told: str, asking: str) -> bool:
    """Whether `asking` may be given the password that a person gave for `told`: the same origin, and over https a
    subdomain of its host or another host of a site that is known to have many."""
    if origin(told) == origin(asking):
        return True
    (told_scheme, told_host, told_port), (scheme, host, port) = origin(told), origin(asking)
    if (told_scheme, scheme) != ("https", "https") or (told_port, port) != (443, 443):
        return False
    if _is_number(told_host) or _is_number(host):
        return False
    own = told_host.removeprefix("www.")
    return _within(host, own) or any(_within(host, site) and _within(told_host, site) for site in SITES_OF_MANY_HOSTS)


def _within(host: str, site: str) -> bool:
    return host == site or host.endswith(f".{site}")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _port(address: SplitResult) -> int:
    default = {"https": 443, "http": 80}.get(address.scheme, 0)
    return address.port or default
