"""Signing in by login and password, and the sessions that come of it.

A session is a random value in a cookie, of which the database keeps a SHA-256. It ends 12 hours after it was last used
and 7 days after signing in, whichever comes first.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from xrm_platform.problems import Forbidden, Invalid, Throttled, Unauthenticated
from xrm_platform.store import Store

from . import audit, fields, queries
from .actor import Actor
from .passwords import Passwords
from .tables import Session
from .throttle import Throttle
from .users import user_view
from .views import SignedIn

IDLE = timedelta(hours=12)
LIFETIME = timedelta(days=7)
TOUCH_EVERY = timedelta(minutes=1)
FREE_FAILURES_A_LOGIN = 5
FREE_FAILURES_AN_ADDRESS = 30
ORIGIN_LIMIT = 300


class SignIn:
    """The door for people. Guessing is slowed down by login and by network address."""

    def __init__(self, store: Store, now: Callable[[], datetime], passwords: Passwords) -> None:
        self._store = store
        self._now = now
        self._passwords = passwords
        self._by_login = Throttle(now, free=FREE_FAILURES_A_LOGIN)
        self._by_address = Throttle(now, free=FREE_FAILURES_AN_ADDRESS)

    async def sign_in(self, base: str, login: str, password: str, *, user_agent: str, address: str) -> SignedIn:
        """Open a session.

        Raises `Unauthenticated("sign_in_failed")`, the same whether the base, the login or the password is wrong or
        the user is not active, and `Throttled` after too many failures.
        """
        base_code, wanted = base.strip().upper(), fields.login_to_find(login)
        login_key, network = f"{base_code}/{wanted}", network_of(address)
        self._require_patience(login_key, network)
        row = await self._find(base_code, wanted)
        stored = row.user.password_hash if row is not None and row.user.active else None
        if not await self._passwords.verify(stored, password) or row is None or stored is None:
            raise Unauthenticated("sign_in_failed")
        self._by_login.forgive(login_key)
        self._by_address.forgive_one(network)
        fresh = await self._passwords.renew(password) if self._passwords.is_outdated(stored) else stored
        return await self._open(row, stored, fresh, user_agent, address)

    async def actor_of(self, session_token: str) -> tuple[Actor, str] | None:
        """Who has this session, by the rights of now, and the token against forged requests. None when it has ended."""
        token_hash = _hash(session_token)
        async with self._store.read() as session:
            row = await queries.session_by_hash(session, token_hash=token_hash)
        now = self._now()
        if row is None or not row.user.active or row.session.expires_at <= now:
            return None
        if now - row.session.last_seen_at >= TOUCH_EVERY:
            async with self._store.write() as session:
                await queries.touch_session(
                    session,
                    base_id=row.base.id,
                    token_hash=token_hash,
                    seen_at=now,
                    expires_at=min(now + IDLE, row.session.created_at + LIFETIME),
                )
        user = row.user
        actor = Actor(
            base_id=row.base.id,
            base_code=row.base.code,
            name=f"user:{user.login}",
            is_admin=user.is_admin,
            xrm_allowed=user.xrm_allowed,
            collaborator_id=user.collaborator_id,
            user_id=user.id,
            language=row.base.language,
        )
        return actor, row.session.csrf_token

    async def sign_out(self, token: str) -> None:
        """End this session; an unknown one has ended already."""
        async with self._store.write() as session:
            await queries.delete_session(session, token_hash=_hash(token))

    async def sign_out_everywhere(self, actor: Actor) -> int:
        """End every session of the user; how many there were. Raises `Forbidden` for who is not a user."""
        if actor.user_id is None:
            raise Forbidden("users_only")
        async with self._store.write() as session:
            return await queries.delete_sessions(session, base_id=actor.base_id, user_id=actor.user_id)

    async def change_password(self, actor: Actor, current: str, new: str) -> None:
        """A user gives themselves another password; every session of theirs ends.

        Raises `Forbidden` for who is not a user, `Invalid` when a password is wrong or bad, `Throttled`.
        """
        if actor.user_id is None:
            raise Forbidden("users_only")
        fields.password(new, field="new_password")
        key = f"user {actor.user_id}"
        self._require_patience(key)
        async with self._store.read() as session:
            known = await queries.user_by_id(session, base_id=actor.base_id, user_id=actor.user_id)
        stored = None if known is None else known.user.password_hash
        if not await self._passwords.verify(stored, current):
            raise Invalid.field("current_password", "current_password_wrong")
        self._by_login.forgive(key)
        password_hash = await self._passwords.hash(new)
        async with self._store.write() as session:
            await queries.lock_base(session, base_id=actor.base_id)
            row = await queries.user_by_id(session, base_id=actor.base_id, user_id=actor.user_id)
            if row is None or row.user.password_hash != stored:
                raise Invalid.field("current_password", "current_password_wrong")
            row.user.password_hash = password_hash
            await queries.delete_sessions(session, base_id=actor.base_id, user_id=actor.user_id)
            audit.record(
                session,
                actor,
                action="user.changed",
                subject="user",
                subject_id=row.user.login,
                changes={"password": [audit.SECRET, audit.SECRET]},
                at=self._now(),
            )

    def _require_patience(self, login_key: str, network: str | None = None) -> None:
        """Count the attempt, or raise `Throttled` without counting it."""
        waits = [self._by_login.seconds_to_wait(login_key)]
        if network is not None:
            waits.append(self._by_address.seconds_to_wait(network))
        if max(waits) > 0:
            raise Throttled("sign_in_throttled", retry_after=max(waits))
        self._by_login.attempt(login_key)
        if network is not None:
            self._by_address.attempt(network)

    async def _find(self, base_code: str, login: str) -> queries.UserRow | None:
        if fields.CODE.fullmatch(base_code) is None:
            return None
        async with self._store.read() as session:
            base = await queries.base_by_code(session, code=base_code)
            return None if base is None else await queries.user(session, base_id=base.id, login=login)

    async def _open(self, row: queries.UserRow, stored: str, fresh: str, user_agent: str, address: str) -> SignedIn:
        """Make the session, unless the user changed while the password was verified."""
        now = self._now()
        token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        expires_at = now + min(IDLE, LIFETIME)
        async with self._store.write() as session:
            await queries.lock_base(session, base_id=row.user.base_id)
            current = await queries.user_by_id(session, base_id=row.user.base_id, user_id=row.user.id)
            if current is None or not current.user.active or current.user.password_hash != stored:
                raise Unauthenticated("sign_in_failed")
            current.user.password_hash = fresh
            await queries.delete_sessions(
                session, base_id=current.user.base_id, user_id=current.user.id, expired_at=now
            )
            session.add(
                Session(
                    token_hash=_hash(token),
                    base_id=current.user.base_id,
                    user_id=current.user.id,
                    csrf_token=csrf_token,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=expires_at,
                    user_agent=_printable(user_agent),
                    address=_printable(address),
                )
            )
        return SignedIn(token=token, csrf_token=csrf_token, expires_at=expires_at, user=user_view(current))


def network_of(address: str) -> str:
    """Where a caller is, for counting: who has one address of IPv6 has the 2⁶⁴ of its network too (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed.packed[:8] + bytes(8), 64)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _printable(origin: str) -> str:
    """What a client says of itself, fit to be stored."""
    return "".join(character for character in origin if character.isprintable())[:ORIGIN_LIMIT]
