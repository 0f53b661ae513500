"""API tokens: what a host application signs its requests with.

A token is `xrm_<id>_<secret>`, shown once; the database keeps a SHA-256 of the secret, which is random and so needs no
slow hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.store import Store, new_id

from . import audit, fields, queries
from .actor import Actor, Scope
from .rights import require_admin
from .tables import ApiToken
from .views import TokenView

TOUCH_EVERY = timedelta(minutes=1)
ID_LENGTH = 36


class ApiTokens:
    """Made and revoked by administrators."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def create(
        self, actor: Actor, name: str, scopes: Iterable[str], expires_at: datetime | None = None
    ) -> tuple[TokenView, str]:
        """The token and its plain text, which nobody can get again. `scopes` are of `Scope`, at least one.

        Raises `Forbidden`, `Invalid`, and `Conflicting` when a token in use has this name.
        """
        require_admin(actor)
        now = self._now()
        name = fields.line("name", name, required=True)
        wanted = _checked_scopes(scopes)
        if expires_at is not None and expires_at.tzinfo is None:
            raise Invalid.field("expires_at", "time_without_zone")
        if expires_at is not None and expires_at <= now:
            raise Invalid.field("expires_at", "time_past")
        secret = secrets.token_urlsafe(32)
        token = ApiToken(
            id=new_id(),
            base_id=actor.base_id,
            name=name,
            secret_hash=_hash(secret),
            scopes=[scope.value for scope in wanted],
            created_by=actor.name,
            created_at=now,
            expires_at=expires_at,
        )
        async with self._store.write() as session:
            await queries.lock_base(session, base_id=actor.base_id)
            others = await queries.api_tokens(session, base_id=actor.base_id)
            if any(other.name == name and _is_usable(other, now) for other in others):
                raise Conflicting("token_exists", name=name)
            session.add(token)
            audit.record(
                session,
                actor,
                action="api_token.created",
                subject="api_token",
                subject_id=token.id,
                changes={
                    "name": [None, name],
                    "scopes": [None, token.scopes],
                    "expires_at": [None, None if expires_at is None else expires_at.isoformat()],
                },
                at=now,
            )
        return _view(token), f"xrm_{token.id}_{secret}"

    async def list(self, actor: Actor) -> tuple[TokenView, ...]:
        """All of the base, revoked ones too, oldest first."""
        require_admin(actor)
        async with self._store.read() as session:
            return tuple(_view(token) for token in await queries.api_tokens(session, base_id=actor.base_id))

    async def revoke(self, actor: Actor, token_id: str) -> TokenView:
        """From now on the token opens nothing. Revoking it again changes nothing. Raises `Missing`."""
        require_admin(actor)
        async with self._store.write() as session:
            token = None
            if _is_id(token_id):
                token = await queries.api_token(session, base_id=actor.base_id, token_id=token_id)
            if token is None:
                raise Missing("unknown_token", id=token_id)
            if token.revoked_at is None:
                token.revoked_at = self._now()
                audit.record(
                    session,
                    actor,
                    action="api_token.revoked",
                    subject="api_token",
                    subject_id=token.id,
                    changes={"name": [token.name, token.name]},
                    at=token.revoked_at,
                )
            return _view(token)

    async def actor_of(self, plaintext: str) -> Actor | None:
        """Who asks with this token; None when it is unknown, revoked or expired."""
        prefix, token_id, secret = (*plaintext.split("_", 2), "", "")[:3]
        if prefix != "xrm" or not _is_id(token_id):
            return None
        async with self._store.read() as session:
            row = await queries.token_by_id(session, token_id=token_id)
        now = self._now()
        if row is None or not hmac.compare_digest(row.token.secret_hash, _hash(secret)):
            return None
        if not _is_usable(row.token, now):
            return None
        if row.token.last_used_at is None or now - row.token.last_used_at >= TOUCH_EVERY:
            async with self._store.write() as session:
                await queries.touch_token(session, base_id=row.base.id, token_id=token_id, used_at=now)
        scopes = frozenset(Scope(scope) for scope in row.token.scopes)
        return Actor(
            base_id=row.base.id,
            base_code=row.base.code,
            name=f"token:{row.token.name}",
            is_admin=Scope.ADMIN in scopes,
            xrm_allowed=True,
            speaks_for_all=True,
            scopes=scopes,
            language=row.base.language,
        )


def _checked_scopes(given: Iterable[str]) -> tuple[Scope, ...]:
    wanted = set(given)
    if not wanted:
        raise Invalid.field("scopes", "required")
    unknown = sorted(wanted - set(Scope))
    if unknown:
        raise Invalid.field("scopes", "scope_unknown", scope=unknown[0], known=", ".join(Scope))
    return tuple(scope for scope in Scope if scope in wanted)


def _is_usable(token: ApiToken, now: datetime) -> bool:
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def _is_id(given: str) -> bool:
    return len(given) == ID_LENGTH and given.isascii() and given.isprintable()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _view(token: ApiToken) -> TokenView:
    return TokenView(
        id=token.id,
        name=token.name,
        scopes=tuple(token.scopes),
        created_by=token.created_by,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
    )
