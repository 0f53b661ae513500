"""One message that came in, opened: all of it, its files, and the thread that it is of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging import queries as message_queries
from xrm_platform.messaging.files import Files
from xrm_platform.messaging.mail import queries as thread_queries
from xrm_platform.messaging.messages import visible_senders
from xrm_platform.messaging.tables import Message
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.contacts.lookup import is_id
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.problems import Missing
from xrm_platform.store import Store

from . import queries
from .mail import queries as mail_queries
from .mail.html import ShownHtml, shown_html
from .mail.quotes import parted
from .mail.tables import ReceivedFile, ReceivedMail
from .showing import entries_in, entry_out, inbound_view
from .tables import InboundMessage
from .views import ConversationEntry, InboundDetail, ReceivedFileView

MAX_THREAD = 500

FileUrl = Callable[[str], str]
"""From the id of a file to the address where a page finds it."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    filename: str
    content_type: str
    content: bytes


class Opening:
    def __init__(self, store: Store, files: Files) -> None:
        self._store = store
        self._files = files

    async def show(
        self, actor: Actor, inbound_id: str, *, remote: bool = False, file_url: FileUrl = lambda _: ""
    ) -> InboundDetail:
        """All of it. Images of the mail are at `file_url`, those from elsewhere are left out unless `remote` asks for
        them: their server would learn who reads what when. Raises `Missing`."""
        async with self._store.read() as session:
            row = await visible_inbound(session, actor, inbound_id)
            mail = (await mail_queries.mails(session, base_id=actor.base_id, inbound_ids=[row.id])).get(row.id)
            view = await inbound_view(session, row, mail)
            files = await mail_queries.files(session, base_id=actor.base_id, inbound_id=row.id)
        text, quoted = (row.text, "") if mail is None else await asyncio.to_thread(parted, row.text)
        shown: ShownHtml | None = None
        used: set[str] = set()
        if mail is not None and mail.html is not None:
            by_cid = {file.cid: file.id for file in files if file.cid is not None}

            def image_url(cid: str) -> str | None:
                if cid not in by_cid:
                    return None
                used.add(by_cid[cid])
                return file_url(by_cid[cid]) or f"cid:{cid}"

            shown = await asyncio.to_thread(shown_html, mail.html, image_url, remote=remote)
        kept = {field.name: getattr(view, field.name) for field in fields(view)}
        return InboundDetail(
            **{**kept, "text": text},
            recipients=() if mail is None else tuple(mail.to),
            copies=() if mail is None else tuple(mail.cc),
            reply_to=None if mail is None else mail.reply_to,
            sent_at=None if mail is None else mail.sent_at,
            size=None if mail is None else mail.size,
            quoted=quoted,
            html=None if shown is None else shown.html,
            remote_content=shown is not None and shown.remote_content,
            files=tuple(_file_view(file, inline=file.id in used) for file in files),
        )

    async def file(self, actor: Actor, inbound_id: str, file_id: str) -> OpenedFile:
        """A file of a mail that came in. Raises `Missing`, and `FileMissing` when its bytes are gone."""
        async with self._store.read() as session:
            row = await visible_inbound(session, actor, inbound_id)
            files = await mail_queries.files(session, base_id=actor.base_id, inbound_id=row.id)
        found = next((file for file in files if file.id == file_id), None)
        if found is None:
            raise Missing("unknown_file", file=file_id)
        return OpenedFile(found.filename, found.content_type, await self._files.get(found.sha256))

    async def thread(self, actor: Actor, inbound_id: str) -> tuple[ConversationEntry, ...]:
        """The mails that belong together with this one, whoever wrote them, oldest first; of those that the actor does
        not see, nothing is told. Raises `Missing`."""
        async with self._store.read() as session:
            row = await visible_inbound(session, actor, inbound_id)
            mail = (await mail_queries.mails(session, base_id=actor.base_id, inbound_ids=[row.id])).get(row.id)
            came, went = await self._related(session, actor, mail)
            shown = {one.id for one in came}
            if row.id not in shown and not (mail is not None and mail.copied and (came or went)):
                came = [*came, row]
            recipients = await message_queries.recipients(
                session, base_id=actor.base_id, message_ids=[one.id for one in went]
            )
            codes = await lookup.codes(session, base_id=actor.base_id)
            entries = await entries_in(session, actor.base_id, came)
            entries += [entry_out(one, recipients[one.id], codes[one.sender_id]) for one in went]
        return tuple(sorted(entries, key=lambda entry: (entry.at, entry.id)))

    async def _related(
        self, session: AsyncSession, actor: Actor, mail: ReceivedMail | None
    ) -> tuple[Sequence[InboundMessage], Sequence[Message]]:
        """What came in and went out in the thread of `mail`."""
        base_id = actor.base_id
        spoken_of = [] if mail is None else [one for one in (mail.message_id, *mail.references.split()) if one]
        threads = await thread_queries.threads_of(session, base_id=base_id, message_ids=spoken_of)
        if not threads:
            return (), ()
        thread_id = next(iter(threads.values()))
        ids = thread_queries.ids_in_thread(base_id=base_id, thread_id=thread_id)
        senders = await visible_senders(session, actor)
        came = await queries.mails_with_ids(
            session, base_id=base_id, message_ids=ids, visible_senders=senders, limit=MAX_THREAD
        )
        went = await queries.messages_with_ids(
            session, base_id=base_id, message_ids=ids, senders=senders, limit=MAX_THREAD
        )
        return came, went


async def visible_inbound(
    session: AsyncSession, actor: Actor, inbound_id: str, scope: Scope = Scope.READ
) -> InboundMessage:
    """Raises `Missing` for a message that is not there or not for the actor to see; `scope` is what a token needs."""
    require_collaborative(actor)
    require_scope(actor, scope)
    found = None
    if is_id(inbound_id):
        found = await queries.inbound_message(
            session,
            base_id=actor.base_id,
            inbound_id=inbound_id,
            visible_senders=await visible_senders(session, actor),
        )
    if found is None:
        raise Missing("unknown_inbound", inbound=inbound_id[:50])
    return found


def _file_view(file: ReceivedFile, *, inline: bool) -> ReceivedFileView:
    return ReceivedFileView(file.id, file.filename, file.content_type, file.size, inline)
