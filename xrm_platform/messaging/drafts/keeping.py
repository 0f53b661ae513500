"""Keep what a provider answered that handed a mail over: the file on disk, the rest as a row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from xrm_platform.messaging.files import Files, StoredFile
from xrm_platform.problems import Unavailable
from xrm_platform.providers import MailDraft, ProviderError, Rung, SendResult, TransientError
from xrm_platform.providers.errors import storable

FIRST_LOOK = timedelta(minutes=1)
MAX_NAME = 100
MAX_NAME_BYTES = 200
"""Most file systems take 255 bytes in UTF-8, and programs add something while they write a file."""

_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u2028\u2029\u202a-\u202e\u2066-\u2069]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft as it is written down, `file` on disk."""

    draft: MailDraft
    file: StoredFile | None = None


async def stored(answer: SendResult | ProviderError, files: Files) -> tuple[SendResult | ProviderError, Kept | None]:
    """`answer` with its draft, the draft's file stored. A file that the disk does not take was given to nobody, so the
    message is tried again. What a plugin answers as a draft and is none counts as a draft of which nothing is known."""
    draft: object = answer.draft if isinstance(answer, SendResult) else None
    if isinstance(answer, ProviderError) or not isinstance(draft, MailDraft):
        return answer, None
    if not isinstance(draft.content, bytes):
        return answer, Kept(draft)
    try:
        file = await files.put(draft.content)
    except Unavailable:
        return TransientError("draft_not_stored"), None
    return answer, Kept(replace(draft, content=None), file)


def draft_row(message_id: str, kept: Kept, account_id: str, now: datetime) -> dict[str, Any]:
    draft, file = kept.draft, kept.file
    refused = draft.refused if isinstance(draft.refused, ProviderError) else None
    return {
        "message_id": message_id,
        "account_id": account_id,
        "at": now,
        "rung": storable(draft.rung),
        "next_step": storable(draft.next_step),
        "params": _params(draft.params),
        "losses": [storable(loss) for loss in draft.losses],
        "refused_code": None if refused is None else refused.code,
        "refused_params": {} if refused is None else dict(refused.params),
        "uri": None if draft.uri is None else storable(draft.uri),
        "filename": safe_name(draft.filename) if file is not None else "",
        "size": 0 if file is None else file.size,
        "sha256": None if file is None else file.sha256,
        "look_at": now + FIRST_LOOK if draft.watched is True else None,
        "missed": 0,
    }


def found_draft() -> Kept:
    """The draft of a message of which nobody knew, and that was found in the mailbox."""
    return Kept(MailDraft(Rung.MAILBOX, "look_into_drafts", watched=True))


def safe_name(given: str) -> str:
    """A file name that every system takes: accents stay, what separates folders or means something to a system goes.
    It ends in `.eml`."""
    name = _NOT_IN_NAMES.sub("-", unicodedata.normalize("NFC", storable(given)))
    name = " ".join(name.removesuffix(".eml").split())[:MAX_NAME]
    name = name.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .-")
    if not name or _RESERVED.match(name):
        name = f"message {name}".strip()
    return f"{name}.eml"


def _params(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        return {}
    return {storable(name): value if isinstance(value, int) else storable(value) for name, value in given.items()}
