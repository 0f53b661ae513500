"""What the platform learns about the provider."""

from __future__ import annotations

from marshmallow import fields

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, ProviderSettings, secret


class MemorySmsSettings(ProviderSettings):
    service = fields.String(required=True)
    password = secret(required=True)


MEMORY_SMS = ProviderDescriptor(
    slug="memory_sms",
    channel=Channel.SMS,
    label="Memory",
    settings=MemorySmsSettings,
    capabilities=frozenset(
        {Capability.DELIVERY_REPORTS, Capability.INBOUND, Capability.BALANCE, Capability.IDEMPOTENT_SEND}
    ),
    limits=Limits(batch=100, connections=2),
    translations="xrm_platform.testing.memory_sms",
)
