"""A mail provider that sends nothing: for tests of the platform, and the shortest example of a provider of mail.

It declares `IDEMPOTENT_SEND`, which no real provider here does. An account names its `service`; tests take hold of the
same one by `memory_mail_service(name)`, see what arrived there and turn its switches.
"""

from .descriptor import MEMORY_MAIL, MemoryMailSettings
from .driver import MemoryMail
from .service import AcceptedMail, MemoryMailService, memory_mail_service

__all__ = [
    "MEMORY_MAIL",
    "AcceptedMail",
    "MemoryMail",
    "MemoryMailService",
    "MemoryMailSettings",
    "memory_mail_service",
]
