"""The HTTP API on aiohttp."""

from .application import create_app
from .serving import ListenError, serve

__all__ = ["ListenError", "create_app", "serve"]
