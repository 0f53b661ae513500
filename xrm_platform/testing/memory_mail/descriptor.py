"""What the platform learns about the provider."""

from __future__ import annotations

from marshmallow import fields

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, ProviderSettings, secret


class MemoryMailSettings(ProviderSettings):
    service = fields.String(required=True)
    password = secret(required=True)


MEMORY_MAIL = ProviderDescriptor(
    slug="memory_mail",
    channel=Channel.MAIL,
    label="Memory",
    settings=MemoryMailSettings,
    capabilities=frozenset({Capability.IDEMPOTENT_SEND, Capability.INBOUND, Capability.NEWS, Capability.SENT_COPY}),
    limits=Limits(batch=20, connections=2),
    translations="xrm_platform.testing.memory_mail",
)
