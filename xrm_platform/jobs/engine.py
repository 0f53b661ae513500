"""When work runs. A job is only a name (`deliver <account>`, `poll <account>`, `tick`): what is to be done is read from
rows, so losing a wake-up or running one twice is harmless. Engines are replaceable behind this port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

Handler = Callable[[str], Awaitable[None]]
"""Does what is due for the argument of a job's name: for `deliver 42` it is called with `42`."""


class Wake(Protocol):
    """Ask for a job to run: now, or `at` a time. Returns at once; several wishes for one name become one run."""

    def __call__(self, name: str, at: datetime | None = None) -> None: ...


class Engine(Protocol):
    """Runs jobs: at most one run of a name at a time, and one more after it if it was woken meanwhile."""

    def wake(self, name: str, at: datetime | None = None) -> None: ...

    async def run(self, handlers: Mapping[str, Handler]) -> None:
        """Work until cancelled; what is running then may finish."""
        ...

    async def run_until_idle(self, handlers: Mapping[str, Handler]) -> None:
        """Work until nothing is due."""
        ...
