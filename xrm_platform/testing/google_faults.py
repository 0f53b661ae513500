"""What can go wrong between Google and who calls it, to be queued on `GoogleServer.faults`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """What the caller gets instead of the true answer."""

    STATUS = "status"
    SILENCE = "silence"
    RESET = "reset"
    TRUNCATED = "truncated"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Fault:
    """One request goes wrong. `done` says that its work was done before; else it was never looked at.

    `STATUS` answers `status` with an error of `reason` in the API's own form, or with `body`; `SILENCE` never answers;
    `RESET` cuts the connection; `TRUNCATED` sends the first half of the true answer as if it were all; `SLOW` gives the
    true answer after `seconds`. It waits for a request of `method` (one or several) whose path holds `on`; by default
    the next one.
    """

    answer: Answer = Answer.STATUS
    status: int = 500
    reason: str = "backendError"
    done: bool = False
    retry_after: str | None = None
    body: str | None = None
    content_type: str = "text/html"
    seconds: float = 0.0
    method: str = ""
    on: str = ""

    def spoils(self, method: str, path: str) -> bool:
        """Whether this is the request that it waits for."""
        return (not self.method or method in self.method.split()) and self.on in path


CALENDAR_API = "/calendar/v3/"

TIMEOUT_BEFORE_COMMIT = Fault(Answer.SILENCE, on=CALENDAR_API)
TIMEOUT_AFTER_COMMIT = Fault(Answer.SILENCE, done=True, on=CALENDAR_API)
RESET_BEFORE_COMMIT = Fault(Answer.RESET, on=CALENDAR_API)
RESET_AFTER_COMMIT = Fault(Answer.RESET, done=True, on=CALENDAR_API)
TRUNCATED_ANSWER = Fault(Answer.TRUNCATED, done=True, on=CALENDAR_API)
HTML_ANSWER = Fault(status=200, body="<!DOCTYPE html><html><body>Sign in to the network</body></html>", on=CALENDAR_API)
HTML_ERROR_PAGE = Fault(status=502, body="<!DOCTYPE html><html><h1>502. That’s an error.</h1></html>", on=CALENDAR_API)
BACKEND_ERROR = Fault(status=500, reason="backendError", on=CALENDAR_API)
UNAVAILABLE = Fault(status=503, reason="backendError", on=CALENDAR_API)
RATE_LIMIT = Fault(status=403, reason="rateLimitExceeded", on=CALENDAR_API)
USER_RATE_LIMIT = Fault(status=403, reason="userRateLimitExceeded", on=CALENDAR_API)
TOO_MANY_REQUESTS = Fault(status=429, reason="rateLimitExceeded", on=CALENDAR_API)
USAGE_LIMIT = Fault(status=403, reason="quotaExceeded", on=CALENDAR_API)
SYNC_TOKEN_EXPIRED = Fault(status=410, reason="fullSyncRequired", method="GET", on="/events")
