"""What a collaborator's signature adds to a mail."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

SIGNATURE_CID = "signature@xrm"

_END_OF_BODY = re.compile(r"</body\s*>", re.IGNORECASE)
_SPACES = re.compile(r"^ | (?= )")
"""Spaces that a browser would leave out."""

_FILENAMES = {"image/png": "signature.png", "image/jpeg": "signature.jpg"}


@dataclass(frozen=True, slots=True)
class Signature:
    """`image_size` is the width and height that the image is shown with."""

    text: str
    image_type: str | None = None
    image_size: tuple[int, int] | None = None

    @property
    def image_filename(self) -> str:
        """A real file name: some services refuse inline images without one."""
        return _FILENAMES[self.image_type or "image/png"]


def sign(text: str, html_body: str | None, signature: Signature, *, alt: str) -> tuple[str, str | None]:
    """The text and HTML of a mail with the signature at the end.

    A signature image needs HTML, so a mail without one gets it from its text. The text's signature stands under the
    delimiter `-- ` (RFC 3676 §4.3).
    """
    if not signature.text and signature.image_type is None:
        return text, html_body
    signed_text = f"{text.rstrip()}\n\n-- \n{signature.text}\n" if signature.text else text
    if html_body is None and signature.image_type is None:
        return signed_text, None
    body = html_body if html_body is not None else text_as_html(text)
    return signed_text, before_end_of_body(body, _signature_html(signature, alt))


def text_as_html(text: str) -> str:
    """Plain text as HTML that looks the same, also where styles are ignored: Outlook for Windows knows no
    `white-space`, and neither does what makes the text of a mail from its HTML."""
    lines = html.escape(text.rstrip().expandtabs(4)).splitlines()
    shown = "<br>\n".join(_SPACES.sub("&nbsp;", line) for line in lines)
    return f"<div>{shown}</div>"


def _signature_html(signature: Signature, alt: str) -> str:
    lines = [text_as_html(signature.text)] if signature.text else []
    if signature.image_type is not None:
        # Outlook needs the measures as attributes, and draws a border around an image that may be a link.
        width, height = signature.image_size or (0, 0)
        measures = f' width="{width}" height="{height}"' if width and height else ""
        style = ' style="border: 0"'
        lines.append(f'<div><img src="cid:{SIGNATURE_CID}" alt="{html.escape(alt)}"{measures}{style}></div>')
    return '<div class="signature"><br>' + "".join(lines) + "</div>"


def before_end_of_body(body: str, addition: str) -> str:
    """HTML with `addition` as the last that it shows."""
    ends = [found.start() for found in _END_OF_BODY.finditer(body)]
    return f"{body[: ends[-1]]}{addition}{body[ends[-1] :]}" if ends else body + addition
