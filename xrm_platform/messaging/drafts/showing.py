"""Show a draft that was handed over: in words, and as the file that it is."""

from __future__ import annotations

from dataclasses import replace

from xrm_platform.messaging.files import Files
from xrm_platform.messaging.messages import visible_message
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_scope
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.store import Store
from xrm_platform.wording import Wording

from . import queries
from .views import DraftFile, DraftView


class Drafts:
    def __init__(self, store: Store, files: Files) -> None:
        self._store = store
        self._files = files

    async def file(self, actor: Actor, message_id: str) -> DraftFile:
        """The file of a message that was handed over as one. Raises `Missing` where there is none, `Conflicting` when
        its text was purged, `FileMissing` when it is no longer on disk."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            message = await visible_message(session, actor, message_id)
            row = await queries.draft(session, base_id=actor.base_id, message_id=message.id)
        if row is None or row.sha256 is None:
            raise Missing("no_draft_file", message=message_id)
        if message.purged_at is not None:
            raise Conflicting("text_purged")
        return DraftFile(row.filename, await self._files.get(row.sha256))


def in_words(draft: DraftView, wording: Wording, *, language: str, package: str) -> DraftView:
    """`draft` with its sentences; `package` are the translations of its provider. What is sent or was given up asks
    nothing more of the person: who did it again would send it twice."""
    if not draft.open:
        return draft
    if draft.gone:
        return replace(draft, told=(wording.say("next_steps", "draft_gone", language=language),))
    said = [wording.say("next_steps", draft.next_step, draft.params, language=language, package=package)]
    said += [wording.say("losses", loss, language=language, package=package) for loss in draft.losses]
    if draft.refused_code is not None:
        reason = wording.say("errors", draft.refused_code, draft.refused_params, language=language, package=package)
        said.append(wording.say("next_steps", "not_in_mailbox", {"reason": reason}, language=language))
    return replace(draft, told=tuple(said))
