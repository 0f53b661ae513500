"""Questions to a person at a terminal. Passwords and secrets are not shown while they are typed."""

from __future__ import annotations

from getpass import getpass

from .given import Ungiven
from .words import say


def ask_new_password(login: str, *, optional: bool = False) -> str:
    """A password, typed twice; with `optional`, an empty one means none."""
    password = getpass(say("cli", "ask_password_optional" if optional else "ask_password", login=login) + " ")
    if password and getpass(say("cli", "ask_password_again") + " ") != password:
        raise Ungiven("passwords_differ")
    return password


def ask_setting(label: str, *, secret: bool) -> str:
    """The value of a setting, without the spaces around it."""
    question = say("cli", "ask_setting", label=label) + " "
    return getpass(question) if secret else input(question).strip()
