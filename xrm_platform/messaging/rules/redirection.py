"""The test mode of a base: a message to addresses that an administrator gave, saying whom it was meant for. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace

from xrm_platform.messaging.checks import CheckedRecipient
from xrm_platform.messaging.composing import Draft, recipient_rows
from xrm_platform.messaging.sms.segments import segment
from xrm_platform.messaging.states import State
from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Channel

from .settings import RulesView

NAMED = 3
"""How many of those a message was meant for are named where there is little room."""

_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


def redirected(draft: Draft, rules: RulesView, intro: str) -> Draft:
    """The draft for the test addresses of its channel instead of the recipients that still wait.

    Those keep the addresses it was meant for. `intro` is the sentence before these in a mail. Raises `Conflicting` when
    no test address of the channel is given: then nothing can be sent.
    """
    message = draft.message
    to = rules.test_mails if message.channel == Channel.MAIL else rules.test_numbers
    if not to:
        raise Conflicting("test_mode_no_address", channel=message.channel)
    meant = [row for row in draft.recipients if row.state == State.QUEUED]
    done = [row for row in draft.recipients if row.state != State.QUEUED]
    if message.channel == Channel.MAIL:
        _mark_mail(message, meant, intro)
    else:
        _mark_sms(message, meant)
    rows = recipient_rows(message, [CheckedRecipient("to", address) for address in to])
    for position, row in enumerate(rows, start=len(done)):
        row.intended_for, row.position = [one.address for one in meant], position
    for position, row in enumerate(done):
        row.position = position
    return replace(draft, recipients=[*done, *rows])


def is_redirected(row: MessageRecipient) -> bool:
    """Whether the row's address is one of the test addresses."""
    return bool(row.intended_for)


def _mark_sms(message: Message, meant: Sequence[MessageRecipient]) -> None:
    """Before the text, in characters that change neither its encoding nor its width."""
    parts = message.sms_parts
    message.text = f"TEST ({_named(meant)})\n{message.text}"
    message.sms_parts = max(parts or 1, len(segment(message.text).parts))


def _mark_mail(message: Message, meant: Sequence[MessageRecipient], intro: str) -> None:
    message.subject = f"[TEST: {_named(meant)}] {message.subject}"
    lines = [f"{kind.capitalize()}: {', '.join(names)}" for kind in ("to", "cc", "bcc") if (names := _of(meant, kind))]
    message.text = "\n".join([intro, *lines, "", message.text])
    if message.html is not None:
        block = f"<div>{'<br>'.join(html.escape(line) for line in (intro, *lines))}</div><hr>"
        body = _BODY.search(message.html)
        at = body.end() if body else 0
        message.html = message.html[:at] + block + message.html[at:]


def _of(meant: Sequence[MessageRecipient], kind: str) -> list[str]:
    return [f"{row.name} <{row.address}>" if row.name else row.address for row in meant if row.kind == kind]


def _named(meant: Sequence[MessageRecipient]) -> str:
    first = ", ".join(row.address for row in meant[:NAMED])
    return first if len(meant) <= NAMED else f"{first} +{len(meant) - NAMED}"
