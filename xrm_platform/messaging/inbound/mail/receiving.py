"""Write down, once, a mail that came in: with whom it is from, what it answers, and the thread that it is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.messaging.files import StoredFile
from xrm_platform.messaging.inbound import queries as inbound_queries
from xrm_platform.messaging.mail import queries as mail_queries
from xrm_platform.messaging.mail import threads
from xrm_platform.messaging.states import State
from xrm_platform.messaging.tables import Message
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.people.contacts.lookup import contacts_by_mail
from xrm_platform.providers import Address, Channel, MailEntry, message_of_draft
from xrm_platform.providers.errors import storable
from xrm_platform.store import new_id

from . import queries
from .automatic import Kind
from .reading import ReadMail
from .reporting import Reported, reported_message, write_report
from .tables import UnreadCalendar
from .telling import CameBack

MAX_KEY = 200
MAX_SIZE = 2**31 - 1
"""Octets; a server may say what it likes."""


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that is new here. `changed` are messages whose state a report changed, `came_back` says of whom."""

    inbound_id: str
    answers: str | None
    changed: Sequence[tuple[str, State]]
    came_back: CameBack | None = None


async def receive_mail(
    session: AsyncSession,
    account: ProviderAccount,
    entry: MailEntry,
    mail: ReadMail,
    stored: Sequence[StoredFile],
    now: datetime,
) -> Received | None:
    """Write down `mail`; None when it was known already, under this key or another. `stored` are its files on disk."""
    base_id, key = account.base_id, storable(entry.key)[:MAX_KEY]
    if await queries.has_digest(session, base_id=base_id, account_id=account.id, digest=mail.digest):
        await queries.add_other_key(session, base_id=base_id, account_id=account.id, key=key)
        return None
    sender = fold_mail(mail.sender.email) if mail.sender is not None else ""
    contacts = await contacts_by_mail(session, base_id=base_id, address=sender) if sender else ()
    about = await _about(session, base_id, mail)
    answers = about if mail.kind is Kind.MESSAGE else None
    inbound_id = new_id()
    row = _row(account, mail, now) | {
        "id": inbound_id,
        "key": key,
        "sender": sender,
        "contact_id": contacts[0].id if len(contacts) == 1 else None,
        "answers_id": None if answers is None else answers.id,
    }
    if not await inbound_queries.add_inbound(session, base_id=base_id, row=row):
        return None
    drafts = [message_of_draft(one) for one in mail.references]
    related = [one for one in (*mail.references, *drafts, mail.message_id) if one is not None]
    if related and mail.kind is not Kind.REPORT:
        # Whoever writes down the same mail from another mailbox at this moment waits here, and sees it then.
        await threads.join(session, base_id=base_id, message_ids=related)
    copied = mail.message_id is not None and await queries.is_there(
        session, base_id=base_id, message_id=mail.message_id, sender=sender
    )
    about_id = about.id if about is not None and answers is None else None
    details = _details(account, entry, mail) | {"inbound_id": inbound_id, "about_id": about_id, "copied": copied}
    queries.add_mail(session, base_id=base_id, mail=details, files=_files(mail, stored))
    if mail.calendar is not None:
        session.add(_unread(account, inbound_id, sender, mail, mail.calendar, now))
    reported = Reported()
    if mail.report is not None and about is not None:
        # Of a report that came to two mailboxes the copies have one id.
        named = mail.message_id or f"{account.id}:{key}"
        reported = await write_report(session, about, mail.report, key=named, at=now)
    elif sender and mail.kind is Kind.MESSAGE:
        await mail_queries.forgive_address(session, base_id=base_id, address=sender)
    came_back = CameBack(about, reported.failed, mail.to) if about is not None and reported.failed else None
    return Received(inbound_id, row["answers_id"], reported.changed, came_back)


async def note_too_large(
    session: AsyncSession, account: ProviderAccount, entry: MailEntry, now: datetime
) -> str | None:
    """A mail stays with the server, and is named here; its id, None when it was known."""
    mail = ReadMail(digest="")
    inbound_id = new_id()
    row = _row(account, mail, now) | {
        "id": inbound_id,
        "key": storable(entry.key)[:MAX_KEY],
        "sender": "",
        "contact_id": None,
        "answers_id": None,
    }
    if not await inbound_queries.add_inbound(session, base_id=account.base_id, row=row):
        return None
    details = _details(account, entry, mail) | {"inbound_id": inbound_id, "about_id": None, "copied": False}
    queries.add_mail(session, base_id=account.base_id, mail=details | {"state": "too_large", "digest": ""}, files=())
    return inbound_id


async def _about(session: AsyncSession, base_id: str, mail: ReadMail) -> Message | None:
    """The message of ours that it answers or is about: the last one that it speaks of."""
    if mail.report is not None:
        return await reported_message(session, base_id=base_id, report=mail.report)
    named = [message_of_draft(one) or one for one in mail.references]
    found = await queries.messages_with_ids(session, base_id=base_id, message_ids=named)
    return next((found[one] for one in reversed(named) if one in found), None)


def _row(account: ProviderAccount, mail: ReadMail, now: datetime) -> dict[str, Any]:
    return {
        "account_id": account.id,
        "channel": Channel.MAIL,
        "recipient": next(iter(mail.to), Address("")).email,
        "text": mail.text,
        "received_at": min(mail.sent_at, now) if mail.sent_at is not None else now,
        "stop": None,
        "stop_told": True,
        "created_at": now,
    }


def _details(account: ProviderAccount, entry: MailEntry, mail: ReadMail) -> dict[str, Any]:
    return {
        "account_id": account.id,
        "kind": mail.kind,
        "state": "whole" if mail.whole else "original",
        "digest": mail.digest,
        "size": min(entry.size, MAX_SIZE),
        "message_id": mail.message_id,
        "references": " ".join(mail.references),
        "sender_name": mail.sender.name if mail.sender is not None else "",
        "reply_to": mail.reply_to.email if mail.reply_to is not None else None,
        "to": [_written(address) for address in mail.to],
        "cc": [_written(address) for address in mail.cc],
        "subject": mail.subject,
        "html": mail.html,
        "sent_at": mail.sent_at,
    }


def _unread(
    account: ProviderAccount, inbound_id: str, sender: str, mail: ReadMail, ical: str, now: datetime
) -> UnreadCalendar:
    """With the mail, in its transaction: what stops before it is read loses nothing."""
    return UnreadCalendar(
        inbound_id=inbound_id,
        base_id=account.base_id,
        account_id=account.id,
        sender=sender,
        method=mail.calendar_method,
        ical=ical,
        at=now,
        due_at=now,
        attempts=0,
    )


def _files(mail: ReadMail, stored: Sequence[StoredFile]) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "filename": file.filename,
            "content_type": file.content_type,
            "size": kept.size,
            "sha256": kept.sha256,
            "cid": file.cid,
        }
        for file, kept in zip(mail.files, stored, strict=True)
    ]


def _written(address: Address) -> str:
    return f"{address.name} <{address.email}>" if address.name else address.email
