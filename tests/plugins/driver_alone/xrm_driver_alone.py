"""Broken on purpose: the entry point of the plugin was forgotten."""


class Driver:
    def __init__(self, settings, context):
        pass

    async def check(self):
        return []

    async def aclose(self):
        pass
