"""What the demo shows, step by step, in clear words. All that is drawn is drawn here."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from xrm_platform.cli.words import say
from xrm_platform.people.phones import shown
from xrm_platform.testing.esendex_outbox import SentSms
from xrm_platform.testing.smtp_server import ReceivedMail

from .arrivals import Part, Verdict, body_of, parts_of
from .calendars import Seen
from .example import COLLABORATOR, CUSTOMER_MOBILE

WIDTH = 92
ACCENT = "cyan"


class Screen:
    """Writes to the standard output: colours and frames on a terminal, the same words elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        if not self._console.is_terminal or self._console.width > WIDTH:
            self._console.width = WIDTH
        self._acts = 0

    def title(self) -> None:
        words = Group(Text(say("demo", "title"), style="bold"), Text(say("demo", "subtitle"), style="dim"))
        self._console.print(Panel(words, border_style=ACCENT, box=box.ROUNDED, padding=(0, 2)))

    def act(self, sentence: str) -> None:
        """A new part of the story."""
        self._acts += 1
        title = Text(f"{self._acts}. {say('demo', sentence)}", style=f"bold {ACCENT}")
        self._console.print()
        self._console.print(Rule(title, align="left", style=f"dim {ACCENT}"))

    def done(self, sentence: str, /, **params: Any) -> None:
        """A step that is done."""
        self._line("✓", "bold green", say("demo", sentence, **params))

    def failed(self, sentence: str, /, **params: Any) -> None:
        self._line("✗", "bold red", say("demo", sentence, **params), "red")

    def left_out(self, sentence: str, /, **params: Any) -> None:
        """A step that cannot be shown here, and why."""
        self._line("–", "bold yellow", say("demo", sentence, **params), "yellow")

    @contextlib.contextmanager
    def waiting(self, code: str) -> Iterator[None]:
        """While something takes its time; shown on a terminal only."""
        with self._console.status(say("demo", code), spinner="dots", spinner_style=ACCENT):
            yield

    def mail(self, received: ReceivedMail) -> None:
        message = received.message
        heads = _grid()
        for code, value in (
            ("from", message["From"]),
            ("to", message["To"]),
            ("subject", message["Subject"]),
            ("envelope", say("demo", "envelope_words", sender=received.sender, to=", ".join(received.recipients))),
        ):
            heads.add_row(say("demo", code), Text(str(value)))
        parts = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        for code in ("part_type", "part_name", "part_role"):
            parts.add_column(say("demo", code))
        parts.add_column(say("demo", "part_size"), justify="right")
        for part in parts_of(message):
            parts.add_row(part.content_type, part.filename, say("demo", _role(part)), str(part.size))
        body = Panel(Text(body_of(message, "plain")), box=box.SQUARE, border_style="dim", padding=(0, 1))
        self._panel("mail_panel", Group(heads, Text(), body, parts))

    def sms(self, sent: SentSms, state: str = "") -> None:
        """`state` is what the platform knows of it, if that was asked."""
        rows = _grid()
        for code, value in (
            ("to", shown(f"+{sent.to}")),
            ("from", sent.sender),
            ("sms_body", sent.text),
            ("encoding", say("demo", f"encoding_{sent.characterset.lower()}", parts=sent.parts)),
            ("state", say("states", state) if state else ""),
        ):
            if not value:
                continue
            rows.add_row(say("demo", code), Text(value))
        self._panel("sms_panel", rows)

    def calendars(self, sides: Sequence[tuple[str, tuple[Seen, ...]]], zone: tzinfo) -> None:
        """The same appointment on every side."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
        for code in ("side", "event_title", "event_place", "event_time"):
            table.add_column(say("demo", code), overflow="fold")
        for name, seen in sides:
            for one in seen:
                start, end = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
                when = f"{start:%d/%m %H:%M}–{end:%H:%M}"
                table.add_row(Text(say("demo", name), style="bold"), Text(one.title), Text(one.place), Text(when))
        self._panel("calendars_panel", table)

    def verdicts(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.right:
                self.done(verdict.what)
            else:
                self.failed(verdict.what)

    def end(self, *, right: bool) -> None:
        self._console.print()
        style, code = ("green", "all_arrived") if right else ("red", "not_arrived")
        self._console.print(Panel(Text(say("demo", code), style="bold"), border_style=style, padding=(0, 2)))

    def addresses(self, url: str, sign_ins: Sequence[tuple[str, str]], base: str, token: str, folder: str) -> None:
        """Where to go on by oneself. The command to copy stands outside any frame, so that it can be copied."""
        rows = _grid()
        rows.add_row(say("demo", "docs"), Text(f"{url}/api/docs", style="bold underline"))
        for login, password in sign_ins:
            rows.add_row(
                say("demo", "sign_in"), Text(say("demo", "sign_in_words", login=login, password=password, base=base))
            )
        rows.add_row(say("demo", "arrived_in"), Text(folder))
        self._panel("go_on", rows)
        authorization = f"-H 'Authorization: Bearer {token}'"
        address = f"{url}/api/v1/bases/{base}"
        self._command("try_list", f"curl {authorization} {address}/messages")
        body = json.dumps({"sender": COLLABORATOR, "to": [CUSTOMER_MOBILE], "text": say("demo", "sms_to_try")})
        self._command(
            "try_sms", f"curl {authorization} -H 'Content-Type: application/json' {address}/sms-messages -d '{body}'"
        )
        self._console.print(Text(say("demo", "until_ctrl_c"), style=f"bold {ACCENT}"))

    def farewell(self) -> None:
        self._console.print()
        self._console.print(Text(say("demo", "farewell"), style="dim"))

    def _command(self, sentence: str, command: str) -> None:
        self._console.print(Text(say("demo", sentence), style="dim"))
        self._console.print(command, style="bold", soft_wrap=True, markup=False)
        self._console.print()

    def _line(self, sign: str, sign_style: str, words: str, style: str = "") -> None:
        grid = Table.grid(padding=(0, 1))
        grid.add_row(Text(f" {sign}", style=sign_style), Text(words, style=style))
        self._console.print(grid)

    def _panel(self, code: str, content: Any) -> None:
        title = Text(f" {say('demo', code)} ", style="bold")
        self._console.print(Panel(content, title=title, title_align="left", border_style=ACCENT, padding=(1, 2)))


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _role(part: Part) -> str:
    if part.shown_in_text:
        return "role_inline"
    return "role_attachment" if part.filename else "role_body"
