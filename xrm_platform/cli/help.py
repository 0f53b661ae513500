"""`--help` in the language of the person.

Sentences come from the section `help` of the wording: a command is looked up by its path (`mail send`), an option by
the path with its name (`mail send --to`) or, where it means the same everywhere, by its name alone (`--base`). Help is
plain text: drawing it with rich would load rich's markdown and syntax colouring, which takes longer than all the rest.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from .words import knows, say


class Command(TyperCommand):
    def format_help(self, ctx: Any, formatter: Any) -> None:
        _write_help(self, ctx, formatter)


class Group(TyperGroup):
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        given = args[0]
        if self.get_command(ctx, given) is None and not given.startswith("-"):
            near = get_close_matches(given, self.commands)
            code = "no_such_command_but" if near else "no_such_command"
            ctx.fail(say("usage", code, given=given, known=", ".join(near)))
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _write_help(self, ctx, formatter)
        path = _path(ctx)
        rows = [
            (name, say("help", " ".join((*path, name)))) for name, found in self.commands.items() if not found.hidden
        ]
        with formatter.section(say("cli", "commands")):
            formatter.write_dl(rows)


def noun() -> typer.Typer:
    """A group of commands, to be named when it is hung into the tree."""
    return typer.Typer(
        cls=Group, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
    )


def sentence_code(path: tuple[str, ...], param: Any) -> str:
    """Under which code the sentence of a parameter is: the one of this command if there is one, else the shared one."""
    name = param.opts[0]
    own = " ".join((*path, name))
    return own if knows("help", own) else name


def _write_help(command: Command | Group, ctx: Any, formatter: Any) -> None:
    path = _path(ctx)
    formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), f"{say('cli', 'usage')} ")
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(say("help", " ".join(path) or "xrm"))
    for kind in ("argument", "option"):
        rows = [
            (record[0], _explained(path, param))
            for param in command.get_params(ctx)
            if param.param_type_name == kind and (record := param.get_help_record(ctx)) is not None
        ]
        if rows:
            with formatter.section(say("cli", f"{kind}s")):
                formatter.write_dl(rows)


def _explained(path: tuple[str, ...], param: Any) -> str:
    sentence = say("help", sentence_code(path, param))
    return f"{sentence} {say('cli', 'required')}" if param.required else sentence


def _path(ctx: Any) -> tuple[str, ...]:
    names: list[str] = []
    while ctx.parent is not None:
        names.insert(0, ctx.info_name)
        ctx = ctx.parent
    return tuple(names)
