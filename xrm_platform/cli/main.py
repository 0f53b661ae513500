"""Runs a command line and turns what goes wrong into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from xrm_platform.problems import Problem

from .failures import (
    INTERRUPTED,
    complain,
    complain_of_accident,
    complain_of_problem,
    complain_of_usage,
)
from .words import say


def main() -> None:
    """The entry point `xrm`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do what `arguments` ask for and give the exit code: 0 done, 1 refused, 2 not understood, 130 interrupted."""
    from .tree import command_tree  # noqa: PLC0415  built for a run, not for whoever imports this module

    try:
        code = typer.main.get_command(command_tree()).main(list(arguments), prog_name="xrm", standalone_mode=False)
        sys.stdout.flush()
    except Problem as problem:
        return complain_of_problem(problem)
    except typer.TyperException as error:
        return complain_of_usage(error)
    except (typer.Abort, KeyboardInterrupt):
        complain(say("cli", "interrupted"))
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except Exception as error:  # noqa: BLE001  the border: nothing above this could say it to a person
        return complain_of_accident(error)
    return code if isinstance(code, int) else 0


def _reader_left() -> int:
    """Whoever read our output has enough. Nothing more is written, not even by the interpreter at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return 0
