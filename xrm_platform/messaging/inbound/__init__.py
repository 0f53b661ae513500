"""What comes in: by calls of vendors and by asking them, each message once, joined to contact and message."""

from .conversation import Inbox
from .mail.calendars import READ_CALENDARS, CalendarMail, CalendarMails, CalendarReader
from .mail.polling import MailPolling
from .mail.telling import Telling as CameBackTelling
from .mail.watching import Watching
from .opening import OpenedFile, Opening
from .polling import Polling
from .pushes import MAX_BODY, Pushes
from .views import ConversationEntry, InboundDetail, InboundView, ReceivedFileView

__all__ = [
    "MAX_BODY",
    "READ_CALENDARS",
    "CalendarMail",
    "CalendarMails",
    "CalendarReader",
    "CameBackTelling",
    "ConversationEntry",
    "InboundDetail",
    "InboundView",
    "Inbox",
    "MailPolling",
    "OpenedFile",
    "Opening",
    "Polling",
    "Pushes",
    "ReceivedFileView",
    "Watching",
]
