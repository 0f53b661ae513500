"""Plugins made in the test that needs them."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any

import pytest

from xrm_platform.providers import Channel, DriverContext, ProviderDescriptor, ProviderSettings, hookimpl
from xrm_platform.registry import Drivers, InProcessPlugin, Registry

INSTALLED = tuple(point.name for point in entry_points(group="xrm_platform.plugins"))


class QuietDriver:
    """Is built, is closed, and remembers both."""

    def __init__(self, settings: Any, context: DriverContext) -> None:
        self.settings = settings
        self.context = context
        self.closed = 0

    async def check(self) -> list[Any]:
        return []

    async def aclose(self) -> None:
        self.closed += 1


def describe_sms(slug: str = "acme", **details: Any) -> ProviderDescriptor:
    return ProviderDescriptor(
        **{"slug": slug, "channel": Channel.SMS, "label": slug, "settings": ProviderSettings} | details
    )


@pytest.fixture
def describe() -> Callable[..., ProviderDescriptor]:
    """`describe(slug, **details)`: an SMS provider."""
    return describe_sms


@pytest.fixture
def offering() -> Callable[..., InProcessPlugin]:
    """`offering(name, *descriptors, driver=…)`: a plugin with SMS providers and a driver for each."""

    def build(name: str, *descriptors: ProviderDescriptor, driver: Any = QuietDriver) -> InProcessPlugin:
        class Module:
            @hookimpl
            def xrm_sms_providers(self) -> list[ProviderDescriptor]:
                return list(descriptors)

        return InProcessPlugin(name, Module(), {(one.channel, one.slug): driver for one in descriptors})

    return build


@pytest.fixture
def load() -> Callable[..., Registry]:
    """`load(*plugins, disabled=…, hook_timeout=…)`: a registry of these only; a bare module is called `acme`."""

    def build(*plugins: Any, disabled: tuple[str, ...] = (), **options: Any) -> Registry:
        extra = [one if isinstance(one, InProcessPlugin) else InProcessPlugin("acme", one) for one in plugins]
        return Registry.load(disabled=(*INSTALLED, *disabled), extra=extra, **options)

    return build


@pytest.fixture
def drivers_of() -> Callable[[Registry], Drivers]:
    context = DriverContext(None, lambda: datetime.now(UTC), None)  # type: ignore[arg-type]
    return lambda registry: Drivers(registry, lambda _: context)
