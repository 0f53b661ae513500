"""What the platform imports at start: who the providers are, nothing of what they need to work."""

from __future__ import annotations

from collections.abc import Sequence

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, hookimpl

from .autoconfig import Autoconfig
from .handover.descriptors import APPLE_MAIL, OUTLOOK
from .presets import PRESETS
from .settings import SmtpSettings

SMTP = ProviderDescriptor(
    slug="smtp",
    channel=Channel.MAIL,
    label="SMTP",
    settings=SmtpSettings,
    capabilities=frozenset({Capability.INBOUND, Capability.NEWS, Capability.OAUTH, Capability.SENT_COPY}),
    # Providers tolerate few connections of one account. A batch shares one trip to the thread that composes it and one
    # commit, and is what a crash of the platform leaves unknown: ten is fast enough and few enough.
    limits=Limits(batch=10, connections=4, timeout=120.0),
    translations="xrm_smtp",
    presets=PRESETS,
    discovery=Autoconfig(),
)


@hookimpl
def xrm_mail_providers() -> Sequence[ProviderDescriptor]:
    """One that sends, and two that hand over to the person's own mail software."""
    return [SMTP, OUTLOOK, APPLE_MAIL]
