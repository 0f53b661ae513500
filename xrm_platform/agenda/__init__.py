"""The agenda: events of collaborators, when they take place, who sees and changes them, reminders, files, feeds."""

from .events import REMIND, Agenda
from .feeds import Feeds
from .files import AgendaFiles
from .preferences import AgendaSettings
from .reminding import Reminders
from .requests import EventChanges, EventGiven, Part, ReminderGiven
from .schedule import Schedule
from .storing import AfterChange, EventChange, EventStore
from .upkeep import EXTEND, Upkeep

__all__ = [
    "EXTEND",
    "REMIND",
    "AfterChange",
    "Agenda",
    "AgendaFiles",
    "AgendaSettings",
    "EventChange",
    "EventChanges",
    "EventGiven",
    "EventStore",
    "Feeds",
    "Part",
    "ReminderGiven",
    "Reminders",
    "Schedule",
    "Upkeep",
]
