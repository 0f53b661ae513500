"""What the command says when something is refused: one line on the error output that says what to do, and an exit code.

1 means refused, 2 means the command line itself was wrong, 130 that the person interrupted it.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer import BadParameter, TyperException

from xrm_platform.problems import Fault, Invalid, Problem
from xrm_platform.wording import translate_validation

from .output import harmless
from .words import language, say, say_with

REFUSED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


def complain(line: str) -> None:
    """One line on the error output, whatever the line holds."""
    print(f"{say('cli', 'error')} {harmless(' '.join(line.split()))}", file=sys.stderr)


def complain_of_problem(problem: Problem) -> int:
    if isinstance(problem, Invalid):
        for name, fault in problem.fields.items():
            complain(say("cli", "field_fault", field=option_of(name), fault=_fault_sentence(fault)))
    else:
        complain(say_with("problems", problem.code, problem.params))
    return REFUSED


def _fault_sentence(fault: Fault | str) -> str:
    if isinstance(fault, str):
        return translate_validation(fault, language())
    return say_with("errors" if fault.package else "problems", fault.code, fault.params, fault.package)


def option_of(field: str) -> str:
    """How a person gave the field `to.1` or `settings.port`: `--to (2)`, `--set port`."""
    name, *rest = field.split(".")
    if name in ("settings", "secrets"):
        return " ".join((f"--{'set' if name == 'settings' else 'secret'}", *rest))
    if name == "mail_software" and rest:
        return f"--{rest[0]}"
    if name in _ARGUMENTS:
        return name.upper()
    option = _OPTIONS.get(name, f"--{name.replace('_', '-')}")
    return " ".join((option, *(f"({int(part) + 1})" if part.isdigit() else part for part in rest)))


_ARGUMENTS = frozenset({"code", "login", "slug", "id", "file"})
_OPTIONS = {
    "sender": "--from",
    "phones": "--phone",
    "mails": "--mail",
    "others": "--other",
    "participants": "--participant",
    "reminders": "--reminder",
    "version": "--vcard-version",
    "attachments": "--attach",
    "html": "--html-file",
    "idempotency_key": "--key",
    "scopes": "--scope",
    "expires_at": "--expires",
    "password": "--password-file",
    "price": "--set",
}


def complain_of_usage(error: TyperException) -> int:
    """The command line could not be understood. Typer knows no French: its kinds of error are said in our words."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.message, file=sys.stderr)
        return error.exit_code
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "xrm"
    complain(f"{_usage_sentence(error)} {say('cli', 'see_help', command=command)}")
    return error.exit_code


def _usage_sentence(error: TyperException) -> str:
    kind = type(error).__name__
    if kind == "NoSuchOption":
        known: Any = getattr(error, "possibilities", None) or ()
        option = getattr(error, "option_name", "")
        if known:
            return say("usage", "no_such_option_but", option=option, known=", ".join(known))
        return say("usage", "no_such_option", option=option)
    if isinstance(error, BadParameter):
        hint = _name_of(getattr(error, "param", None))
        return say("usage", "missing" if kind == "MissingParameter" else "bad_value", name=hint, reason=error.message)
    if kind == "BadOptionUsage":
        return say("usage", "bad_option", option=getattr(error, "option_name", ""))
    too_many = _TOO_MANY.match(error.message)
    if too_many is not None:
        return say("usage", "unexpected", given=too_many[1])
    return error.message


_TOO_MANY = re.compile(r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", re.DOTALL)


def _name_of(param: Any) -> str:
    if param is None:
        return ""
    return str(param.opts[0]) if param.param_type_name == "option" else str(param.name).upper()


def complain_of_accident(error: Exception, environment: Mapping[str, str] | None = None) -> int:
    """Something nobody foresaw: its story goes into the log file, the person gets one line.

    With `XRM_LOG_LEVEL=debug` the story is shown too.
    """
    env = os.environ if environment is None else environment
    if env.get("XRM_LOG_LEVEL", "").lower() == "debug":
        traceback.print_exception(error)
    log = _write_story(Path(env.get("XRM_HOME") or "data").expanduser().absolute(), error)
    kind = type(error).__name__
    if log is None:
        complain(say("cli", "accident_unlogged", kind=kind))
    else:
        complain(say("cli", "accident", kind=kind, log=log))
    return REFUSED


def _write_story(home: Path, error: Exception) -> Path | None:
    """Append the traceback to `xrm-errors.log` of the data folder, readable by its owner only; None if it cannot be."""
    log = home / "xrm-errors.log"
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC).isoformat()} xrm {_command_words()}\n")
            traceback.print_exception(error, file=file)
    except OSError:
        return None
    return log


def _command_words() -> str:
    """The noun and the verb of this call, without its options: these may hold a message or an address."""
    words = []
    for word in sys.argv[1:3]:
        if word.startswith("-"):
            break
        words.append(word)
    return " ".join(words)
