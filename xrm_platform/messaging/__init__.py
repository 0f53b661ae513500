"""Compose, queue, deliver: mail and SMS from a request to what became of them."""

from .delivery import Delivery
from .files import Files
from .held import SmsPause
from .messages import Messages
from .notices import Notices
from .recovery import Recovery
from .reports import Reports
from .requests import AttachmentGiven, Category, MailRequest, SmsRequest
from .sendables import Sendables
from .sending import Sending
from .sources import Sources
from .states import State
from .views import EventView, MessageDetail, MessageView, RecipientView, SmsPreview

__all__ = [
    "AttachmentGiven",
    "Category",
    "Delivery",
    "EventView",
    "Files",
    "MailRequest",
    "MessageDetail",
    "MessageView",
    "Messages",
    "Notices",
    "RecipientView",
    "Recovery",
    "Reports",
    "Sendables",
    "Sending",
    "SmsPause",
    "SmsPreview",
    "SmsRequest",
    "Sources",
    "State",
]
