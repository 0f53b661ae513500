"""What an SMS says in the end: its text with the way out, and how it is cut with what the vendor adds. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from xrm_platform.messaging.sms.segments import Segments, segment
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Capability, Category, ProviderDescriptor

from .settings import RulesView
from .stop import with_mention


@dataclass(frozen=True, slots=True)
class SmsText:
    """`text` is what the provider is given, `segments` how it travels, `added` what the platform put to it."""

    text: str
    segments: Segments
    added: str


def sms_text(text: str, category: Category, rules: RulesView, provider: ProviderDescriptor | None) -> SmsText:
    """`text` as it will be sent in a message of `category`.

    Raises `Conflicting("stop_number_missing")` when the mention that marketing needs has no number to name.
    """
    if category != Category.MARKETING:
        return SmsText(text, segment(text), "")
    if provider is not None and Capability.ADDS_STOP_MENTION in provider.capabilities:
        return SmsText(text, segment(text + provider.stop_mention), "")
    mention = rules.mention
    if mention is None:
        raise Conflicting("stop_number_missing", template=rules.stop_template)
    complete = with_mention(text, mention)
    return SmsText(complete, segment(complete), complete[len(text.rstrip()) :] if complete != text else "")
