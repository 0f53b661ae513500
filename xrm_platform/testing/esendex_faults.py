"""What can go wrong between Esendex and who calls it, to be queued on `EsendexServer.faults`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What the caller gets instead of the true answer."""

    STATUS = "status"
    SILENCE = "silence"
    RESET = "reset"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Fault:
    """One request goes wrong. `accepted` says that its work was done before; else it was never looked at.

    `STATUS` answers `status` with `body`, by default an error in the API's own form; `SILENCE` never answers; `RESET`
    cuts the connection; `TRUNCATED` sends the first half of the true answer as if it were all.
    """

    answer: Answer = Answer.STATUS
    status: int = 500
    accepted: bool = False
    retry_after: str | None = None
    location: str | None = None
    body: str | None = None
    content_type: str = "text/plain"
    on: str = ""
    """It waits for a request whose path holds this; by default it spoils the next one, whatever it is."""


TIMEOUT_BEFORE_ACCEPTANCE = Fault(Answer.SILENCE)
TIMEOUT_AFTER_ACCEPTANCE = Fault(Answer.SILENCE, accepted=True)
RESET_BEFORE_ACCEPTANCE = Fault(Answer.RESET)
RESET_AFTER_ACCEPTANCE = Fault(Answer.RESET, accepted=True)
TRUNCATED_ANSWER = Fault(Answer.TRUNCATED, accepted=True)
HTML_ERROR_PAGE = Fault(
    status=502, body="<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>", content_type="text/html"
)
TEXT_ERROR = Fault(status=400, body="The request could not be understood.")
