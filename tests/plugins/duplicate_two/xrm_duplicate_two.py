"""Broken on purpose: another distribution has a plugin of the same name."""

from xrm_platform.providers import Channel, ProviderDescriptor, ProviderSettings, hookimpl


@hookimpl
def xrm_sms_providers():
    return [ProviderDescriptor(slug="duplicate", channel=Channel.SMS, label="duplicate", settings=ProviderSettings)]


class Driver:
    def __init__(self, settings, context):
        pass

    async def check(self):
        return []

    async def aclose(self):
        pass
