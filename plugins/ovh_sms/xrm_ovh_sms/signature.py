"""How a request to OVHcloud is signed (as in the vendor's own clients)."""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Keys(NamedTuple):
    """Who asks, and for whom."""

    application_key: str
    application_secret: str
    consumer_key: str

    def __repr__(self) -> str:
        return f"Keys({self.application_key})"


def signature(keys: Keys, method: str, url: str, body: str, timestamp: int) -> str:
    """`$1$` and the SHA-1 of what is asked, joined by plus signs. `url` is the whole address as it is sent, query and
    percent-encoding included; `timestamp` is in seconds by OVHcloud's clock."""
    signed = f"{keys.application_secret}+{keys.consumer_key}+{method}+{url}+{body}+{timestamp}"
    return f"$1${hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest()}"


def headers(keys: Keys, method: str, url: str, body: str, timestamp: int) -> dict[str, str]:
    """The four headers of a signed request."""
    return {
        "X-Ovh-Application": keys.application_key,
        "X-Ovh-Consumer": keys.consumer_key,
        "X-Ovh-Timestamp": str(timestamp),
        "X-Ovh-Signature": signature(keys, method, url, body, timestamp),
    }
