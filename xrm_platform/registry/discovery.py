"""Which plugins and drivers are installed, read from the metadata of distributions: nothing is imported here.

`importlib.metadata` is read directly because stevedore answers from caches (one on disk in the user's home, one in the
class) that forget which distribution an entry point belongs to and may be stale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions

import structlog

from xrm_platform.providers import Channel

log = structlog.get_logger(__name__)

PLUGINS = "xrm_platform.plugins"
DRIVERS = {f"xrm_platform.{channel}": channel for channel in Channel}


@dataclass(frozen=True, slots=True)
class Installed:
    """One entry point of ours and the distribution that ships it."""

    entry_point: EntryPoint
    distribution: str
    version: str

    @property
    def name(self) -> str:
        return self.entry_point.name

    @property
    def origin(self) -> str:
        return f"entry point {self.name} = {self.entry_point.value} of {self.distribution} {self.version}"


def installed() -> tuple[tuple[Installed, ...], tuple[Installed, ...]]:
    """Plugins and drivers that are installed, in the order of their names whatever the order on the path."""
    found = sorted(_entry_points(), key=lambda one: (one.name, one.distribution, one.entry_point.group))
    plugins = tuple(one for one in found if one.entry_point.group == PLUGINS)
    drivers = tuple(one for one in found if one.entry_point.group in DRIVERS)
    return plugins, drivers


def _entry_points() -> Iterator[Installed]:
    """A distribution that is on the path twice counts once, as it does for imports: the first one."""
    seen = set()
    for distribution in distributions():
        entry_points = _ours(distribution)
        if not entry_points:
            continue
        name, version = _name_and_version(distribution)
        normalized = re.sub(r"[-_.]+", "-", name).lower()
        if normalized not in seen:
            seen.add(normalized)
            for entry_point in entry_points:
                yield Installed(entry_point, name, version)


def _ours(distribution: Distribution) -> list[EntryPoint]:
    """One file that cannot be read must not hide every other plugin."""
    try:
        return [one for one in distribution.entry_points if one.group == PLUGINS or one.group in DRIVERS]
    except (OSError, TypeError, ValueError) as error:
        log.warning("entry points unreadable", distribution=_name_and_version(distribution)[0], error=str(error))
        return []


def _name_and_version(distribution: Distribution) -> tuple[str, str]:
    try:
        return distribution.metadata["Name"] or "unknown", distribution.version or "unknown"
    except (OSError, KeyError, TypeError, ValueError):
        return "unknown", "unknown"
