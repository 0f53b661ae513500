"""How Google says no, in the two forms of its two services."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The Calendar API says no: HTTP `status`, and `reason` with `message` in its body."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message

    def body(self) -> dict[str, Any]:
        """The error object of the API: callers act on `errors[0].reason`."""
        domain = "usageLimits" if self.reason.endswith(("LimitExceeded", "quotaExceeded")) else "global"
        error = {"domain": domain, "reason": self.reason, "message": self.message}
        return {"error": {"errors": [error], "code": self.status, "message": self.message}}


class GrantRefused(Exception):
    """The token endpoint says no (RFC 6749 §5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "error_description": self.description}


def invalid(message: str) -> Refused:
    """400 `invalid`: a value that cannot be."""
    return Refused(400, "invalid", message)
