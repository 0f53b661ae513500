"""Mail addresses of which a server said for good that there is none. A full mailbox, a policy or a server that is away
say nothing about an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.people.contacts.lookup import contacts_by_mail
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.providers import InvalidRecipient
from xrm_platform.providers.errors import storable
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, page_of

from . import queries


@dataclass(frozen=True, slots=True)
class AddressInErrorView:
    """`message` is the one that showed it, `contacts` are the ids of those who have the address, `detail` are the words
    of the server."""

    address: str
    since: datetime
    message: str
    status: str
    detail: str
    contacts: tuple[str, ...]


class AddressesInError:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def list(
        self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[AddressInErrorView]:
        """By address."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            rows = await queries.addresses_in_error(session, base_id=actor.base_id, after=after, limit=limit + 1)
            page = page_of(rows, limit, lambda row: row.address)
            views = []
            for row in page.items:
                people = await contacts_by_mail(session, base_id=actor.base_id, address=row.address)
                ids = tuple(one.id for one in people)
                views.append(AddressInErrorView(row.address, row.at, row.message_id, row.status, row.detail, ids))
        return Page(tuple(views), page.next)

    async def forgive(self, actor: Actor, address: str) -> None:
        """The address is right after all, or somebody made it so."""
        require_collaborative(actor)
        require_scope(actor, Scope.SEND)
        folded = fold_mail(storable(address))
        async with self._store.write() as session:
            if await queries.forgive_address(session, base_id=actor.base_id, address=folded):
                audit.record(
                    session,
                    actor,
                    action="mail_address.forgiven",
                    subject="mail_address",
                    subject_id=folded,
                    changes={"in_error": [True, False]},
                    at=self._now(),
                )


async def note_failure(
    session: AsyncSession, *, base_id: str, address: str, message_id: str, status: str, detail: str, at: datetime
) -> None:
    """There is no such address."""
    row = {"address": fold_mail(address), "at": at, "message_id": message_id, "status": status, "detail": detail[:500]}
    await queries.put_address_in_error(session, base_id=base_id, row=row)


async def note_refused(
    session: AsyncSession, *, base_id: str, refused: Mapping[str, InvalidRecipient], at: datetime
) -> None:
    """The same of recipients (ids) that were refused when they were sent to; numbers are none of its business."""
    if not refused:
        return
    for row in await queries.mail_recipients(session, base_id=base_id, ids=refused.keys()):
        detail = refused[row.id].detail
        await note_failure(
            session, base_id=base_id, address=row.address, message_id=row.message_id, status="", detail=detail, at=at
        )
