"""From rows to views. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, tzinfo

from xrm_platform.people.contacts.folding import fold_mail

from .ical.components import address_of, participants_of, reminders_of
from .ical.editing import calendar_of
from .ical.recurrence import Read, aligned, read_series
from .ical.values import Moment, key_of, text
from .tables import Event, OccurrenceRow
from .times import shown
from .views import AgendaEventView, OccurrenceView, ParticipantView, ReminderView, SeriesExceptionView

NEUTRAL = "appointment"
"""What kind a hidden event is shown as."""


Invited = Mapping[str, tuple[str, str]]
"""State and note of the last invitation of each person, by folded address."""


def event_view(
    event: Event, *, owner: str, home: tzinfo, hidden: bool = False, invited: Invited | None = None
) -> AgendaEventView:
    """`hidden`: as `hidden_view`; of a series that is not private itself only what its private occurrences are about.
    Reads the text: for many events in a thread."""
    series = read_series(calendar_of(event.ical))
    block = series.head.block
    organizer = block.line("ORGANIZER")

    def read_as(instant: datetime) -> str:
        return shown(instant, zone=event.zone, all_day=event.all_day, home=home)

    view = AgendaEventView(
        id=event.id,
        uid=event.uid,
        owner=owner,
        kind=event.kind,
        summary=event.summary,
        description=text(block.value("DESCRIPTION")),
        location=event.location,
        start=None if event.starts_at is None else read_as(event.starts_at),
        end=None if event.ends_at is None else read_as(event.ends_at),
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        all_day=event.all_day,
        zone=event.zone,
        status=event.status,
        busy=event.busy,
        private=event.private,
        hidden=False,
        recurrence=_recurrence(series.master),
        exceptions=tuple(
            SeriesExceptionView(
                key=key_of(aligned(read.item.recurrence_id, series)),
                start=_shown(read.item.start, home),
                end=_shown(read.item.end, home),
                summary=read.item.summary,
                status=read.item.status,
            )
            for read in series.exceptions
        ),
        organizer=None if organizer is None else address_of(organizer) or organizer.param("CN") or None,
        participants=_participants(series.head, invited or {}),
        reminders=_reminders(series.head),
        cut=event.cut,
        rev=event.rev,
        created_at=event.created_at,
        created_by=event.created_by,
        changed_at=event.changed_at,
        changed_by=event.changed_by,
    )
    if not hidden:
        return view
    if series.head.item.private:
        return hidden_view(view)
    told = zip(view.exceptions, series.exceptions, strict=True)
    return replace(view, exceptions=tuple(replace(one, summary="") if read.item.private else one for one, read in told))


def hidden_view(view: AgendaEventView) -> AgendaEventView:
    """Only when it is, and that it is private."""
    return replace(
        view,
        kind=NEUTRAL,
        summary="",
        description="",
        location="",
        hidden=True,
        exceptions=tuple(replace(one, summary="") for one in view.exceptions),
        organizer=None,
        participants=(),
        reminders=(),
    )


def _recurrence(master: Read | None) -> str | None:
    line = None if master is None else master.block.line("RRULE")
    return None if line is None else line.value


def _shown(moment: Moment | None, home: tzinfo) -> str | None:
    if moment is None:
        return None
    return shown(moment.utc(home), zone=moment.tzid, all_day=moment.is_date, home=home)


def _participants(read: Read, invited: Invited) -> tuple[ParticipantView, ...]:
    return tuple(
        ParticipantView(
            one.email or None,
            one.name,
            one.collaborator or None,
            one.status,
            *invited.get(fold_mail(one.email), (None, "")),
        )
        for one in participants_of(read.block)
    )


def _reminders(read: Read) -> tuple[ReminderView, ...]:
    return tuple(
        ReminderView(int(one.before.total_seconds()) // 60, one.channel, one.to, one.address or None)
        for one in reminders_of(read.block)
    )


def occurrence_view(row: OccurrenceRow, codes: Mapping[str, str], *, home: tzinfo, hidden: bool) -> OccurrenceView:
    def read_as(instant: datetime) -> str:
        return shown(instant, zone=row.zone, all_day=row.all_day, home=home)

    return OccurrenceView(
        event=row.event_id,
        key=row.key,
        owner=codes[row.owner_id],
        kind=NEUTRAL if hidden else row.kind,
        summary="" if hidden else row.summary,
        location="" if hidden else row.location,
        start=read_as(row.starts_at),
        end=read_as(row.ends_at),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        all_day=row.all_day,
        zone=row.zone,
        status=row.status,
        busy=row.busy,
        private=row.private,
        hidden=hidden,
        recurs=row.recurs,
    )
