"""Tells the person whose agenda it is that something needs them, by mail and once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from xrm_platform.messaging import MailRequest, Sending
from xrm_platform.people import lookup
from xrm_platform.people.bases import operator_of
from xrm_platform.problems import Problem
from xrm_platform.providers import Channel
from xrm_platform.registry import Registry
from xrm_platform.store import Store
from xrm_platform.wording import Wording

from .work import Link

log = structlog.get_logger("xrm.sync")


class Telling:
    def __init__(self, store: Store, registry: Registry, sending: Sending, wording: Wording) -> None:
        self._store = store
        self._registry = registry
        self._sending = sending
        self._wording = wording

    async def tell(self, link: Link, what: str, code: str, params: Mapping[str, Any], *, key: str) -> None:
        """Send the notice `what` (`stopped`, `held`) to the owner of the link, with the reason `code`.

        `key` names the occasion: the same one is told once, whatever restarts. Somebody who cannot be written to is
        not; the link shows the same.
        """
        async with self._store.read() as session:
            codes = await lookup.codes(session, base_id=link.base_id)
            person = await lookup.sender(session, base_id=link.base_id, code=codes[link.owner_id])
        if not person.email:
            return
        language = link.base.language
        named = {"calendar": link.row.name, "account": link.account.name, "id": link.id, **params}
        named["reason"] = self.reason(link, code, params, language=language)
        request = MailRequest(
            sender=person.code,
            to=(person.email,),
            subject=self._wording.say("sync_notices", f"{what}_subject", named, language=language),
            text=self._wording.say("sync_notices", f"{what}_text", named, language=language),
        )
        try:
            await self._sending.send_mail(operator_of(link.base, "platform"), request, idempotency_key=key)
        except Problem as problem:
            log.warning("nobody was told", link=link.id, what=what, code=problem.code)

    def reason(self, link: Link, code: str, params: Mapping[str, Any], *, language: str) -> str:
        """Why, in a sentence: the plugin's own, or ours."""
        provider = self._registry.provider(Channel.CALENDAR, link.account.slug)
        package = "" if provider is None else provider.translations
        section = "errors" if self._wording.knows("errors", code, language=language, package=package) else "problems"
        return self._wording.say(section, code, params, language=language, package=package)
