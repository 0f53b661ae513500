"""What the contract tests look at: the entry points of a provider, what its module imports, what it leaves open."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from xrm_platform.providers import ProviderDescriptor, Tick, TickState, secret_names


def driver_entry_point(descriptor: ProviderDescriptor) -> EntryPoint:
    """The one entry point `xrm_platform.<channel>` that is named like the provider."""
    (found,) = entry_points(group=f"xrm_platform.{descriptor.channel}", name=descriptor.slug)
    return found


def plugin_entry_point(descriptor: ProviderDescriptor) -> EntryPoint:
    """The plugin module of the distribution that offers the driver."""
    distribution = driver_entry_point(descriptor).dist
    assert distribution is not None
    plugins = distribution.entry_points.select(group="xrm_platform.plugins")
    (found,) = [plugin for plugin in plugins if plugin.name == descriptor.slug] or plugins
    return found


async def newly_imported(module: str) -> set[str]:
    """Modules that a fresh interpreter which knows the contract loads with `module`."""
    script = (
        "import sys, importlib, xrm_platform.providers\n"
        "before = set(sys.modules)\n"
        "importlib.import_module(sys.argv[1])\n"
        "print(*set(sys.modules) - before)"
    )
    interpreter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, module, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await interpreter.communicate()
    assert interpreter.returncode == 0
    return set(printed.decode().split())


def secret_values(descriptor: ProviderDescriptor, settings: Mapping[str, Any]) -> list[str]:
    """The secrets of `settings`."""
    return [settings[name] for name in secret_names(descriptor.settings) if settings.get(name)]


def failed_tick(ticks: Sequence[Tick]) -> Tick:
    """The step at which a check stopped; nothing after it was tried."""
    (failed,) = [tick for tick in ticks if tick.state is TickState.FAILED]
    after = list(ticks)[list(ticks).index(failed) + 1 :]
    assert all(tick.state is TickState.SKIPPED for tick in after)
    return failed


def open_descriptors() -> int:
    """How many files and sockets this process holds open; 0 where the system does not tell."""
    folder = Path("/dev/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


async def settled(is_so: Callable[[], bool]) -> None:
    """Wait until the other side of closed connections has closed too, 30 s at most."""
    gc.collect()
    for _ in range(3000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("something stays open")
