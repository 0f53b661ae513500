"""Keeps an agenda equal with calendars elsewhere: links, the pure plan, pull and push."""

from .links import Links
from .outbox import Outbox
from .reaching import Reaching
from .syncing import Syncing
from .telling import Telling

__all__ = ["Links", "Outbox", "Reaching", "Syncing", "Telling"]
