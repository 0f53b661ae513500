"""Options that mean the same for every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Base = Annotated[str, typer.Option("--base", metavar="CODE")]
Json = Annotated[bool, typer.Option("--json")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N")]
After = Annotated[str | None, typer.Option("--after", metavar="KEY")]
ChannelName = Annotated[str | None, typer.Option("--channel", metavar="mail|sms")]
CollaboratorCode = Annotated[str | None, typer.Option("--collaborator", metavar="CODE")]
PasswordFile = Annotated[str | None, typer.Option("--password-file", metavar="FILE")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE")]
Secrets = Annotated[list[str] | None, typer.Option("--secret", metavar="NAME=@FILE|NAME=-")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME")]
Key = Annotated[str | None, typer.Option("--key", metavar="KEY")]
Sender = Annotated[str, typer.Option("--from", metavar="CODE")]
SenderIfAny = Annotated[str | None, typer.Option("--from", metavar="CODE")]
Recipients = Annotated[list[str] | None, typer.Option("--to", metavar="ADDRESS")]
Category = Annotated[str, typer.Option("--category", metavar="transactional|marketing")]
Priority = Annotated[int, typer.Option("--priority", metavar="N")]
AccountOption = Annotated[str | None, typer.Option("--account", metavar="ID")]
MessageId = Annotated[str, typer.Argument(metavar="ID")]
AccountId = Annotated[str, typer.Argument(metavar="ID")]
AnyFile = Annotated[Path | None, typer.Option(metavar="FILE")]
