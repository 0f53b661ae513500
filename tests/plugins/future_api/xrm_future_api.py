"""Broken on purpose: made for a version of the contract to come."""

from xrm_platform.providers import Channel, ProviderDescriptor, ProviderSettings, hookimpl


@hookimpl
def xrm_sms_providers():
    return [ProviderDescriptor(slug="future_api", channel=Channel.SMS, label="future_api", settings=ProviderSettings, api=(1, 99))]


class Driver:
    def __init__(self, settings, context):
        pass

    async def check(self):
        return []

    async def aclose(self):
        pass
