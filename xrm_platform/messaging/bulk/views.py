"""What is asked of bulk jobs, and what they hand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from xrm_platform.providers import Category, Channel


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """One SMS or mail of the collaborator `sender` (code) to many people, from one of four places: `contacts` by their
    ids, a `search` for contacts, a saved `selection` (name), or a CSV `file` that is open for reading bytes and can
    seek.

    `subject` and `html` are a mail's; a `template` (id) gives the channel and all texts. `address_column` names the
    column of the file that holds the numbers or mail addresses, where its header does not say so. The messages are due
    `at` an aware time; `account` is chosen by the platform unless given.
    """

    sender: str
    text: str = ""
    channel: Channel = Channel.SMS
    subject: str = ""
    html: str | None = None
    template: str | None = None
    name: str = ""
    category: Category = Category.TRANSACTIONAL
    at: datetime | None = None
    account: str | None = None
    contacts: tuple[str, ...] | None = None
    search: str | None = None
    selection: str | None = None
    file: BinaryIO | None = None
    address_column: str | None = None


@dataclass(frozen=True, slots=True)
class BulkCounts:
    """What the preparation found of `total` people: those that are `ready`, and why the others are not."""

    total: int
    ready: int
    duplicates: int
    opted_out: int
    without_consent: int
    faulty_addresses: int
    empty_fields: int
    others: int


@dataclass(frozen=True, slots=True)
class BulkRowView:
    """One person. `address` is E.164 or a mail address, None where `written` is
    none. `text` is all that is sent, with the mention that
    marketing needs, and "" once it is a message; `state` is ready, queued (see `message`), skipped or cancelled.
    `code` and `params` say why it is skipped."""

    position: int
    name: str
    written: str
    address: str | None
    subject: str
    text: str
    html: str | None
    encoding: str | None
    parts: int
    state: str
    code: str | None
    params: Mapping[str, Any]
    message: str | None


@dataclass(frozen=True, slots=True)
class BulkView:
    """A bulk job. `state` is preparing, draft, running, paused, done or cancelled.

    `source` is contacts, search, selection or file, and `source_name` which. `parts` and `price` are those of all that
    was ready at the start; the price is None while nobody set one for the account. `progress` counts people by where
    they are: `ready`, `skipped`, `cancelled`, and the states of messages. `first` are the first that are ready, as they
    would be sent; only a draft has some. A job that paused itself says why in `code` and `params`.
    """

    id: str
    name: str
    state: str
    sender: str
    account: str
    channel: str
    category: str
    subject: str
    text: str
    html: str | None
    source: str
    source_name: str
    at: datetime | None
    counts: BulkCounts
    parts: int
    price: str | None
    currency: str | None
    progress: Mapping[str, int]
    first: tuple[BulkRowView, ...]
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    code: str | None
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SelectionView:
    """A search for contacts that is kept. Whom it finds is asked anew each time."""

    name: str
    search: str
    created_at: datetime
    created_by: str
