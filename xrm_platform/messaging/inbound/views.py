"""What came in, and whole conversations, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InboundView:
    """A message that came in.

    `sender` is a number in E.164 (or what the vendor calls a sender without one), or a mail address; `contacts` are the
    ids of those who have it: several when they share it; `answers` is the message it answers; `stop` is what it asks to
    end (`marketing` or `all`).

    Of a mail, `text` is what its writer wrote, without what is quoted; `kind` is `message`, `automatic` (the answer of
    a machine), `bulk` or `report` (a server's word on delivery), and only a `message` answers: what another is about is
    in `about`. `state` is `whole`, `original` (it could not be taken apart, and is its own file) or `too_large` (it
    stayed with the server). After `purged_at` its texts and files are gone.
    """

    id: str
    channel: str
    account: str
    sender: str
    to: str
    text: str
    received_at: datetime
    contacts: tuple[str, ...]
    answers: str | None
    stop: str | None
    subject: str
    sender_name: str
    kind: str
    state: str
    about: str | None
    purged_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReceivedFileView:
    """`inline` files are images that the HTML shows. `size` in bytes."""

    id: str
    filename: str
    content_type: str
    size: int
    inline: bool


@dataclass(frozen=True, slots=True)
class InboundDetail(InboundView):
    """A message with all that there is of it. `text` and `quoted` together are the text of a mail as it came. `html` is
    fit for a page; `remote_content` says that images from elsewhere were left out of it."""

    recipients: tuple[str, ...]
    copies: tuple[str, ...]
    reply_to: str | None
    sent_at: datetime | None
    size: int | None
    quoted: str
    html: str | None
    remote_content: bool
    files: tuple[ReceivedFileView, ...]


@dataclass(frozen=True, slots=True)
class ConversationEntry:
    """A message of a conversation or a thread. `direction` is `in` or `out`; `address` is the other side's; `sender`
    the collaborator's code of one that went out, `state` how far it came; `kind` is that of `InboundView`. After
    `purged_at` the text is gone."""

    id: str
    direction: str
    channel: str
    at: datetime
    address: str
    subject: str
    text: str
    sender: str | None
    state: str | None
    answers: str | None
    stop: str | None
    kind: str
    purged_at: datetime | None
