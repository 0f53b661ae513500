"""The commands, by noun and verb."""

from __future__ import annotations

import typer

from . import (
    accounts,
    agenda,
    audit,
    bulk,
    calendars,
    collaborators,
    contacts,
    demo,
    inbox,
    init,
    invitations,
    mail,
    messages,
    migrate,
    opt_outs,
    plugins,
    preferences,
    providers,
    rules,
    secrets,
    selections,
    serve,
    sms,
    templates,
    tokens,
    users,
    worker,
)
from .help import Command, Group


def command_tree() -> typer.Typer:
    """The whole `xrm` command."""
    tree = typer.Typer(
        cls=Group, no_args_is_help=True, add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False
    )
    tree.command("init", cls=Command)(init.init)
    for name, commands in (
        ("collaborators", collaborators.commands),
        ("contacts", contacts.commands),
        ("users", users.commands),
        ("tokens", tokens.commands),
        ("providers", providers.commands),
        ("accounts", accounts.commands),
        ("preferences", preferences.commands),
        ("mail", mail.commands),
        ("sms", sms.commands),
        ("templates", templates.commands),
        ("bulk", bulk.commands),
        ("selections", selections.commands),
        ("messages", messages.commands),
        ("agenda", agenda.commands),
        ("invitations", invitations.commands),
        ("calendars", calendars.commands),
        ("rules", rules.commands),
        ("opt-outs", opt_outs.commands),
        ("inbox", inbox.commands),
        ("audit", audit.commands),
        ("plugins", plugins.commands),
        ("secrets", secrets.commands),
    ):
        tree.add_typer(commands, name=name)
    tree.command("worker", cls=Command)(worker.worker)
    tree.command("serve", cls=Command)(serve.serve)
    tree.command("migrate", cls=Command)(migrate.migrate)
    tree.command("demo", cls=Command)(demo.demo)
    return tree
