"""A mail as a link (RFC 6068), and what such a link cannot carry. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from xrm_platform.providers import Address, OutgoingMail, draft_id
from xrm_smtp.compose import ascii_domain

LIMIT = 2000
"""Characters of a link that every system passes on to the mail software (Windows takes about 2,080)."""

_LINE_BREAKS = re.compile(r"\r\n|\r|\n")


def mailto(mail: OutgoingMail) -> str | None:
    """The link, None when it would be too long to arrive whole. Raises `ValueError` for an impossible address.

    What answers no other mail names its draft, so that the answers to it, and it itself, are known again."""
    fields = [
        ("cc", _listed(mail.cc)),
        ("bcc", _listed(mail.bcc)),
        ("subject", quote(mail.subject, safe="")),
        ("in-reply-to", quote(mail.headers.get("In-Reply-To") or draft_id(mail.message_id), safe="")),
        ("body", quote(_LINE_BREAKS.sub("\r\n", mail.text.rstrip()), safe="")),
    ]
    named = "&".join(f"{name}={value}" for name, value in fields if value)
    link = f"mailto:{_listed(mail.to)}" + (f"?{named}" if named else "")
    return link if len(link) <= LIMIT else None


def losses(mail: OutgoingMail) -> tuple[str, ...]:
    """Keys of what a link to `mail` leaves behind, the gravest first."""
    shown = [file for file in mail.attachments if file.cid is not None]
    lost = {
        "attachments": len(shown) < len(mail.attachments),
        "invitation": mail.calendar is not None,
        "pictures": bool(shown),
        "formatting": mail.html is not None and not shown,
        "reply_to": mail.reply_to is not None,
    }
    return tuple(name for name, is_lost in lost.items() if is_lost)


def _listed(addresses: Sequence[Address]) -> str:
    return ",".join(quote(ascii_domain(one.email), safe="@") for one in addresses)
