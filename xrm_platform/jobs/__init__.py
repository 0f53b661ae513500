"""When work runs. Knows no other room: `app.py` hands it the handlers, use cases hold only its `wake`."""

from .embedded import TICK, EmbeddedEngine
from .engine import Engine, Handler, Wake
from .ticks import Ticks

__all__ = ["TICK", "EmbeddedEngine", "Engine", "Handler", "Ticks", "Wake"]
