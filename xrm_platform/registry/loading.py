"""Import plugins and drivers through stevedore, each failing alone.

stevedore lets AssertionError and SystemExit through, so every entry point it is given contains its own failures; and it
is given the entry points that were found, so that it consults none of its caches.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any

from stevedore.driver import DriverManager
from stevedore.named import NamedExtensionManager

from .plugin import DriverClass


class ImportFailed(Exception):
    """Code of a plugin could not be imported. The message says what it raised."""


class _ContainedEntryPoint(EntryPoint):
    def load(self) -> Any:
        try:
            return super().load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise ImportFailed(named(error)) from error


class _Plugins(NamedExtensionManager[Any]):
    def __init__(self, entry_points: Iterable[EntryPoint], names: Iterable[str]) -> None:
        self._found: list[EntryPoint] = [_contained(one) for one in entry_points]
        self.failures: dict[str, BaseException] = {}
        super().__init__(
            "xrm_platform.plugins",
            names=sorted(names),
            on_load_failure_callback=self._failed,
            on_missing_entrypoints_callback=None,
        )

    def list_entry_points(self) -> list[EntryPoint]:
        return self._found

    @staticmethod
    def _failed(manager: Any, entry_point: EntryPoint, error: BaseException) -> None:
        manager.failures[entry_point.name] = error


class _Driver(DriverManager[Any]):
    def __init__(self, entry_point: EntryPoint) -> None:
        self._found: list[EntryPoint] = [_contained(entry_point)]
        super().__init__(entry_point.group, entry_point.name, invoke_on_load=False)

    def list_entry_points(self) -> list[EntryPoint]:
        return self._found


def import_plugins(
    entry_points: Iterable[EntryPoint], names: Iterable[str]
) -> tuple[dict[str, object], dict[str, BaseException]]:
    """Modules of the plugins in `names`, and what the others raised. What `names` leaves out is not imported."""
    manager = _Plugins(entry_points, names)
    return {extension.name: extension.plugin for extension in manager.extensions}, manager.failures


def import_driver(entry_point: EntryPoint) -> DriverClass:
    """The class that `entry_point` names. Blocks while it is imported. Raises `ImportFailed`."""
    driver = _Driver(entry_point).driver
    if not callable(driver):
        raise ImportFailed(f"{entry_point.value} is not a class")
    return driver


def named(error: BaseException) -> str:
    """The error as one line: its type, and its message if it has one."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _contained(entry_point: EntryPoint) -> _ContainedEntryPoint:
    return _ContainedEntryPoint(entry_point.name, entry_point.value, entry_point.group)
