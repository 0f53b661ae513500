"""How answers are shown: JSON for scripts, tables for people.

On a terminal tables are drawn; into a pipe or a file they are plain columns that nothing is cut from.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

from .words import knows, say


def as_json(value: Any) -> Any:
    """A view as JSON knows it: dataclasses become objects, times ISO 8601, sets sorted lists."""
    return json.loads(json.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return sorted(value)


def show(view: Any, *, json_wanted: bool) -> None:
    """One thing: an object, or a line for each of its fields."""
    shown = as_json(view)
    if json_wanted:
        _print_json(shown)
        return
    tables = {name: found for name, found in shown.items() if _is_table(found)}
    _show_fields({name: found for name, found in shown.items() if name not in tables and not name.endswith("_params")})
    for name, rows in tables.items():
        print(f"\n{_label(name)}")
        _show_table(rows, tuple(column for column in rows[0] if _worth_a_column(column, rows)))


def show_list(items: Sequence[Any], columns: Sequence[str], *, json_wanted: bool, following: str | None = None) -> None:
    """A listing: `{"items": [...]}`, with `next` when more follow, or a table of `columns`."""
    rows = [as_json(item) for item in items]
    if json_wanted:
        _print_json({"items": rows} if following is None else {"items": rows, "next": following})
        return
    if rows:
        _show_table(rows, columns)
    else:
        note("nothing")
    if following is not None:
        note("more", key=following)


def tell(code: str, **params: Any) -> None:
    """A sentence that confirms, on the normal output."""
    print(say("cli", code, **params))


def note(code: str, **params: Any) -> None:
    """A sentence beside the answer, on the error output."""
    print(say("cli", code, **params), file=sys.stderr, flush=True)


_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _worth_a_column(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Parameters of sentences are for programs, and a column without any value is for nobody."""
    return not name.endswith("_params") and any(row[name] not in _EMPTY for row in rows)


def _cell(column: str, row: Mapping[str, Any]) -> str:
    if column == "text" and row.get("purged_at") is not None:
        return say("cli", "text_purged")
    return _text(column, row.get(column))


def _label(name: str) -> str:
    return say("fields", name) if knows("fields", name) else name


_CONTROL = re.compile(r"(?![\n\t])[\x00-\x1f\x7f-\x9f]")


def harmless(text: str) -> str:
    """`text` without what a terminal takes for commands: it may be a stranger's, who sent it by mail or SMS."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def _text(name: str, value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return say("cli", "yes" if value else "no")
    if value in _EMPTY:
        return ""
    if isinstance(value, list):
        return ", ".join(_one_of_several(found) for found in value)
    if isinstance(value, dict):
        shown = _change if name == "changes" else _text
        return ", ".join(f"{key}: {shown(key, found)}" for key, found in value.items())
    if name == "at" or name.endswith("_at"):
        return _local_time(value)
    return _word(name, str(value))


_SECTIONS = {"state": "states", "waiting_for": "waiting"}
"""Whose words for their codes are a section of their own."""


def _word(name: str, value: str) -> str:
    """What a code of ours means in this field; what is none stays as it is."""
    if knows("values", f"{name}_{value}"):
        return say("values", f"{name}_{value}")
    return say(_SECTIONS[name], value) if name in _SECTIONS else value


def _change(name: str, value: list[Any]) -> str:
    """From what to what."""
    before, after = (_text(name, one) or "–" for one in value)
    return f"{before} → {after}"


def _local_time(written: str) -> str:
    """In the time zone of this machine, to the second."""
    return datetime.fromisoformat(written).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _one_of_several(value: Any) -> str:
    """An element of a list in a cell: what it is for a recipient or a setting, else the thing itself."""
    if isinstance(value, dict):
        return str(next((value[name] for name in ("shown", "address", "name", "code") if value.get(name)), value))
    return str(value)


def _show_fields(fields: Mapping[str, Any]) -> None:
    rows = [(_label(name), harmless(_text(name, value))) for name, value in fields.items() if value not in _EMPTY]
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415  drawing is loaded when something is drawn
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        grid = Table.grid(padding=(0, 2))
        for label, text in rows:
            grid.add_row(Text(label, style="bold"), Text(text))
        Console().print(grid)
        return
    width = max((len(label) for label, _ in rows), default=0)
    for label, text in rows:
        print(f"{label:<{width}}  {text.replace(chr(10), chr(10) + ' ' * (width + 2))}")


def _show_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    heads = [_label(column) for column in columns]
    cells = [[harmless(_cell(column, row)) for column in columns] for row in rows]
    if sys.stdout.isatty():
        from rich import box  # noqa: PLC0415  drawing is loaded when something is drawn
        from rich.console import Console  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name, head in zip(columns, heads, strict=True):
            table.add_column(head, overflow="fold", no_wrap=name in ("id", "code"), min_width=min(len(head), 14))
        for row in cells:
            table.add_row(*(Text(cell) for cell in row))
        Console().print(table)
        return
    flat = [[" ".join(cell.split()) for cell in row] for row in (heads, *cells)]
    widths = [max(len(row[place]) for row in flat) for place in range(len(columns))]
    for row in flat:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
