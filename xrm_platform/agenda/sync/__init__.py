"""Keeps an agenda equal with calendars elsewhere: links, the pure plan, pull and push."""

from .channels import Channels
from .conflicts import Conflicts
from .links import Links
from .outbox import Outbox
from .reaching import Reaching
from .reconnecting import Reconnected
from .runs import Runs
from .syncing import Syncing
from .telling import Telling

__all__ = ["Channels", "Conflicts", "Links", "Outbox", "Reaching", "Reconnected", "Runs", "Syncing", "Telling"]
