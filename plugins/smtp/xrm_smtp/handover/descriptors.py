"""Who the providers of the person's own mail software are."""

from __future__ import annotations

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor
from xrm_smtp.presets import MAILBOX_PRESETS

from .settings import HandoverSettings

_CAPABILITIES = frozenset({Capability.HANDS_OVER, Capability.INBOUND, Capability.OAUTH})

# Each mail is a session of its own, and a server allows a person few at once.
_LIMITS = Limits(batch=1, connections=2, timeout=120.0)

OUTLOOK = ProviderDescriptor(
    slug="outlook",
    channel=Channel.MAIL,
    label="Outlook",
    settings=HandoverSettings,
    capabilities=_CAPABILITIES,
    limits=_LIMITS,
    translations="xrm_smtp.handover.outlook",
    signature_setting="own_signature",
    presets=MAILBOX_PRESETS,
)

APPLE_MAIL = ProviderDescriptor(
    slug="apple_mail",
    channel=Channel.MAIL,
    label="Mail",
    settings=HandoverSettings,
    capabilities=_CAPABILITIES,
    limits=_LIMITS,
    translations="xrm_smtp.handover.apple_mail",
    signature_setting="own_signature",
    presets=MAILBOX_PRESETS,
)
