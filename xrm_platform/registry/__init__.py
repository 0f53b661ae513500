"""Finds plugins, loads them, keeps each from harming the rest, and calls them.

`Registry.load()` says who is there, `Drivers` gives the driver of an account, and every call to it goes through its
methods (or `call`, which they stand on). Nothing else in the platform knows pluggy and stevedore.
"""

from .calls import Caller, call, call_now, pages
from .dispatch import BrokenVeto
from .drivers import AccountDriver, DriverClosed, Drivers
from .notices import Notices
from .plugin import InProcessPlugin
from .redaction import redacted, secret_values
from .registry import Registry
from .status import PluginState, PluginStatus, describe

__all__ = [
    "AccountDriver",
    "BrokenVeto",
    "Caller",
    "DriverClosed",
    "Drivers",
    "InProcessPlugin",
    "Notices",
    "PluginState",
    "PluginStatus",
    "Registry",
    "call",
    "call_now",
    "describe",
    "pages",
    "redacted",
    "secret_values",
]
