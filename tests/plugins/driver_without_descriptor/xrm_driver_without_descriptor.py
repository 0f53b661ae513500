"""Broken on purpose: the driver is there, but no hook describes it."""

from xrm_platform.providers import hookimpl


@hookimpl
def xrm_shutdown():
    pass


class Driver:
    def __init__(self, settings, context):
        pass

    async def check(self):
        return []

    async def aclose(self):
        pass
