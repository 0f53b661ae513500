"""Who wants no more messages: on which channel, of which purpose, since when and how that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.mail.addresses import mail_address
from xrm_platform.people import audit, fields, lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.people.phones import phone_of
from xrm_platform.people.rights import require_admin, require_collaborative, require_scope
from xrm_platform.problems import Fault, Invalid, Missing
from xrm_platform.providers import Address, Channel
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import queries
from .stop import StopKind
from .tables import OptOut

REASON_LIMIT = 200


@dataclass(frozen=True, slots=True)
class OptOutView:
    """`address` is an E.164 number or a mail address, `purpose` is marketing or all. `source` says how it is known: an
    answer, the vendor, or what a person wrote."""

    id: str
    channel: str
    address: str
    purpose: str
    source: str
    at: datetime
    recorded_by: str


class OptOuts:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def list(
        self,
        actor: Actor,
        *,
        channel: str | None = None,
        address: str | None = None,
        after: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[OptOutView]:
        """Those in force, newest first; whoever may send sees them. `address` as people write it."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        wanted = None if channel is None else _channel(channel)
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            sought = None if address is None else _address(None if wanted is None else wanted, address, base.country)
            rows = await queries.opt_outs(
                session, base_id=actor.base_id, channel=wanted, address=sought, before=after, limit=limit + 1
            )
        return page_of([_view(row) for row in rows], limit, lambda view: view.id)

    async def add(
        self, actor: Actor, channel: str, address: str, *, purpose: str = StopKind.MARKETING, source: str
    ) -> OptOutView:
        """Somebody told a person of the company. Whoever may send may note it: no one needs leave to leave."""
        require_collaborative(actor)
        require_scope(actor, Scope.SEND)
        kind = _channel(channel)
        if purpose not in list(StopKind):
            raise Invalid.field("purpose", "unknown_choice", given=purpose[:40], allowed=", ".join(StopKind))
        how = fields.line("source", source, limit=REASON_LIMIT, required=True)
        now = self._now()
        async with self._store.write() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            found = _address(kind, address, base.country)
            added = await record(
                session,
                base_id=actor.base_id,
                channel=kind,
                address=found,
                purpose=StopKind(purpose),
                source=how,
                at=now,
                recorded_by=actor.name,
            )
            row = await queries.opt_out(session, base_id=actor.base_id, channel=kind, address=found, purpose=purpose)
            assert row is not None  # noqa: S101 - recorded in this transaction
            if added:
                audit.record(
                    session,
                    actor,
                    action="opt_out.added",
                    subject="opt_out",
                    subject_id=row.id,
                    changes={"channel": [None, kind], "purpose": [None, purpose], "source": [None, how]},
                    at=now,
                )
            return _view(row)

    async def lift(self, actor: Actor, opt_out_id: str, *, reason: str) -> None:
        """They want messages again. Administrators only, with the reason, which the audit keeps: whoever opted out
        may be written to again only with a new consent, which has to be proved. Raises `Missing`."""
        require_admin(actor)
        why = fields.line("reason", reason, limit=REASON_LIMIT, required=True)
        now = self._now()
        async with self._store.write() as session:
            row = None
            if opt_out_id.isprintable():
                row = await queries.opt_out_by_id(session, base_id=actor.base_id, opt_out_id=opt_out_id)
            if row is None or row.lifted_at is not None:
                raise Missing("unknown_opt_out", opt_out=opt_out_id)
            row.lifted_at, row.lifted_by, row.lifted_why = now, actor.name, why
            audit.record(
                session,
                actor,
                action="opt_out.lifted",
                subject="opt_out",
                subject_id=row.id,
                changes={"reason": [None, why]},
                at=now,
            )


async def record(
    session: AsyncSession,
    *,
    base_id: str,
    channel: str,
    address: str,
    purpose: StopKind,
    source: str,
    at: datetime,
    recorded_by: str,
) -> bool:
    """Note that `address` (E.164, or a mail address) opted out at `at`, once however often it is told; whether it is
    news. What was lifted later than `at` stays lifted."""
    folded = folded_address(channel, address)
    row = await queries.opt_out(session, base_id=base_id, channel=channel, address=folded, purpose=purpose)
    if row is None:
        return await queries.add_opt_out(
            session,
            base_id=base_id,
            row={
                "id": new_id(),
                "channel": channel,
                "address": folded,
                "purpose": purpose.value,
                "source": source[:REASON_LIMIT],
                "at": at,
                "recorded_by": recorded_by,
            },
        )
    if row.lifted_at is None or row.lifted_at >= at:
        return False
    row.source, row.at, row.recorded_by = source[:REASON_LIMIT], at, recorded_by
    row.lifted_at, row.lifted_by, row.lifted_why = None, None, ""
    await session.flush()
    return True


def folded_address(channel: str, address: str) -> str:
    """What addresses are compared by; the same for every way of writing a mail address."""
    return fold_mail(address) if channel == Channel.MAIL else address


def _channel(given: str) -> Channel:
    if given not in (Channel.MAIL, Channel.SMS):
        raise Invalid.field("channel", "unknown_choice", given=given[:40], allowed=f"{Channel.MAIL}, {Channel.SMS}")
    return Channel(given)


def _address(channel: Channel | None, given: str, country: str) -> str:
    """A number may be any: a landline that an SMS never reached can have opted out at a vendor."""
    if channel is Channel.MAIL or (channel is None and "@" in given):
        address = mail_address(given)
        if isinstance(address, Address):
            return fold_mail(address.email)
        raise Invalid({"address": address})
    phone = phone_of(given, country)
    if isinstance(phone, Fault):
        raise Invalid({"address": phone})
    return phone.number


def _view(row: OptOut) -> OptOutView:
    return OptOutView(row.id, row.channel, row.address, row.purpose, row.source, row.at, row.recorded_by)
