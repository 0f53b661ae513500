"""A mail that a provider hands over to the person's own mail software instead of sending it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .errors import ProviderError


class Rung(StrEnum):
    """How a mail gets into the person's mail software, the best way first."""

    MAILBOX = "mailbox"
    """It lies in the folder of drafts of the person's mailbox."""
    FILE = "file"
    """A file that the person opens with the mail software (RFC 5322, with `X-Unsent: 1`)."""
    LINK = "link"
    """A link that opens a new message (RFC 6068): recipients, subject and text, nothing else."""


@dataclass(frozen=True, slots=True)
class MailDraft:
    """What a `DRAFTED` mail became. `next_step` is a key of the section `next_steps` of the translations, filled with
    `params`: what the person does now. `content` comes with `FILE`, `uri` with `LINK`.

    `losses` are keys of the section `losses`: what this way could not carry. `refused` says why a better way that the
    account is set up for was not taken. `watched`: `whereabouts` can tell later that the person sent it.
    """

    rung: Rung
    next_step: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    content: bytes | None = None
    filename: str = ""
    uri: str | None = None
    losses: tuple[str, ...] = ()
    refused: ProviderError | None = None
    watched: bool = False


_DRAFT = "<xrm-draft."


def draft_id(message_id: str) -> str:
    """What the draft of the mail with that Message-ID names as the mail before it, first in `References` (RFC 5322
    §3.6.4). Mail software that gives a mail another Message-ID when it is sent, as Thunderbird does, keeps that, and so
    do the answers to it."""
    return f"{_DRAFT}{message_id.removeprefix('<')}"


def message_of_draft(reference: str) -> str | None:
    """The Message-ID of the mail whose draft `reference` names, None if it names none."""
    return f"<{reference.removeprefix(_DRAFT)}" if reference.startswith(_DRAFT) else None


class Whereabouts(StrEnum):
    """Where a mail that was handed over lies by now."""

    DRAFTS = "drafts"
    SENT = "sent"
