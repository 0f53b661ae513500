"""How far something long has come, on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from .words import say


@contextlib.contextmanager
def counted(code: str) -> Iterator[Callable[[int], None] | None]:
    """Gives what is to be told the number of things done: a line on the error output, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415  drawing is loaded when something is drawn

    with Console(stderr=True).status(say("cli", code, count=0)) as status:
        yield lambda count: status.update(say("cli", code, count=count))


@contextlib.contextmanager
def bar(code: str, total: int) -> Iterator[Callable[[int], None]]:
    """Gives what is to be told the number of `total` things done: a bar on the error output, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _count: None
        return
    from rich.console import Console  # noqa: PLC0415  drawing is loaded when something is drawn
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(say("cli", code), total=total)
        yield lambda count: progress.update(task, completed=count)
