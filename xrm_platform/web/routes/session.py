"""Signing in and out, and what one may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from xrm_platform.people import rights
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.views import BaseView, UserView
from xrm_platform.problems import Conflicting, Forbidden
from xrm_platform.web.callers import cookie_name, refuse_other_sites
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Need, endpoint
from xrm_platform.web.request_values import address_of, printable
from xrm_platform.web.schemas.answers import list_schema, view_schema
from xrm_platform.web.schemas.bodies import PasswordChange, SignIn
from xrm_platform.wording import Wording

SIGN_IN_LIMIT = 16 * 1024
USER_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class NewSessionView:
    """`csrf_token` goes into the header `X-CSRF-Token` of everything that changes something."""

    csrf_token: str
    expires_at: datetime
    user: UserView


@dataclass(frozen=True, slots=True)
class AbilityView:
    """Whether something is allowed; if not, `reason` says what to set and where."""

    allowed: bool
    code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class AbilitiesView:
    """`read`, `send` as one's own collaborator, `administer` the base."""

    read: AbilityView
    send: AbilityView
    administer: AbilityView


@dataclass(frozen=True, slots=True)
class SessionView:
    """`name` is as in the audit: `user:marie`, `token:erp`. A bearer token has no `user` and no `csrf_token`."""

    base: str
    name: str
    language: str
    user: UserView | None
    csrf_token: str | None
    may: AbilitiesView


@dataclass(frozen=True, slots=True)
class SignedOutView:
    """How many sessions were ended."""

    sessions: int


@endpoint(
    "POST",
    "/session",
    "session",
    "Sign in",
    Need.NOTHING,
    body=SignIn,
    body_limit=SIGN_IN_LIMIT,
    answer=view_schema(NewSessionView),
    status=201,
)
async def sign_in(call: Call) -> Answer:
    """Sets the session cookie. Too many attempts are answered with 429 and `Retry-After`."""
    refuse_other_sites(call.request)
    signed_in = await call.xrm.sign_in.sign_in(
        call.body["base"],
        call.body["login"],
        call.body["password"],
        user_agent=printable(call.request.headers.get("User-Agent", ""), USER_AGENT_LENGTH),
        address=address_of(call.request),
    )
    former = call.request.cookies.get(cookie_name(https=call.xrm.config.https))
    if former:
        await call.xrm.sign_in.sign_out(former)
    view = NewSessionView(signed_in.csrf_token, signed_in.expires_at, signed_in.user)
    return Answer(view, cookie=signed_in.token)


@endpoint(
    "GET",
    "/session",
    "session",
    "Who is signed in, and what they may do",
    Need.SIGN_IN,
    answer=view_schema(SessionView),
)
async def who_am_i(call: Call) -> SessionView:
    """Rights are read anew at each request. What is not allowed comes with the reason and what to set where."""
    actor = call.actor
    user = None
    if actor.user_id is not None:
        user = await call.xrm.users.get(actor, actor.name.removeprefix("user:"))
    return SessionView(
        base=actor.base_code,
        name=actor.name,
        language=actor.language,
        user=user,
        csrf_token=call.signed_in.csrf_token,
        may=abilities(actor, call.xrm.wording, call.language),
    )


@endpoint("DELETE", "/session", "session", "Sign out", Need.SIGN_IN, status=204)
async def sign_out(call: Call) -> Answer:
    """Ends this browser's session. A bearer token has none to end: it is revoked instead (409)."""
    token = call.signed_in.session_token
    if token is None:
        raise Conflicting("not_a_session")
    await call.xrm.sign_in.sign_out(token)
    return Answer(drop_cookie=True)


@endpoint("DELETE", "/sessions", "session", "Sign out everywhere", Need.SIGN_IN, answer=view_schema(SignedOutView))
async def sign_out_everywhere(call: Call) -> Answer:
    """Ends all sessions of this user, in every browser."""
    if call.signed_in.session_token is None:
        raise Conflicting("not_a_session")
    return Answer(SignedOutView(await call.xrm.sign_in.sign_out_everywhere(call.actor)), drop_cookie=True)


@endpoint(
    "PUT",
    "/session/password",
    "session",
    "Give oneself another password",
    Need.SIGN_IN,
    body=PasswordChange,
    status=204,
)
async def change_password(call: Call) -> Answer:
    """Ends all sessions of this user, this one too."""
    if call.signed_in.session_token is None:
        raise Conflicting("not_a_session")
    await call.xrm.sign_in.change_password(call.actor, call.body["current_password"], call.body["new_password"])
    return Answer(drop_cookie=True)


@endpoint("GET", "/bases", "session", "List the bases that one may see", Need.SIGN_IN, answer=list_schema(BaseView))
async def list_bases(call: Call) -> dict[str, list[BaseView]]:
    """A login and a token belong to one base, so it is the only one here."""
    return {"items": [await call.xrm.bases.get(call.actor.base_code)]}


@endpoint("GET", "/bases/{base}", "session", "Show the base", Need.SIGN_IN, answer=view_schema(BaseView))
async def show_base(call: Call) -> BaseView:
    return await call.xrm.bases.get(call.path["base"])


def abilities(actor: Actor, wording: Wording, language: str) -> AbilitiesView:
    """Asked of the same rules that decide."""

    def ability(rule: Callable[[], None]) -> AbilityView:
        try:
            rule()
        except Forbidden as refusal:
            reason = wording.say("problems", refusal.code, refusal.params, language=language)
            return AbilityView(allowed=False, code=refusal.code, reason=reason)
        return AbilityView(allowed=True, code=None, reason=None)

    return AbilitiesView(
        read=ability(lambda: rights.require_scope(actor, Scope.READ)),
        send=ability(lambda: rights.require_may_send_as(actor, actor.collaborator_id or "")),
        administer=ability(lambda: rights.require_admin(actor)),
    )
