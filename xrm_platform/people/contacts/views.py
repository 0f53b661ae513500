"""What the use cases of contacts hand out, and the words for consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConsentChannel(StrEnum):
    SMS = "sms"
    MAIL = "mail"


class Purpose(StrEnum):
    """What a message is for; the categories of messages."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"


class ConsentState(StrEnum):
    """`NONE`: the contact was never asked, or nobody knows."""

    NONE = "none"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PhoneView:
    """`number` is E.164, `shown` how people write it; `kind` is mobile, landline or other."""

    number: str
    shown: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class MailAddressView:
    address: str
    label: str


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What the contact said last. `source` and `wording` say how it can be proved; `at` is when it was said."""

    channel: str
    purpose: str
    state: str
    source: str
    wording: str
    at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """`name` is the person's, else the company's. `reference` is the host application's own name for the contact,
    `former_references` those of contacts that were merged into it. A consent that is not there was never given."""

    id: str
    name: str
    first_name: str
    last_name: str
    company: str
    phones: tuple[PhoneView, ...]
    mails: tuple[MailAddressView, ...]
    country: str | None
    language: str | None
    notes: str
    reference: str | None
    former_references: tuple[str, ...]
    consents: tuple[ConsentView, ...]
    created_at: datetime
    updated_at: datetime

    def consent(self, channel: ConsentChannel, purpose: Purpose) -> ConsentState:
        """What the contact said about messages of this purpose on this channel."""
        for consent in self.consents:
            if (consent.channel, consent.purpose) == (channel, purpose):
                return ConsentState(consent.state)
        return ConsentState.NONE


@dataclass(frozen=True, slots=True)
class DuplicatesView:
    """Contacts that may be one. `reason` says what they share (number, mail or name), `shared` is it."""

    reason: str
    shared: str
    contacts: tuple[ContactView, ...]
