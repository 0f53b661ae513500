"""The least that a working plugin needs: one descriptor."""

from xrm_platform.providers import Channel, ProviderDescriptor, ProviderSettings, hookimpl


@hookimpl
def xrm_sms_providers():
    return [ProviderDescriptor(slug="good", channel=Channel.SMS, label="good", settings=ProviderSettings)]
