"""Where the text that an answer quotes begins, so that it can be folded away; the whole is always kept. Pure."""

from __future__ import annotations

import re

_WROTE = re.compile(
    r"(?:Le\s.{6,300}\ba écrit\s?:|On\s.{6,300}\bwrote:|Am\s.{6,300}\bschrieb\b.{0,200}:|El\s.{6,300}\bescribió:"
    r"|Il\s.{6,300}\bha scritto:)\s*",
    re.DOTALL,
)
"""As Gmail, Apple Mail and Thunderbird write it, broken over up to three lines."""

_ORIGINAL = re.compile(
    r"-{2,}\s*(?:Original Message|Message d['’]origine|Message original|Ursprüngliche Nachricht|Message transféré"
    r"|Forwarded message|Mensaje original)\s*-{2,}",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(?:De|From|Von)\s?:\*?\s", re.IGNORECASE)
_SENT = re.compile(r"\*?(?:Envoyé|Sent|Date|Gesendet|À|To|Objet|Subject|An|Betreff)\s?:\*?\s", re.IGNORECASE)
_RULE = re.compile(r"_{10,}\s*")


MAX_ATTRIBUTION = 500


def parted(text: str) -> tuple[str, str]:
    """What the person wrote, and what they quoted; together they are `text`. An answer written between the quoted lines
    is left whole."""
    lines = _Lines(text.splitlines(keepends=True))
    start = next((index for index in range(len(lines.raw)) if lines.quote_begins(index)), None)
    if start is None:
        return text, ""
    return "".join(lines.raw[:start]), "".join(lines.raw[start:])


class _Lines:
    """The lines of a text. What is asked of all that follow a line is found out once, for a text may have very many."""

    def __init__(self, raw: list[str]) -> None:
        self.raw = raw
        quotes = [index for index, line in enumerate(raw) if line.startswith(">")]
        written = [index for index, line in enumerate(raw) if line.strip()]
        own = [index for index in written if not raw[index].startswith(">")]
        self._last_quote = quotes[-1] if quotes else -1
        self._last_written = written[-1] if written else -1
        self._last_own = own[-1] if own else -1

    def quote_begins(self, index: int) -> bool:
        line = self.raw[index].strip()
        if not line:
            return False
        if _ORIGINAL.fullmatch(line):
            return True
        if _RULE.fullmatch(line):
            return self._is_header_block(index + 1)
        if _FROM.match(line):
            return self._is_header_block(index)
        if line.startswith(">"):
            return self._last_own < index
        return self._is_attribution(index)

    def _is_attribution(self, index: int) -> bool:
        """`On … wrote:` with nothing after it but what is quoted."""
        for count in (1, 2, 3):
            written = " ".join(one.strip()[: MAX_ATTRIBUTION + 1] for one in self.raw[index : index + count])
            last = self.raw[index + count - 1].strip() if index + count <= len(self.raw) else ""
            if not last or len(written) > MAX_ATTRIBUTION or (count > 1 and _WROTE.fullmatch(last)):
                return False
            if _WROTE.fullmatch(written):
                following = index + count
                if self._last_quote >= following:
                    return self._last_own < following
                return self._last_written >= following
            if written.endswith(":"):
                return False
        return False

    def _is_header_block(self, index: int) -> bool:
        """The lines of Outlook: from whom, sent when, to whom, about what."""
        block = [one.strip() for one in self.raw[index : index + 8] if one.strip()]
        named = sum(bool(_SENT.match(one)) for one in block[1:6])
        return bool(block) and _FROM.match(block[0]) is not None and named >= 2
