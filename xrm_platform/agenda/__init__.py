"""The agenda: events of collaborators, when they take place, who sees and changes them, reminders, files, feeds."""

from .events import REMIND, Agenda
from .feeds import Feeds
from .files import AgendaFiles
from .invitations import (
    INVITE,
    Answers,
    AnswerTaken,
    InvitationMails,
    Invitations,
    InvitationsShown,
    SendingAgain,
)
from .own_edits import OwnEdits
from .preferences import AgendaSettings
from .reminding import Reminders
from .requests import EventChanges, EventGiven, Part, ReminderGiven
from .schedule import Schedule
from .storing import AfterChange, EventChange, EventStore
from .telling import EventNotices
from .upkeep import EXTEND, Upkeep

__all__ = [
    "EXTEND",
    "INVITE",
    "REMIND",
    "AfterChange",
    "Agenda",
    "AgendaFiles",
    "AgendaSettings",
    "AnswerTaken",
    "Answers",
    "EventChange",
    "EventChanges",
    "EventGiven",
    "EventNotices",
    "EventStore",
    "Feeds",
    "InvitationMails",
    "Invitations",
    "InvitationsShown",
    "OwnEdits",
    "Part",
    "ReminderGiven",
    "Reminders",
    "Schedule",
    "SendingAgain",
    "Upkeep",
]
