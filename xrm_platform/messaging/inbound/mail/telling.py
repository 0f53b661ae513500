"""Tell the sender of a mail that it came back, where nobody else does.

A server's report goes to the address that the mail came from: the sender's, or the account's where its server lets
nobody write from another. Where it went to the sender's address, or came to an account of theirs, they have it already;
otherwise they would never see it. A mailing has its own report on who was not reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.messaging.requests import MailRequest
from xrm_platform.messaging.tables import Message
from xrm_platform.people import lookup
from xrm_platform.people.bases import operator_of
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.problems import Problem
from xrm_platform.providers import Address, ProviderError
from xrm_platform.store import Store
from xrm_platform.wording import Wording

if TYPE_CHECKING:  # what is sent may answer what came in
    from xrm_platform.messaging.sending import Sending

log = structlog.get_logger("xrm.messaging")


@dataclass(frozen=True, slots=True)
class CameBack:
    """Whom of the recipients of `message` a report failed, and why; `to` is whom the report was sent to."""

    message: Message
    failed: Sequence[tuple[str, ProviderError]]
    to: Sequence[Address]


class Telling:
    def __init__(self, store: Store, sending: Sending, wording: Wording) -> None:
        self._store = store
        self._sending = sending
        self._wording = wording

    async def tell(self, account: ProviderAccount, what: CameBack, *, key: str) -> None:
        """Write to the sender; `key` names the occasion, told once. `account` is whose mailbox the report came to.

        A mail to the sender's own address that came back is told to nobody, for that would come back too; and what was
        sent to that address is not told there again.
        """
        message = what.message
        if message.bulk_id is not None or account.collaborator_id == message.sender_id:
            return
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=message.base_id)
            codes = await lookup.codes(session, base_id=base.id)
            person = await lookup.sender(session, base_id=base.id, code=codes[message.sender_id])
        there_already = {*(address for address, _ in what.failed), *(address.email for address in what.to)}
        if not person.email or fold_mail(person.email) in {fold_mail(address) for address in there_already}:
            return
        language = base.language
        lines = [
            f"{address}\n{self._wording.say('errors', error.code, error.params, language=language)}\n{error.detail}"
            for address, error in what.failed
        ]
        said = {"subject": message.subject, "people": "\n\n".join(lines), "id": message.id}
        request = MailRequest(
            sender=person.code,
            to=(person.email,),
            subject=self._wording.say("mail_came_back", "subject", said, language=language),
            text=self._wording.say("mail_came_back", "text", said, language=language),
        )
        try:
            await self._sending.send_mail(operator_of(base, "platform"), request, idempotency_key=key)
        except Problem as problem:
            log.warning("nobody was told that a mail came back", message=message.id, code=problem.code)
