"""Compose, queue, deliver: mail and SMS from a request to what became of them."""

from .alerts import Alerts
from .delivery import Delivery
from .files import Files
from .held import PausedSenderView, SmsPause
from .messages import Messages
from .recovery import Recovery
from .releasing import Held
from .reports import Reports
from .requests import AttachmentGiven, Category, MailRequest, SmsRequest
from .rules.opt_outs import OptOuts, OptOutView
from .rules.preview import SimplerText, SmsPreview, SmsPreviews
from .rules.pricing import Prices, PriceView
from .rules.purge import Purge
from .rules.rules import Rules
from .rules.settings import Consent, RulesChanges, RulesView
from .rules.stop import StopKind, stop_word
from .sendables import Sendables
from .sending import Sending
from .sources import Sources
from .states import State
from .troubles import Troubles
from .views import EventView, MessageDetail, MessageView, RecipientView

__all__ = [
    "Alerts",
    "AttachmentGiven",
    "Category",
    "Consent",
    "Delivery",
    "EventView",
    "Files",
    "Held",
    "MailRequest",
    "MessageDetail",
    "MessageView",
    "Messages",
    "OptOutView",
    "OptOuts",
    "PausedSenderView",
    "PriceView",
    "Prices",
    "Purge",
    "RecipientView",
    "Recovery",
    "Reports",
    "Rules",
    "RulesChanges",
    "RulesView",
    "Sendables",
    "Sending",
    "SimplerText",
    "SmsPause",
    "SmsPreview",
    "SmsPreviews",
    "SmsRequest",
    "Sources",
    "State",
    "StopKind",
    "Troubles",
    "stop_word",
]
