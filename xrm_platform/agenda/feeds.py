"""A private address under which a phone or another calendar reads an agenda, without ever writing to it.

The token in the address is `<id>_<secret>`: the row is found by its id, and the secret compared in constant time with
the SHA-256 that is stored. It is random and so needs no slow hash.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit, lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_scope
from xrm_platform.problems import Conflicting, Forbidden, Missing
from xrm_platform.store import Store, new_id
from xrm_platform.wording import Wording

from . import queries
from .drawing import BEHIND
from .files import AgendaText, file_of
from .rights import Accesses
from .tables import FeedToken
from .views import FeedView

MAX_FEEDS = 20
MAX_EVENTS = 20_000
_TOKEN = re.compile(r"([0-9a-f-]{36})_([A-Za-z0-9_-]{20,64})")
_NOBODYS = hashlib.sha256(b"").hexdigest()


class Feeds:
    """`public_url` is where the platform is reached from outside."""

    def __init__(self, store: Store, wording: Wording, now: Callable[[], datetime], public_url: str) -> None:
        self._store = store
        self._wording = wording
        self._now = now
        self._public_url = public_url

    async def create(self, actor: Actor, owner: str) -> tuple[FeedView, str]:
        """A feed of the agenda of `owner`, and its address, which is shown this once.

        Raises `Forbidden`: an agenda is given away by its owner only, or by who acts for them. `Conflicting` when there
        are twenty already.
        """
        require_scope(actor, Scope.SEND)
        now = self._now()
        secret = secrets.token_urlsafe(32)
        async with self._store.write() as session:
            found = await lookup.collaborator(session, base_id=actor.base_id, code=owner)
            await self._require_own(session, actor, found.id, found.code)
            used = await queries.feeds(session, base_id=actor.base_id, owner_id=found.id)
            if sum(one.revoked_at is None for one in used) >= MAX_FEEDS:
                raise Conflicting("too_many_feeds", limit=MAX_FEEDS)
            row = FeedToken(
                id=new_id(),
                base_id=actor.base_id,
                owner_id=found.id,
                secret_hash=_hash(secret),
                created_at=now,
                created_by=actor.name,
                revoked_at=None,
            )
            session.add(row)
            audit.record(
                session,
                actor,
                action="feed.created",
                subject="feed",
                subject_id=row.id,
                changes={"owner": [None, found.code]},
                at=now,
            )
        return _view(row, found.code), f"{self._public_url}/feeds/{row.id}_{secret}.ics"

    async def list(self, actor: Actor, owner: str) -> tuple[FeedView, ...]:
        """Revoked ones too, oldest first; the addresses themselves nobody can show again."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            found = await lookup.collaborator(session, base_id=actor.base_id, code=owner)
            await self._require_own(session, actor, found.id, found.code)
            rows = await queries.feeds(session, base_id=actor.base_id, owner_id=found.id)
        return tuple(_view(row, found.code) for row in rows)

    async def revoke(self, actor: Actor, feed_id: str) -> FeedView:
        """From now on the address opens nothing. Revoking it again changes nothing. Raises `Missing`."""
        require_scope(actor, Scope.SEND)
        async with self._store.write() as session:
            row = None
            if feed_id.isprintable():
                row = await queries.feed(session, base_id=actor.base_id, feed_id=feed_id)
            accesses = await Accesses.of(session, actor)
            if row is None or not (accesses.to(row.owner_id).sees_private or actor.is_admin):
                raise Missing("unknown_feed", feed=feed_id[:40])
            codes = await lookup.codes(session, base_id=actor.base_id)
            if row.revoked_at is None:
                row.revoked_at = self._now()
                audit.record(
                    session,
                    actor,
                    action="feed.revoked",
                    subject="feed",
                    subject_id=row.id,
                    changes={"owner": [codes[row.owner_id]] * 2},
                    at=row.revoked_at,
                )
        return _view(row, codes[row.owner_id])

    async def read(self, token: str) -> AgendaText | None:
        """The agenda behind a token, a year back and all that is to come; None for one that opens nothing. Private
        events tell their times only: whoever has the address is nobody we know."""
        matched = _TOKEN.fullmatch(token)
        feed_id, secret = matched.groups() if matched is not None else ("", "")
        async with self._store.read() as session:
            row = await queries.feed_by_id(session, feed_id=feed_id)
            known = _NOBODYS if row is None else row.secret_hash
            right = hmac.compare_digest(_hash(secret), known)
            if row is None or not right or row.revoked_at is not None:
                return None
            base = await lookup.base(session, base_id=row.base_id)
            codes = await lookup.codes(session, base_id=row.base_id)
            owner = await lookup.sender(session, base_id=row.base_id, code=codes[row.owner_id])
            if not owner.active:
                return None
            texts, left_out = await queries.texts(
                session,
                base_id=row.base_id,
                owner_id=row.owner_id,
                ended_after=self._now() - BEHIND,
                limit=MAX_EVENTS,
            )
        word = self._wording.say("agenda", "busy", language=base.language)
        return AgendaText(await asyncio.to_thread(file_of, texts, word=word, hides=True, name=owner.name), left_out)

    @staticmethod
    async def _require_own(session: AsyncSession, actor: Actor, owner_id: str, owner: str) -> None:
        accesses = await Accesses.of(session, actor)
        if not accesses.to(owner_id).sees_private:
            raise Forbidden("feed_of_other", owner=owner)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _view(row: FeedToken, owner: str) -> FeedView:
    return FeedView(row.id, owner, row.created_by, row.created_at, row.revoked_at)
