"""An agenda from a file and into one (.ics)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.jobs import Wake
from xrm_platform.people import audit, lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.tables import Base
from xrm_platform.problems import Invalid
from xrm_platform.store import Store

from . import queries
from .events import REMIND
from .ical.components import Incomprehensible
from .ical.editing import PRODID, calendar_of
from .ical.files import FileRead, Found, joined, masked, read_file
from .ical.recurrence import read_series
from .ical.strangers import without_strange_reminders
from .rights import Access, Accesses
from .storing import EventStore
from .tables import Event
from .views import AgendaImportNoteView, AgendaImportView

MAX_BYTES = 50_000_000
BATCH = 50
MAX_EXPORTED = 50_000


@dataclass(frozen=True, slots=True)
class AgendaText:
    """An agenda as iCalendar. `left_out` is how many events are too many for one file."""

    text: str
    left_out: int


class AgendaFiles:
    """Files are read in threads and written in small transactions: an import that is interrupted is resumed by doing
    it again, for what is there already stays as it is."""

    def __init__(self, store: Store, events: EventStore, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._events = events
        self._wake = wake
        self._now = now

    async def load(
        self, actor: Actor, owner: str, content: bytes, *, progress: Callable[[int, int], None] | None = None
    ) -> AgendaImportView:
        """Put the events of a file into the agenda of `owner` (code). An event that is there already (the same UID)
        becomes what the file says, unless the file is older (SEQUENCE).

        Nobody is invited and nothing is lost unsaid: `notes` name every line that is not kept, and why. `progress` is
        called with how many of how many events are done. Raises `Forbidden`, `Missing`, and `Invalid` for a file of
        more than 50 MB.
        """
        if len(content) > MAX_BYTES:
            raise Invalid.field("file", "file_too_large_to_import", limit_mb=MAX_BYTES // 1_000_000)
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            found = await lookup.collaborator(session, base_id=base.id, code=owner)
            accesses = await Accesses.of(session, actor)
        access = accesses.require_changes(found.id, found.code)
        read = await asyncio.to_thread(read_file, content)
        loading = _Loading(self._events, base, found.id, actor.name, access, self._now(), read)
        for start in range(0, len(read.events), BATCH):
            async with self._store.write() as session:
                for event in read.events[start : start + BATCH]:
                    await loading.one(session, event)
            if progress is not None:
                progress(min(start + BATCH, len(read.events)), len(read.events))
        view = loading.view()
        async with self._store.write() as session:
            audit.record(
                session,
                actor,
                action="agenda.imported",
                subject="agenda",
                subject_id=found.code,
                changes={name: [None, getattr(view, name)] for name in ("added", "changed", "skipped")},
                at=self._now(),
            )
        self._wake(REMIND)
        return view

    async def dump(self, actor: Actor, owner: str, *, busy_word: str = "…") -> AgendaText:
        """The agenda of `owner` as one file of at most 50,000 events. Private events of others hold their
        times and `busy_word` only."""
        async with self._store.read() as session:
            found = await lookup.collaborator(session, base_id=actor.base_id, code=owner)
            accesses = await Accesses.of(session, actor)
            access = accesses.require_sees(found.id, found.code)
            texts, left_out = await queries.texts(
                session, base_id=actor.base_id, owner_id=found.id, ended_after=None, limit=MAX_EXPORTED
            )
        hides = not access.sees_private
        return AgendaText(await asyncio.to_thread(file_of, texts, word=busy_word, hides=hides), left_out)


def file_of(texts: Sequence[tuple[str, bool]], *, word: str, hides: bool, name: str = "") -> str:
    """One file of stored events (text, private); with `hides` the private ones are told as `word` only."""
    return joined(
        (masked(text, word, whole=False) if private and hides else text for text, private in texts), PRODID, name
    )


class _Loading:
    """One import: what became of each event."""

    def __init__(
        self,
        events: EventStore,
        base: Base,
        owner_id: str,
        by: str,
        access: Access,
        now: datetime,
        read: FileRead,
    ) -> None:
        self._events = events
        self._base = base
        self._owner_id = owner_id
        self._by = by
        self._access = access
        self._now = now
        self._read = read
        self._counts = {"added": 0, "changed": 0, "unchanged": 0}

    async def one(self, session: AsyncSession, found: Found) -> None:
        known = await queries.event_by_uid(session, base_id=self._base.id, owner_id=self._owner_id, uid=found.uid)
        text = without_strange_reminders(found.text, "" if known is None else known.ical)
        if text != found.text:
            self._read.note("reminders_left_out", found.number, found.summary or found.uid)
        outcome = "added" if known is None or known.deleted_at is not None else "changed"
        if known is not None and outcome == "changed":
            if known.ical == text:
                self._counts["unchanged"] += 1
                return
            refusal = await asyncio.to_thread(self._refusal, known, text)
            if refusal is not None:
                self._skip(found, refusal)
                return
        try:
            event = await self._events.put(
                session,
                base=self._base,
                owner_id=self._owner_id,
                text=text,
                by=self._by,
                now=self._now,
                event=known if outcome == "changed" else None,
            )
        except Incomprehensible as error:
            self._skip(found, f"event_{error.code}")
            return
        self._counts[outcome] += 1
        if event.cut:
            self._read.note("series_cut", found.number, found.summary or found.uid, lost=False)

    def _refusal(self, known: Event, new: str) -> str | None:
        """Why an event of the file does not replace the one that is there."""
        if known.private and not self._access.sees_private:
            return "event_private"
        sequences = [read_series(calendar_of(text)).head.item.sequence for text in (new, known.ical)]
        return "event_older" if sequences[0] < sequences[1] else None

    def _skip(self, found: Found, code: str) -> None:
        self._read.skipped += 1
        self._read.note(code, found.number, found.summary or found.uid)

    def view(self) -> AgendaImportView:
        notes = sorted(self._read.notes, key=lambda note: note.number)
        return AgendaImportView(
            **self._counts,
            skipped=self._read.skipped,
            notes=tuple(AgendaImportNoteView(one.number, one.about, one.code, one.params, one.lost) for one in notes),
        )
