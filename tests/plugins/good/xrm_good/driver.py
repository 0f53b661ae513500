"""Accepts every message and sends none."""

from xrm_platform.providers import Handover, RecipientResult, SendResult, Tick, TickState


class GoodSms:
    def __init__(self, settings, context):
        pass

    async def check(self):
        return [Tick("reached", TickState.OK)]

    async def send(self, batch):
        return [SendResult(one.id, (RecipientResult(one.to, Handover.ACCEPTED, f"good-{one.id}"),)) for one in batch]

    async def aclose(self):
        pass
