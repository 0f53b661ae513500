"""Show a signature as the mails of a collaborator will have it."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from xrm_platform.messaging.composing import signature_of
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.store import Store

from .signature import SIGNATURE_CID, sign


@dataclass(frozen=True, slots=True)
class SignatureView:
    """`text` and `html` as they stand at the end of a mail, `page` a whole document that shows the HTML with its image.
    All are empty for a collaborator without a signature."""

    collaborator: str
    text: str
    html: str
    page: str
    image_width: int | None
    image_height: int | None
    image_bytes: int


class Signatures:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def show(self, actor: Actor, code: str) -> SignatureView:
        """The signature of a collaborator. Raises `Forbidden`, `Missing`."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            sender = await lookup.sender(session, base_id=actor.base_id, code=code)
        signature = signature_of(sender)
        text, html = sign("", "", signature, alt=sender.name)
        width, height = signature.image_size or (None, None)
        return SignatureView(
            collaborator=sender.code,
            text=text.strip("\n"),
            html=html or "",
            page=_page(html or "", sender.signature_image, signature.image_type),
            image_width=width,
            image_height=height,
            image_bytes=len(sender.signature_image or b""),
        )


def _page(html: str, image: bytes | None, image_type: str | None) -> str:
    """The image stands inside, so that the page shows it wherever it is opened; nothing in it is fetched or run."""
    if image is not None:
        inside = f"data:{image_type};base64,{base64.b64encode(image).decode()}"
        html = html.replace(f"cid:{SIGNATURE_CID}", inside)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<body style="font-family: sans-serif">{html}</body>\n'
    )
