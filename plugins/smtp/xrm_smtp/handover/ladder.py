"""Which way a mail goes that does not get into the mailbox: as a file or as a link. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from xrm_platform.providers import MailDraft, OutgoingMail, ProviderError, Rung
from xrm_smtp.parts import AttachmentEncoder

from .eml import draft_octets, file_name
from .mailto import losses, mailto


@dataclass(frozen=True, slots=True)
class Ways:
    """`without_mailbox` as in the settings. `opens_files`: the software opens a file as a message to be written; where
    it does not, a link is better for all that a link can carry."""

    without_mailbox: str
    opens_files: bool


def without_mailbox(
    mail: OutgoingMail, ways: Ways, encoder: AttachmentEncoder, refused: ProviderError | None, *, watched: bool
) -> MailDraft:
    """`mail` as the file or the link that the person opens. Raises `PermanentError` for what cannot be written."""
    link = _link(mail)
    lost = losses(mail)
    wanted = ways.without_mailbox == "link" or (ways.without_mailbox == "auto" and not ways.opens_files and not lost)
    if link is not None and wanted:
        return MailDraft(Rung.LINK, "open_link", uri=link, losses=lost, refused=refused, watched=watched)
    content = draft_octets(mail, encoder, unsent=True)
    return MailDraft(
        Rung.FILE, "open_file", content=content, filename=file_name(mail), refused=refused, watched=watched
    )


def _link(mail: OutgoingMail) -> str | None:
    try:
        return mailto(mail)
    except ValueError:
        return None
