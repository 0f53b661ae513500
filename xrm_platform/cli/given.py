"""What a person gives on the command line, read and checked: settings, secrets, passwords, times, files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from xrm_platform.problems import Invalid, Problem

if TYPE_CHECKING:
    from xrm_platform.messaging.requests import Category
    from xrm_platform.providers import Channel


class Ungiven(Problem):
    """Something on the command line cannot be used. `params` say which and why; never a secret."""


def settings_given(pairs: Sequence[str] | None, secret_names: Collection[str]) -> dict[str, str | None]:
    """`NAME=VALUE` pairs as a mapping; a secret can only be taken away here, by `NAME=`, which gives None.

    Raises `Ungiven` for a pair that is none, or that would put a secret here.
    """
    settings: dict[str, str | None] = {}
    for pair in pairs or ():
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise Ungiven("setting_without_value", given=name)
        if name in secret_names and value:
            raise Ungiven("secret_on_command_line", name=name)
        settings[name] = None if name in secret_names else value
    return settings


def secrets_given(pairs: Sequence[str] | None, read_line: Callable[[], str] | None = None) -> dict[str, str]:
    """`NAME=@FILE` and `NAME=-` pairs as a mapping; a file is taken whole, for a key has many lines, but for the line
    break at its end; each `-` takes one line of the standard input, in their order.

    Raises `Ungiven` for any other form, an unreadable file or a missing line.
    """
    secrets = {}
    for pair in pairs or ():
        name, _, source = pair.partition("=")
        if source == "-":
            secrets[name] = (read_line or line_of_stdin)()
        elif source.startswith("@") and len(source) > 1:
            secrets[name] = text_of(Path(source[1:])).rstrip("\r\n")
        else:
            raise Ungiven("secret_on_command_line", name=name)
        if not secrets[name]:
            raise Ungiven("secret_empty", name=name)
    return secrets


def line_of_stdin() -> str:
    line = sys.stdin.readline()
    return line.removesuffix("\n").removesuffix("\r")


def first_line(path: str) -> str:
    """The first line of a file that holds a secret (`-`: of the standard input)."""
    if path == "-":
        return line_of_stdin()
    lines = text_of(Path(path)).splitlines()
    return lines[0] if lines else ""


def text_of(path: Path) -> str:
    """A text file in UTF-8, with or without byte order mark."""
    try:
        return content_of(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Ungiven("file_not_utf8", path=str(path)) from error


def content_of(path: Path, max_bytes: int | None = None) -> bytes:
    """The bytes of a file. Raises `Ungiven` that names it when it cannot be read or is larger than `max_bytes`."""
    try:
        if path.is_dir():
            raise Ungiven("file_is_folder", path=str(path))
        size = path.stat().st_size
        if max_bytes is not None and size > max_bytes:
            raise Ungiven("file_too_large", path=str(path), size=_mb(size), limit=_mb(max_bytes))
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Ungiven("file_missing_given", path=str(path)) from error
    except OSError as error:
        raise Ungiven("file_unreadable", path=str(path), reason=error.strerror or type(error).__name__) from error


def _mb(size: int) -> str:
    return f"{size / 1024**2:.1f}"


def password_given(password_file: str | None, *, ask: Callable[[], str]) -> str | None:
    """The password of `password_file` (`-`: a line of the standard input); else, on a terminal, the one asked for; else
    None."""
    if password_file is not None:
        return first_line(password_file)
    return (ask() or None) if sys.stdin.isatty() else None


def moment(given: str, zone_name: str, field: str = "at") -> datetime:
    """A time in UTC from ISO 8601: with its own zone, or as local time of `zone_name`, the zone of the base.

    Raises `Invalid` on `field` for what is no time, and for a local time that the change to summer time leaves out. Of
    an hour that comes twice the first is meant.
    """
    try:
        time = datetime.fromisoformat(given)
    except ValueError as error:
        raise Invalid.field(field, "time_malformed", given=given) from error
    if time.tzinfo is not None:
        return time.astimezone(UTC)
    zone = ZoneInfo(zone_name)
    local = time.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != time:
        raise Invalid.field(field, "time_left_out", given=given, zone=zone_name)
    return local.astimezone(UTC)


def category_given(given: str) -> Category:
    """Raises `Invalid` for a word that is no category."""
    from xrm_platform.messaging.requests import Category  # noqa: PLC0415  `--help` needs no message

    try:
        return Category(given)
    except ValueError as error:
        raise Invalid.field("category", "category_unknown") from error


def channel_given(given: str) -> Channel:
    """Raises `Invalid` for anything but mail and sms."""
    from xrm_platform.providers import Channel  # noqa: PLC0415  see session

    if given not in (Channel.MAIL, Channel.SMS):
        raise Invalid.field("channel", "unknown_choice", given=given[:40], allowed=f"{Channel.MAIL}, {Channel.SMS}")
    return Channel(given)
