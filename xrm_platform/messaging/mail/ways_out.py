"""The way out that every mail of a mailing offers: one click in the mail program (RFC 8058), and a link in the text."""

from __future__ import annotations

import html
import secrets

from xrm_platform.messaging.tables import Message
from xrm_platform.problems import Conflicting
from xrm_platform.wording import Wording

from .signature import before_end_of_body

PATH = "/unsubscribe"


class WaysOut:
    """`public_url` is where the platform is reached from outside."""

    def __init__(self, public_url: str, wording: Wording) -> None:
        self._public_url = public_url
        self._wording = wording

    @property
    def offered(self) -> bool:
        """Whether there is a public https address, which RFC 8058 §3.1 asks for."""
        return self._public_url.startswith("https://")

    def require(self) -> None:
        """Raises `Conflicting` where none can be offered."""
        if not self.offered:
            raise Conflicting("unsubscribe_needs_https", public_url=self._public_url)

    def add(self, message: Message, language: str) -> None:
        """Give `message`, to one recipient, its address to unsubscribe at, and the link to it at the end of its
        bodies."""
        url = f"{self._public_url}{PATH}/{message.id}/{secrets.token_urlsafe(24)}"
        message.unsubscribe_url = url
        before = self._wording.say("mailing", "unsubscribe", language=language)
        message.text = f"{message.text.rstrip()}\n\n{before} {url}\n"
        if message.html is not None:
            words = self._wording.say("mailing", "unsubscribe_link", language=language)
            link = f'<p><small><a href="{html.escape(url)}">{html.escape(words)}</a></small></p>'
            message.html = before_end_of_body(message.html, link)


def unsubscribe_headers(message: Message) -> dict[str, str]:
    """RFC 2369 §3.2 and RFC 8058 §3.1; none for what is no mailing."""
    if message.unsubscribe_url is None:
        return {}
    return {
        "List-Unsubscribe": f"<{message.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
