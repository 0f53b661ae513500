"""An SMS provider that sends nothing: for tests of the platform, and the shortest example of a provider.

It declares `IDEMPOTENT_SEND`, which no real provider here does. An account names its `service`; tests take hold of the
same one by `memory_sms_service(name)`, see what arrived there and turn its switches.
"""

from .descriptor import MEMORY_SMS, MemorySmsSettings
from .driver import MemorySms
from .service import MemorySmsService, memory_sms_service

__all__ = ["MEMORY_SMS", "MemorySms", "MemorySmsService", "MemorySmsSettings", "memory_sms_service"]
