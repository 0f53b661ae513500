"""`xrm plugins`: what is installed, what works, and why the rest does not. Needs no database and no working plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from xrm_platform.config import Config
from xrm_platform.problems import Missing

from .help import Command, noun
from .options import Json
from .output import show, show_list

if TYPE_CHECKING:
    from xrm_platform.registry import PluginStatus

commands = noun()


@commands.command("list", cls=Command)
def list_(json: Json = False) -> None:
    columns = ("name", "state", "version", "distribution", "offers", "reason")
    rows = [_described(status) for status in _plugins()]
    if json:
        show_list(
            [{name: value for name, value in row.items() if name != "offers"} for row in rows], (), json_wanted=True
        )
    else:
        show_list(rows, columns, json_wanted=False)


@commands.command("show", cls=Command)
def show_(name: Annotated[str, typer.Argument(metavar="NAME")], json: Json = False) -> None:
    found = [status for status in _plugins() if status.name == name]
    if not found:
        raise Missing("unknown_plugin", name=name)
    described = _described(found[0])
    described.pop("offers")
    show(described, json_wanted=json)


def _plugins() -> tuple[PluginStatus, ...]:
    from xrm_platform.registry import Registry  # noqa: PLC0415  `--help` needs no plugin

    from .logs import keep_quiet  # noqa: PLC0415

    config = Config.from_environment()
    keep_quiet(config)
    return Registry.load(disabled=config.disabled_plugins).plugins


def _described(status: PluginStatus) -> dict[str, Any]:
    """A plugin as plain values; `offers` names its providers in a word each."""
    from xrm_platform.registry import describe  # noqa: PLC0415  see above

    described = describe(status)
    return {**described, "offers": [f"{one['channel']}/{one['slug']}" for one in described["providers"]]}
