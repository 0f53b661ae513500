"""Where the browser comes back to from a provider's page of consent, and the page that then says what happened.

The page stands alone: no script, its style within, nothing fetched. Its address holds the code of the provider, so it
is neither kept nor named to another site.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import hashlib
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from xrm_platform.accounts.consents import ConsentFailed
from xrm_platform.accounts.views import CheckView, TickView
from xrm_platform.app import Platform
from xrm_platform.people.actor import Actor
from xrm_platform.problems import Problem
from xrm_platform.providers import Channel
from xrm_platform.wording import Wording

from .callers import cookie_name
from .refusals import status_of
from .request_values import LANGUAGE, PLATFORM

LONGEST_VALUE = 4096
"""Of a state or a code; those of Google have less than 200 characters."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the page says: what happened, and what to do next, with a `button` that posts to the page's own address."""

    status: int
    good: bool
    title: str
    sentences: tuple[str, ...]
    next: str
    button: str | None = None


async def come_back(request: web.Request) -> web.Response:
    """Finish the consent that the browser brings, for the user who is signed in there if anybody is."""
    xrm = request.app[PLATFORM]
    return await page(await finished(xrm, request, await _who(request)), request[LANGUAGE])


async def finished(xrm: Platform, request: web.Request, by: Actor | None) -> Notice:
    """What came of the consent whose answer is in the query of `request`."""
    language = request[LANGUAGE]
    state, code, error = (request.query.get(name, "")[:LONGEST_VALUE] for name in ("state", "code", "error"))
    try:
        checked = await xrm.consents.finish(state, code=code, error=error, by=by)
    except Problem as problem:
        return notice_of_problem(problem, xrm.wording, language)
    return notice_of_account(checked, xrm, language)


def notice_of_account(checked: CheckView, xrm: Platform, language: str) -> Notice:
    """The account is connected; if it does not pass its check all the same, why."""
    account = checked.account
    params = {"account": account.name}
    descriptor = xrm.registry.provider(Channel(account.channel), account.provider)
    package = "" if descriptor is None else descriptor.translations
    failed = [_tick(tick, xrm.wording, language, package) for tick in checked.ticks if tick.code]
    what = "connected" if checked.ok else "connected_failing"
    return Notice(
        200,
        checked.ok,
        xrm.wording.say("pages", f"consent_{what}", params, language=language),
        (xrm.wording.say("pages", f"consent_{what}_text", params, language=language), *failed),
        xrm.wording.say("pages", f"consent_{what}_next", params, language=language),
    )


def notice_of_problem(problem: Problem, wording: Wording, language: str) -> Notice:
    sentences = [wording.say("problems", problem.code, problem.params, language=language)]
    if isinstance(problem, ConsentFailed):
        fault = problem.fault
        sentences.append(wording.say("errors", fault.code, fault.params, language=language, package=fault.package))
    return Notice(
        status_of(problem),
        good=False,
        title=wording.say("pages", "consent_not_connected", language=language),
        sentences=tuple(sentences),
        next=wording.say("pages", "consent_again", language=language),
    )


async def page(notice: Notice, language: str) -> web.Response:
    template, style = await asyncio.to_thread(_template)
    text = template.render(
        language=language,
        style=style,
        good=notice.good,
        title=notice.title,
        sentences=notice.sentences,
        next=notice.next,
        button=notice.button,
    )
    return web.Response(
        text=text,
        status=notice.status,
        content_type="text/html",
        headers={
            "Content-Security-Policy": _policy(style, posts=notice.button is not None),
            "Referrer-Policy": "no-referrer",
            "Content-Language": language,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
        },
    )


async def _who(request: web.Request) -> Actor | None:
    """Who is signed in in this browser. The cookie comes along: a provider leads back by a top-level GET (Lax)."""
    xrm = request.app[PLATFORM]
    session_token = request.cookies.get(cookie_name(https=xrm.config.https))
    found = await xrm.sign_in.actor_of(session_token) if session_token else None
    return None if found is None else found[0]


def _tick(tick: TickView, wording: Wording, language: str, package: str) -> str:
    return wording.say("errors", tick.code, tick.params, language=language, package=package)


def _policy(style: str, *, posts: bool) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    forms = "'self'" if posts else "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        f"base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
    )


@functools.cache
def _template() -> tuple[Template, str]:
    """Read once, off the event loop."""
    pages = Environment(loader=PackageLoader("xrm_platform.web"), autoescape=True, undefined=StrictUndefined)
    style = (files("xrm_platform.web") / "templates" / "notice.css").read_text("utf-8")
    return pages.get_template("notice.html"), style
