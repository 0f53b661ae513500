"""Connection of an account by consent: the person allows access in the provider's own page (RFC 6749 §4.1, RFC 7636).

    started = await consents.start(actor, account_id)        # send the browser to started.url
    checked = await consents.finish(state, code=code, by=actor)      # what came back to the redirect

The state is random (256 bits), good for ten minutes and once. When a user began, only a browser in which that user is
signed in may bring the answer: else somebody could have another person's calendar connected to an account of theirs.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from xrm_platform.people import audit
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.bases import operator_of
from xrm_platform.people.rights import require_admin, require_collaborative, require_scope
from xrm_platform.people.tables import Base
from xrm_platform.problems import Conflicting, Fault, Forbidden, Invalid, Missing, Problem
from xrm_platform.providers import Capability, ProviderError
from xrm_platform.registry import AccountDriver, Registry
from xrm_platform.store import SecretBox, Store, new_id

from . import consent_queries, queries
from .availability import require_available
from .checking import check_account, standing_after
from .choice import account_row
from .connections import Connections
from .health import SUSPENDED, told
from .presenting import account_view, sees_accounts_of, sees_settings
from .queries import AccountRow
from .tables import AccountConsent, ProviderAccount
from .views import CheckView, ConsentStartedView

CALLBACK = "/oauth/callback"
LIFE = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""How long a consent that has ended is still known as such."""

CONNECTED = "connected"
_USED = "used"
_ERROR = re.compile(r"[a-z_]{1,40}")


class ConsentFailed(Conflicting):
    """The provider gave no access for what the browser brought. `fault` says why, in its own words; param `account`."""

    def __init__(self, account: str, fault: Fault) -> None:
        self.fault = fault
        super().__init__("consent_failed", account=account)


class Consents:
    def __init__(
        self,
        store: Store,
        registry: Registry,
        connections: Connections,
        box: SecretBox,
        now: Callable[[], datetime],
        public_url: str,
    ) -> None:
        self._store = store
        self._registry = registry
        self._connections = connections
        self._box = box
        self._now = now
        self._callback = public_url + CALLBACK

    async def start(self, actor: Actor, account_id: str, *, redirect: str | None = None) -> ConsentStartedView:
        """Ask for the consent of a person. Administrators do for every account, a collaborator for their own.

        `redirect` is where the browser comes back: the platform's own address, or one of this machine (RFC 8252 §7.3).
        Raises `Missing`, `Forbidden`, `Invalid`, and `Conflicting` when the provider knows no consent, the account
        cannot be used, or the provider could not send the browser back to the platform.
        """
        async with self._store.read() as session:
            row = await account_row(session, base_id=actor.base_id, account_id=account_id)
        _require_may_connect(actor, row)
        back = self._redirect(redirect)
        driver = await self._driver(row)
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        url = _asked_now(row, driver, lambda one: one.authorize_url(state, back, verifier))
        now, consent_id = self._now(), new_id()
        async with self._store.write() as session:
            await consent_queries.forget_old(session, base_id=actor.base_id, before=now - KEPT)
            session.add(
                AccountConsent(
                    id=consent_id,
                    base_id=actor.base_id,
                    account_id=account_id,
                    rev=row.account.rev,
                    state_hash=_hash(state),
                    verifier=self._box.seal({"verifier": verifier}, bound_to=_binding(consent_id)),
                    redirect=back,
                    user_id=actor.user_id,
                    started_by=actor.name,
                    created_at=now,
                    expires_at=now + LIFE,
                )
            )
        return ConsentStartedView(consent_id, str(url), now + LIFE)

    async def finish(self, state: str, *, code: str = "", error: str = "", by: Actor | None = None) -> CheckView:
        """Connect the account with what came back: a `code`, or an `error` of RFC 6749 §4.1.2.1. A suspension ends.

        `by` is the user who is signed in in the browser that brought it. The account is tried afterwards; that it is
        connected and does not pass all the same is in the answer. Raises `Missing` for a state that is nobody's,
        `Forbidden` in the browser of somebody else, `ConsentFailed`, and `Conflicting` for an answer that comes too
        late or twice, for access that was denied, and for an account whose settings changed meanwhile.
        """
        consent, base = await self._found(state)
        verifier = await self._take(consent)
        try:
            checked = await self._connect(consent, base, verifier, code, error, by)
        except Problem as problem:
            failed = problem.fault.code if isinstance(problem, ConsentFailed) else problem.code
            await self._note_outcome(consent, failed)
            raise
        await self._note_outcome(consent, CONNECTED)
        return checked

    async def outcome(self, actor: Actor, consent_id: str) -> str | None:
        """`connected`, the code of what went wrong, or None while the person has not come back. Raises `Missing`."""
        async with self._store.read() as session:
            found = await consent_queries.outcome(session, base_id=actor.base_id, consent_id=consent_id)
        if found is None:
            raise Missing("consent_unknown")
        outcome, expires_at = found
        if outcome in (None, _USED):
            return "consent_expired" if expires_at <= self._now() else None
        return outcome

    async def _found(self, state: str) -> tuple[AccountConsent, Base]:
        async with self._store.read() as session:
            found = await consent_queries.by_state(session, state_hash=_hash(state))
        if found is None:
            raise Missing("consent_unknown")
        return found

    async def _take(self, consent: AccountConsent) -> str:
        """Use the consent up, in one step, and give its verifier."""
        async with self._store.write() as session:
            fresh = await consent_queries.take(session, base_id=consent.base_id, consent_id=consent.id, outcome=_USED)
        if not fresh:
            raise Conflicting("consent_used")
        return str(self._box.open(consent.verifier, bound_to=_binding(consent.id))["verifier"])

    async def _connect(
        self, consent: AccountConsent, base: Base, verifier: str, code: str, error: str, by: Actor | None
    ) -> CheckView:
        async with self._store.read() as session:
            row = await account_row(session, base_id=consent.base_id, account_id=consent.account_id)
        account = row.account
        if consent.user_id is not None:
            if by is None or by.user_id != consent.user_id:
                raise Forbidden("consent_other_session")
            _require_may_connect(by, row)
        if consent.expires_at <= self._now():
            raise Conflicting("consent_expired")
        if account.rev != consent.rev:
            raise Conflicting("consent_outdated", account=account.name)
        if error == "access_denied":
            raise Conflicting("consent_denied", account=account.name)
        if error or not code:
            named = error if _ERROR.fullmatch(error) else "?"
            raise Conflicting("consent_error", account=account.name, error=named)
        driver = await self._driver(row)
        try:
            await driver.call("redeem", lambda one: one.redeem(code, consent.redirect, verifier), effect=True)
        except ProviderError as problem:
            raise _failed(row, driver, problem) from problem
        actor = by or operator_of(base, consent.started_by)
        return await self._connected(actor, account)

    async def _connected(self, actor: Actor, account: ProviderAccount) -> CheckView:
        """Every process builds its driver anew, so that none goes on with what was granted before; then it is tried."""
        rev = account.rev + 1
        async with self._store.write() as session:
            changed = await queries.update_account(
                session,
                base_id=account.base_id,
                account_id=account.id,
                rev=account.rev,
                values={"rev": rev, "suspended": False},
            )
            if not changed:
                raise Conflicting("consent_outdated", account=account.name)
            noted: dict[str, list[object]] = {"tokens": [None, audit.SECRET]}
            if account.suspended:
                noted["suspended"] = [True, False]
            audit.record(
                session,
                actor,
                action="account.connected",
                subject="account",
                subject_id=account.id,
                changes=noted,
                at=self._now(),
            )
            await self._connections.usable_again(session, account)
        await self._connections.forget(account.id)
        async with self._store.read() as session:
            row = await account_row(session, base_id=account.base_id, account_id=account.id)
        result = await check_account(self._connections, row.account)
        async with self._store.write() as session:
            await queries.update_account(
                session,
                base_id=account.base_id,
                account_id=account.id,
                rev=rev,
                values=standing_after(result, self._now()),
            )
            row = await account_row(session, base_id=account.base_id, account_id=account.id)
        self._connections.tell(actor.base_code, account.id, SUSPENDED if row.account.suspended else row.account.health)
        view = account_view(row, self._registry, self._box, with_settings=sees_settings(actor))
        return CheckView(view, result.failure is None, result.ticks)

    async def _driver(self, row: AccountRow) -> AccountDriver:
        descriptor = require_available(self._registry, row)
        if Capability.OAUTH not in descriptor.capabilities:
            raise Conflicting("provider_without_consent", provider=descriptor.label)
        try:
            return await self._connections.driver_of(row.account)
        except ProviderError as error:
            code, params = told(error)
            raise ConsentFailed(row.account.name, Fault(code, params, descriptor.translations)) from error

    def _redirect(self, given: str | None) -> str:
        if given is not None and given != self._callback:
            if not _is_of_this_machine(given):
                raise Invalid.field("redirect", "redirect_elsewhere")
            return given
        if not (self._callback.startswith("https://") or _is_of_this_machine(self._callback)):
            raise Conflicting("consent_needs_address", url=self._callback.removesuffix(CALLBACK))
        return self._callback

    async def _note_outcome(self, consent: AccountConsent, outcome: str) -> None:
        async with self._store.write() as session:
            await consent_queries.set_outcome(session, base_id=consent.base_id, consent_id=consent.id, outcome=outcome)


def _require_may_connect(actor: Actor, row: AccountRow) -> None:
    """Administrators, and the collaborator whose account it is; to whom it is another's there is none."""
    if sees_settings(actor):
        return require_admin(actor)
    usable_by = sees_accounts_of(actor)
    owner = row.account.collaborator_id
    if usable_by is not None and owner not in (None, usable_by):
        raise Missing("unknown_account", account=row.account.id)
    if usable_by is None or owner is None:
        raise Forbidden("consent_of_other", account=row.account.name)
    require_collaborative(actor)
    return require_scope(actor, Scope.SEND)


def _asked_now(row: AccountRow, driver: AccountDriver, run: Callable[[Any], object]) -> object:
    try:
        return driver.call_now("authorize_url", run)
    except ProviderError as error:
        raise _failed(row, driver, error) from error


def _failed(row: AccountRow, driver: AccountDriver, error: ProviderError) -> ConsentFailed:
    code, params = told(error)
    return ConsentFailed(row.account.name, Fault(code, params, driver.descriptor.translations))


def _is_of_this_machine(url: str) -> bool:
    """Whether it is http to the loopback address (RFC 8252 §7.3), which never leaves this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return parts.scheme == "http" and loopback and not (parts.username or parts.query or parts.fragment)


def _binding(consent_id: str) -> str:
    return f"account_consent:{consent_id}"


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()
