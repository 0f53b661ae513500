"""A mail as a draft: the octets of it (RFC 5322) with what only a draft says, and the name of its file. Pure."""

from __future__ import annotations

from dataclasses import replace

from xrm_platform.providers import Address, OutgoingMail, PermanentError, draft_id
from xrm_smtp.compose import ascii_domain, compose
from xrm_smtp.headers import addresses
from xrm_smtp.parts import AttachmentEncoder

REFERENCE = "X-XRM-Ref"
"""Where our id stands: some mail software gives a draft another Message-ID when it is sent."""

UNSENT = "X-Unsent"
"""Outlook opens a file with this header as a message to be written, not to be read."""


def draft_octets(mail: OutgoingMail, encoder: AttachmentEncoder, *, unsent: bool = False) -> bytes:
    """`mail` with its hidden recipients, for the person's software sends it. Raises `PermanentError` that names the
    field which cannot be written."""
    before = [draft_id(mail.message_id), *mail.headers.get("References", "").split()]
    headers = {REFERENCE: mail.id, **mail.headers, "References": " ".join(before)}
    if unsent:
        headers[UNSENT] = "1"
    composed = compose(replace(mail, headers=headers), encoder)
    return b"".join([addresses("Bcc", [_spoken(one) for one in mail.bcc]), *composed.chunks])


def file_name(mail: OutgoingMail) -> str:
    """What a draft's file is called; whoever stores it makes the name safe."""
    return f"{mail.subject or 'message'}.eml"


def _spoken(address: Address) -> Address:
    try:
        return Address(ascii_domain(address.email), address.name)
    except ValueError as error:
        raise PermanentError("bad_address", field="bcc") from error
