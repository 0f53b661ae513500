"""The way out of a mailing, for whoever has its link: a page that asks, and the click that mail programs make for them
(RFC 8058). GET never changes anything, for whatever scans a mail follows its links."""

from __future__ import annotations

from aiohttp import web

from xrm_platform.messaging.mail.unsubscribing import WayOutView
from xrm_platform.problems import Missing

from .consent import Notice, notice_of_problem, page
from .refusals import TooLarge
from .request_values import LANGUAGE, PLATFORM

ONE_CLICK = "List-Unsubscribe"
LONGEST_BODY = 4096


async def ask(request: web.Request) -> web.Response:
    """The page with one button."""
    xrm, language = request.app[PLATFORM], request[LANGUAGE]
    try:
        view = await xrm.unsubscribing.show(*_link(request))
    except Missing as problem:
        return await page(_unknown(request, problem), language)
    return await page(_notice(request, view), language)


async def leave(request: web.Request) -> web.Response:
    """Opt out at once: a mail program that clicked gets a bare 200, a person the page that says so."""
    xrm, language = request.app[PLATFORM], request[LANGUAGE]
    one_click = await _is_one_click(request)
    try:
        view = await xrm.unsubscribing.unsubscribe(*_link(request))
    except Missing as problem:
        return await page(_unknown(request, problem), language)
    return web.Response(text="OK") if one_click else await page(_notice(request, view), language)


def _link(request: web.Request) -> tuple[str, str]:
    """The message that the link was in, and its secret."""
    message, _, secret = request.match_info["link"].partition("/")
    return message, secret


async def _is_one_click(request: web.Request) -> bool:
    """Whether it is the body of RFC 8058 §3.2, in either of the forms it allows; nothing else of it is read."""
    if (request.content_length or 0) > LONGEST_BODY:
        raise TooLarge("body_too_large", limit=LONGEST_BODY)
    return ONE_CLICK.encode() in await request.content.read(LONGEST_BODY)


def _notice(request: web.Request, view: WayOutView) -> Notice:
    say, language = request.app[PLATFORM].wording.say, request[LANGUAGE]
    params = {"address": view.address, "base": view.base}
    which = "done" if view.done else "ask"
    return Notice(
        200,
        good=True,
        title=say("pages", f"unsubscribe_{which}", params, language=language),
        sentences=(say("pages", f"unsubscribe_{which}_text", params, language=language),),
        next=say("pages", f"unsubscribe_{which}_next", params, language=language),
        button=None if view.done else say("pages", "unsubscribe_button", params, language=language),
    )


def _unknown(request: web.Request, problem: Missing) -> Notice:
    wording, language = request.app[PLATFORM].wording, request[LANGUAGE]
    found = notice_of_problem(problem, wording, language)
    return Notice(
        found.status,
        good=False,
        title=wording.say("pages", "unsubscribe_unknown", language=language),
        sentences=found.sentences,
        next=wording.say("pages", "unsubscribe_unknown_next", language=language),
    )
