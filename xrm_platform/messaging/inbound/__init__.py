"""What comes in: by calls of vendors and by asking them, each message once, joined to contact and message."""

from .conversation import Inbox
from .polling import Polling
from .pushes import MAX_BODY, Pushes
from .views import ConversationEntry, InboundView

__all__ = ["MAX_BODY", "ConversationEntry", "InboundView", "Inbox", "Polling", "Pushes"]
