"""Reading properties of iCalendar texts that were written by anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from icalendar import Component, Event
from icalendar.prop.broken import vBroken

from xrm_platform.providers import Unsupported


def every(component: Component, name: str) -> list[Any]:
    """All values of a property. One that icalendar could not read raises `Unsupported`: what an event says must not
    change because a part of it was passed over."""
    value = component.get(name)
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    if any(isinstance(one, vBroken) for one in values):
        raise Unsupported("property_not_understood", name=name)
    return values


def first(component: Component, name: str) -> Any:
    """The first value of a property, None where there is none."""
    values = every(component, name)
    return values[0] if values else None


def text(component: Component, name: str) -> str | None:
    """The text of a property; None where there is none or it is empty."""
    value = first(component, name)
    return str(value) or None if value is not None else None


def word(component: Component, name: str) -> str:
    """A keyword, in capitals; empty where there is none."""
    return (text(component, name) or "").strip().upper()


def moment_of(component: Component, name: str) -> date | None:
    """The date or time of a property."""
    value = first(component, name)
    at = getattr(value, "dt", None)
    return at if isinstance(at, date) else None


def lines_of(component: Component, names: Iterable[str] | None) -> list[str]:
    """The content lines of the properties `names`, sorted; of all properties when None. Not of what is inside."""
    wanted = None if names is None else frozenset(names)
    shell = Event()
    for name, value in component.items():
        if wanted is None or name in wanted:
            shell[name] = value
    return sorted(str(line) for line in shell.content_lines()[1:-2])


def block(component: Component) -> list[str]:
    """The content lines of a whole component, from BEGIN to END."""
    return [str(line) for line in component.content_lines() if line]


def texts(components: Sequence[Component]) -> list[str]:
    """The content lines of several components, one after the other."""
    return [line for component in components for line in block(component)]
