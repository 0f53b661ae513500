"""Broken on purpose: the entry point of the driver was forgotten."""

from xrm_platform.providers import Channel, ProviderDescriptor, ProviderSettings, hookimpl


@hookimpl
def xrm_sms_providers():
    return [ProviderDescriptor(slug="descriptor_without_driver", channel=Channel.SMS, label="descriptor_without_driver", settings=ProviderSettings)]
