"""Which servers take the mail of a domain (MX, RFC 5321 §5.1): they tell who hosts the mailboxes of a company."""

from __future__ import annotations

import dns.asyncresolver
import dns.exception

SECONDS = 3.0


async def mail_hosts(domain: str) -> tuple[str, ...]:
    """Names in lower case, the preferred first; none when the DNS says nothing in time."""
    try:
        answer = await dns.asyncresolver.resolve(domain, "MX", lifetime=SECONDS, search=False)
    except (dns.exception.DNSException, OSError):
        return ()
    found = sorted(answer, key=lambda record: int(record.preference))
    return tuple(str(record.exchange).rstrip(".").lower() for record in found)
