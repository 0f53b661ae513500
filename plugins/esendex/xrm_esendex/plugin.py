"""What the platform learns about Esendex at start: that it exists, what it can do, what an account is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, hookimpl

from .settings import EsendexSettings

ESENDEX = ProviderDescriptor(
    slug="esendex",
    channel=Channel.SMS,
    label="Esendex",
    settings=EsendexSettings,
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
        }
    ),
    # The vendor names no limit of messages a request; a hundred keeps a lost answer small.
    limits=Limits(batch=100, connections=2, references=2000, timeout=60.0),
    docs_url="https://developers.esendex.com/api-reference",
    translations="xrm_esendex",
    account_setting="account_reference",
)


@hookimpl
def xrm_sms_providers() -> Sequence[ProviderDescriptor]:
    return [ESENDEX]
