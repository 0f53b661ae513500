"""Broken on purpose: `send` never answers, and `check` does not even let itself be cancelled."""

import asyncio

from xrm_platform.providers import Channel, Limits, ProviderDescriptor, ProviderSettings, hookimpl


@hookimpl
def xrm_sms_providers():
    return [ProviderDescriptor(slug="driver_hangs", channel=Channel.SMS, label="driver_hangs", settings=ProviderSettings, limits=Limits(timeout=0.1))]


class Driver:
    def __init__(self, settings, context):
        pass

    async def check(self):
        for _ in range(2):
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                pass

    async def send(self, batch):
        await asyncio.sleep(3600)

    async def aclose(self):
        pass
