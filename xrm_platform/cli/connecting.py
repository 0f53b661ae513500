"""Connecting an account by consent: shows the address for the browser, and waits until the person came back.

The browser comes back to the platform's public address, which the running server answers, or to a listener of this
command on the loopback address (RFC 8252 §7.3), for machines that have no public one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiohttp import web

from xrm_platform.accounts.consents import CALLBACK, CONNECTED
from xrm_platform.problems import Conflicting, Problem
from xrm_platform.web.consent import notice_of_account, notice_of_problem, page
from xrm_platform.web.serving import ListenError

from .output import note
from .words import language

if TYPE_CHECKING:
    from xrm_platform.accounts.views import AccountView, ConsentStartedView
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

LOOPBACK = "127.0.0.1"
LOOK_EVERY = 1.0
"""Seconds between two looks at what became of a consent that another process takes."""


async def connect(xrm: Platform, actor: Actor, account_id: str, *, loopback: bool, port: int) -> AccountView:
    """The account, once it is connected. Raises what `Consents` raises, and `ListenError`."""
    if not loopback:
        started = await xrm.consents.start(actor, account_id)
        _show(started)
        note("connect_public", redirect=f"{xrm.config.public_url}{CALLBACK}")
        await _taken_elsewhere(xrm, actor, started)
    else:
        async with _Listener(xrm).listening(port) as listener:
            started = await xrm.consents.start(actor, account_id, redirect=listener.redirect)
            _show(started)
            note("connect_loopback", redirect=listener.redirect, port=listener.port)
            await listener.come_back(xrm, actor, started)
    return await xrm.accounts.get(actor, account_id)


def _show(started: ConsentStartedView) -> None:
    note("connect_open", url=started.url, until=started.expires_at.astimezone().strftime("%H:%M"))


async def _taken_elsewhere(xrm: Platform, actor: Actor, started: ConsentStartedView) -> None:
    """Wait until the server has taken the consent. Raises `Conflicting` when it came to nothing."""
    while True:
        outcome = await xrm.consents.outcome(actor, started.id)
        if outcome is not None:
            break
        await asyncio.sleep(LOOK_EVERY)
    if outcome != CONNECTED:
        raise Conflicting("consent_ended", outcome=outcome)


class _Listener:
    """Answers one path on the loopback address until a consent that was begun here came back."""

    def __init__(self, xrm: Platform) -> None:
        self._xrm = xrm
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.port = 0

    @property
    def redirect(self) -> str:
        return f"http://{LOOPBACK}:{self.port}{CALLBACK}"

    @contextlib.asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[_Listener]:
        app = web.Application()
        app.router.add_get(CALLBACK, self._answer, allow_head=False)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, LOOPBACK, port).start()
            except OSError as error:
                raise ListenError("port_in_use", host=LOOPBACK, port=port) from error
            self.port = runner.addresses[0][1]
            yield self
        finally:
            self._done.cancel()
            await runner.cleanup()

    async def come_back(self, xrm: Platform, actor: Actor, started: ConsentStartedView) -> None:
        """Wait for the browser, as long as the consent is good. Raises what went wrong with it."""
        while True:
            done, _ = await asyncio.wait((self._done,), timeout=LOOK_EVERY)
            if done:
                return self._done.result()
            if await xrm.consents.outcome(actor, started.id) == "consent_expired":
                raise Conflicting("consent_expired")

    async def _answer(self, request: web.Request) -> web.Response:
        """What comes with no state of ours is answered, and the browser still waited for."""
        state, code, error = (request.query.get(name, "") for name in ("state", "code", "error"))
        try:
            checked = await self._xrm.consents.finish(state, code=code, error=error)
        except Problem as problem:
            if problem.code != "consent_unknown" and not self._done.done():
                self._done.set_exception(problem)
            return await page(notice_of_problem(problem, self._xrm.wording, language()), language())
        if not self._done.done():
            self._done.set_result(None)
        return await page(notice_of_account(checked, self._xrm, language()), language())
