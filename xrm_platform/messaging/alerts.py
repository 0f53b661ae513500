"""Mails by which the platform tells the people of an account that somebody has to act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.queries import chosen_account
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.people import lookup
from xrm_platform.people.bases import operator_of
from xrm_platform.problems import Problem
from xrm_platform.providers import Channel
from xrm_platform.store import Store
from xrm_platform.wording import Wording

from . import queries
from .requests import MailRequest

if TYPE_CHECKING:  # what is sent may answer what came in, and asking for that has troubles of its own
    from .sending import Sending

MOST = 100

log = structlog.get_logger("xrm.messaging")


class Alerts:
    def __init__(self, store: Store, sending: Sending, wording: Wording) -> None:
        self._store = store
        self._sending = sending
        self._wording = wording

    async def send(
        self, account: ProviderAccount, section: str, about: Callable[[str], Mapping[str, Any]], *, key: str
    ) -> None:
        """Send the `subject` and `text` of a section of the wording to the administrators, and to the collaborator
        whose account it is. `about` gives what they say in a language; `key` names the occasion, told once.

        Where nobody can be written to, or all their mail would wait behind what it is about, the log says so; the
        account shows the same.
        """
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=account.base_id)
            people = await queries.people_of_account(session, base_id=base.id, owner_id=account.collaborator_id)
            sender = await _writer(session, base.id, [code for code, _ in people[:MOST]], account)
        if sender is None:
            log.warning("nobody to write to about an account", account=account.id, base=base.code, about=section)
            return
        said = {
            "account": account.name,
            "id": account.id,
            "base": base.name,
            "base_code": base.code,
            **about(base.language),
        }
        request = MailRequest(
            sender=sender,
            to=tuple(address for _, address in people[:MOST]),
            subject=self._wording.say(section, "subject", said, language=base.language),
            text=self._wording.say(section, "text", said, language=base.language),
        )
        try:
            await self._sending.send_mail(operator_of(base, "platform"), request, idempotency_key=key)
        except Problem as problem:
            log.warning(
                "no mail about an account", account=account.id, base=base.code, about=section, code=problem.code
            )


async def _writer(session: AsyncSession, base_id: str, codes: Sequence[str], account: ProviderAccount) -> str | None:
    """The first of these collaborators who sends mail by another account than this one."""
    for code in codes:
        person = await lookup.collaborator(session, base_id=base_id, code=code)
        row = await chosen_account(session, base_id=base_id, collaborator_id=person.id, channel=Channel.MAIL)
        if row is None or row.account.id != account.id:
            return code
    return None
