"""What the platform learns about the provider."""

from __future__ import annotations

from marshmallow import fields

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, ProviderSettings, secret


class MemorySmsSettings(ProviderSettings):
    service = fields.String(required=True)
    password = secret(required=True)
    account = fields.String(load_default="main")


MEMORY_SMS = ProviderDescriptor(
    slug="memory_sms",
    channel=Channel.SMS,
    label="Memory",
    settings=MemorySmsSettings,
    capabilities=frozenset(
        {
            Capability.DELIVERY_REPORTS,
            Capability.INBOUND,
            Capability.PUSH,
            Capability.BALANCE,
            Capability.ACCOUNTS,
            Capability.RECONCILE,
            Capability.OPT_OUTS,
            Capability.ADD_OPT_OUT,
            Capability.IDEMPOTENT_SEND,
        }
    ),
    limits=Limits(batch=100, connections=2),
    translations="xrm_platform.testing.memory_sms",
    account_setting="account",
)
