"""What the platform learns about OVHcloud SMS at start: that it exists, what it can do, what an account is asked."""

from __future__ import annotations

from collections.abc import Sequence

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, hookimpl

from .settings import OvhSettings

OVH_SMS = ProviderDescriptor(
    slug="ovh_sms",
    channel=Channel.SMS,
    label="OVHcloud SMS",
    settings=OvhSettings,
    capabilities=frozenset(
        {
            Capability.DELIVERY_REPORTS,
            Capability.INBOUND,
            Capability.PUSH,
            Capability.BALANCE,
            Capability.ACCOUNTS,
            Capability.RECONCILE,
            Capability.OPT_OUTS,
            Capability.ADDS_STOP_MENTION,
            Capability.KEEPS_LEGAL_HOURS,
        }
    ),
    # A message is a request of its own, one after the other: a batch has to fit into the timeout.
    limits=Limits(batch=50, connections=4, timeout=60.0),
    docs_url="https://help.ovhcloud.com/csm/fr-sms-api-cookbook",
    translations="xrm_ovh_sms",
    stop_mention=" STOP 36111",
    account_setting="service_name",
)


@hookimpl
def xrm_sms_providers() -> Sequence[ProviderDescriptor]:
    return [OVH_SMS]
