"""What a stand-in SMTP server is told to do wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SmtpStage(StrEnum):
    """Where in a session a fault strikes. BODY is while the message flows, before the final dot; END is the answer to
    the final dot, when the message is already stored."""

    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    END = "end"


@dataclass(slots=True)
class SmtpFault:
    """At `stage`: wait `delay` seconds, then cut the connection if `drop`, else answer `reply` if there is one, else go
    on as if nothing were. It strikes `times` times (None: always), for one recipient if `address` is given.

    A `reply` of 421 also closes the connection. A `reply` at END refuses the message: it is not stored. BODY always
    cuts.
    """

    stage: SmtpStage
    reply: str | None = None
    drop: bool = False
    delay: float = 0.0
    address: str | None = None
    times: int | None = 1


class FaultScript:
    """The faults still to come, in the order they were given."""

    def __init__(self) -> None:
        self._faults: list[SmtpFault] = []

    def add(self, fault: SmtpFault) -> None:
        """Let `fault` strike from now on."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Work well again."""
        self._faults.clear()

    def next(self, stage: SmtpStage, address: str | None = None) -> SmtpFault | None:
        """The fault that strikes now, counted down."""
        for fault in self._faults:
            if fault.stage is stage and fault.address in {None, address}:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None
