"""What the platform imports at start: who this provider is, nothing of what it needs to work."""

from __future__ import annotations

from collections.abc import Sequence

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, hookimpl

from .settings import SmtpSettings

SMTP = ProviderDescriptor(
    slug="smtp",
    channel=Channel.MAIL,
    label="SMTP",
    settings=SmtpSettings,
    capabilities=frozenset({Capability.INBOUND, Capability.NEWS, Capability.OAUTH, Capability.SENT_COPY}),
    # Providers tolerate few connections of one account. A batch shares one trip to the thread that composes it and one
    # commit, and is what a crash of the platform leaves unknown: five is fast enough and few enough.
    limits=Limits(batch=5, connections=4, timeout=120.0),
    translations="xrm_smtp",
)


@hookimpl
def xrm_mail_providers() -> Sequence[ProviderDescriptor]:
    """The one provider of this distribution."""
    return [SMTP]
