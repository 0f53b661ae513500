"""How the steps of a check look."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from .output import harmless
from .words import say

_SIGNS = {"ok": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "dim")}


def show_ticks(ticks: Iterable[tuple[str, str, str]]) -> None:
    """A line for each step: (state, what was tried, why it failed)."""
    lines = [
        (state, harmless(say("cli", "tick_with_reason", step=step, reason=reason) if reason else step))
        for state, step, reason in ticks
    ]
    if not sys.stdout.isatty():
        for state, line in lines:
            print(f"{say('tick_states', state)}  {line}")
        return
    from rich.console import Console  # noqa: PLC0415  drawing is loaded when something is drawn
    from rich.text import Text  # noqa: PLC0415

    console = Console()
    for state, line in lines:
        sign, style = _SIGNS[state]
        console.print(Text(f" {sign} ", style=f"bold {style}"), Text(line, style="dim" if state == "skipped" else ""))
