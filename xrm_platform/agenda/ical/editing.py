"""Edits of an event: of the whole series, of one occurrence, of one and all that follow. Pure: text in, text out.

Everything that an edit is not about stays as it was, line for line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from .changes import Changes, changed, placed, stamped, timed
from .components import COMPONENTS, Incomprehensible
from .lines import Block, Line, block, fold, line, parse, text_of
from .moving import Move
from .recurrence import Occurrence, Read, Series, aligned, expand, like, read_series, takes_place
from .rules import Rule, ended, instants
from .values import EARLIEST, LATEST, Moment, key_of, time_params, utc_time, written_time
from .vtimezone import vtimezone
from .zones import known_zone

NEAR = timedelta(days=32)
_REPEATING = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE"})
OF_THE_SERIES = _REPEATING | {"RECURRENCE-ID"}
NEVER = datetime.min.replace(tzinfo=UTC)
PRODID = "-//XRM Platform//Agenda//EN"


def calendar_of(text: str) -> Block:
    """The VCALENDAR of a stored event. Raises `Incomprehensible` when there is not exactly one."""
    blocks, _ = parse(text)
    if len(blocks) != 1 or blocks[0].name != "VCALENDAR":
        raise Incomprehensible("no_calendar")
    return blocks[0]


def composed(uid: str, changes: Changes, stamp: datetime, home: tzinfo) -> str:
    """A new event. `changes` must give its start."""
    if changes.start is None:
        raise Incomprehensible("without_start")
    start = changes.start
    bare = block(
        "VEVENT",
        [
            line("UID", uid),
            line("DTSTAMP", utc_time(stamp)),
            line("CREATED", utc_time(stamp)),
            line("DTSTART", written_time(start), **time_params(start)),
            line("SEQUENCE", "0"),
        ],
    )
    calendar = block("VCALENDAR", [line("VERSION", "2.0"), line("PRODID", PRODID), bare])
    whole = with_zone(calendar, start)
    item = read_series(whole).head.item
    made = placed(changed(bare, item, replace(changes, start=None), stamp, home), "SEQUENCE", [line("SEQUENCE", "0")])
    return text_of(_exchanged(whole, {id(bare): made}))


def with_zone(calendar: Block, start: Moment) -> Block:
    """With the definition of the zone of `start`, unless it is there."""
    defined = {found.value("TZID") for found in calendar.blocks if found.name == "VTIMEZONE"}
    if not start.tzid or start.tzid == "UTC" or start.tzid in defined or known_zone(start.tzid) is None:
        return calendar
    at = next((place for place, item in enumerate(calendar.items) if isinstance(item, Block)), len(calendar.items))
    items = list(calendar.items)
    items.insert(at, vtimezone(start.tzid, start.wall.year))
    return calendar.with_items(items)


def edit_series(text: str, changes: Changes, stamp: datetime, home: tzinfo) -> str:
    """The whole event changed. A new start moves the exceptions and exclusions of a series with it.

    Another rule takes along what is no part of it: exceptions of days that it does not have; without a rule, all that
    repeats. Raises `Incomprehensible` (`rule_needs_new_days`) when the days of the rule cannot move with the start.
    """
    calendar = calendar_of(text)
    series = read_series(calendar)
    head = series.head
    other_rule = changes.sets_rule and (changes.rule is None or changes.rule != head.item.rule)
    exchanged: dict[int, Block | None] = {}
    moved = Move.of(series, changes, home)
    edited = head.block
    if moved is not None and series.master is not None:
        edited = moved.dates(edited)
        rule = head.item.rule
        if rule is not None and not changes.sets_rule:
            changes = replace(changes, rule=moved.rule(rule), sets_rule=True)
            if changes.rule == rule:
                changes = replace(changes, rule=None, sets_rule=False)
        exchanged |= {id(read.block): moved.exception(read, stamp) for read in series.exceptions}
    if changes.status is not None or changes.private is not None or changes.kind is not None:
        exchanged |= _same_for_exceptions(series, changes, exchanged, stamp, home)
    exchanged[id(head.block)] = changed(edited, head.item, changes, stamp, home)
    result = _exchanged(calendar, exchanged)
    if other_rule:
        result = _fitted(result, home)
    return text_of(with_zone(result, changes.start) if changes.start is not None else result)


def _fitted(calendar: Block, home: tzinfo) -> Block:
    """Without what does not belong to the series by its rule."""
    series = read_series(calendar)
    master = series.master
    if master is None:
        return calendar
    # Some programs leave out the days that they describe apart.
    bare = Series(replace(master, block=placed(master.block, "EXDATE", [])), (), series.zones)
    exchanged: dict[int, Block | None] = {}
    for read in series.exceptions:
        key = key_of(aligned(read.item.recurrence_id, series))
        if master.item.rule is None or occurrence_of(bare, key, home) is None:
            exchanged[id(read.block)] = None
    if master.item.rule is None:
        once = [item for item in master.block.items if not (isinstance(item, Line) and item.name in _REPEATING)]
        exchanged[id(master.block)] = master.block.with_items(once)
    return _exchanged(calendar, exchanged)


def _same_for_exceptions(
    series: Series, changes: Changes, so_far: dict[int, Block | None], stamp: datetime, home: tzinfo
) -> dict[int, Block | None]:
    """Status, privacy and kind of a series are those of its exceptions too; a cancelled one stays cancelled."""
    made: dict[int, Block | None] = {}
    for read in series.exceptions:
        if read is series.head:
            continue
        before = so_far.get(id(read.block)) or read.block
        status = None if read.item.status == "cancelled" else changes.status
        also = Changes(kind=changes.kind, status=status, private=changes.private)
        made[id(read.block)] = changed(before, read.item, also, stamp, home)
    return made


def occurrence_of(series: Series, key: str, home: tzinfo) -> Occurrence | None:
    """The occurrence of that key, None when the series has none."""
    for read in series.exceptions:
        if key_of(aligned(read.item.recurrence_id, series)) == key:
            found = expand(Series(None, (read,), series.zones), NEVER, NEVER, home)
            one = next(iter(found.occurrences), None)
            return None if one is None else replace(one, original=_as_planned(read, series, home))
    try:
        near = datetime.strptime(key[:8], "%Y%m%d").replace(tzinfo=home)
    except ValueError:
        return None
    if not EARLIEST.year <= near.year <= LATEST.year:
        return None
    found = expand(series, near - NEAR, near + NEAR, home)
    return next((one for one in found.occurrences if one.key == key), None)


def _as_planned(read: Read, series: Series, home: tzinfo) -> Moment:
    """When an exception is by the rule, as the series writes its times: programs name it in UTC, or by its date."""
    original = aligned(read.item.recurrence_id, series)
    start = None if series.master is None else series.master.item.start
    return original if start is None else like(start, original, home)


def edit_occurrence(text: str, key: str, changes: Changes, stamp: datetime, home: tzinfo) -> str:
    """One occurrence changed: its exception, or a new one made from the series.

    Raises `Incomprehensible` (`no_occurrence`) for a key that the series does not have.
    """
    calendar = calendar_of(text)
    series = read_series(calendar)
    found = occurrence_of(series, key, home)
    if found is None:
        raise Incomprehensible("no_occurrence", key)
    existing = next((read for read in series.exceptions if read.block is found.source), None)
    if existing is not None and key_of(aligned(existing.item.recurrence_id, series)) == key:
        result = _exchanged(
            calendar, {id(existing.block): changed(existing.block, existing.item, changes, stamp, home)}
        )
    else:
        exception = exception_of(found, home)
        made = changed(exception, replace(found.item, start=found.start, rule=None), changes, stamp, home)
        result = calendar.with_items([*calendar.items, made])
    return text_of(with_zone(result, changes.start) if changes.start is not None else result)


def exception_of(found: Occurrence, home: tzinfo) -> Block:
    """The block that describes one occurrence alone, as it is so far."""
    original = found.original or found.start
    kept = found.source.with_items(
        [item for item in found.source.items if not (isinstance(item, Line) and item.name in OF_THE_SERIES)]
    )
    placed_ = timed(kept, found.item, found.start, None, home)
    named = line("RECURRENCE-ID", written_time(original), **time_params(original))
    items = list(placed_.items)
    at = next((place + 1 for place, item in enumerate(items) if isinstance(item, Line) and item.name == "UID"), 0)
    items.insert(at, named)
    return placed_.with_items(items)


def drop_occurrence(text: str, key: str, stamp: datetime, home: tzinfo) -> str:
    """Without one occurrence: an EXDATE, and its exception gone. Raises `Incomprehensible` as `edit_occurrence`."""
    calendar = calendar_of(text)
    series = read_series(calendar)
    found = occurrence_of(series, key, home)
    if found is None:
        raise Incomprehensible("no_occurrence", key)
    exchanged: dict[int, Block | None] = {
        id(read.block): None
        for read in series.exceptions
        if key_of(aligned(read.item.recurrence_id, series)) == key and not read.item.and_following
    }
    if series.master is not None:
        original = found.original or found.start
        excluded = line("EXDATE", written_time(original), **time_params(original))
        master = series.master.block
        edited = placed(master, "EXDATE", [*master.all("EXDATE"), excluded])
        exchanged[id(master)] = stamped(edited, series.master.item, stamp, reschedules=True)
    return text_of(_exchanged(calendar, exchanged))


def is_anything(text: str, home: tzinfo) -> bool:
    """Whether an event still takes place, ever."""
    calendar = calendar_of(text)
    return any(block.name in COMPONENTS for block in calendar.blocks) and takes_place(read_series(calendar), home)


def split(text: str, key: str, new_uid: str, stamp: datetime, home: tzinfo) -> tuple[str, str]:
    """A series cut before an occurrence: what was, and from the occurrence on a series of its own.

    Raises `Incomprehensible` as `edit_occurrence`, and `not_a_series` for an event that happens once.
    """
    calendar = calendar_of(text)
    series = read_series(calendar)
    found = occurrence_of(series, key, home)
    if series.master is None or not series.repeats or series.master.item.start is None:
        raise Incomprehensible("not_a_series")
    if found is None or found.original is None:
        raise Incomprehensible("no_occurrence", key)
    cut = found.original
    first = _half(calendar, series, lambda moment: moment.utc(home) < cut.utc(home), stamp)
    second = _half(calendar, series, lambda moment: moment.utc(home) >= cut.utc(home), stamp)
    master, rule = series.master, series.master.item.rule
    if rule is not None:
        before = (
            written_time(cut.moved(-timedelta(days=1)))
            if cut.is_date
            else _until(cut.moved(-timedelta(seconds=1)), home)
        )
        first = _with_rule(first, ended(rule, before))
        second = _with_rule(second, _rest(rule, series.master.item.start, cut))
    second = _in_master(second, lambda found_: timed(found_, master.item, cut, None, home))
    second = _renamed(second, new_uid)
    return text_of(first), text_of(second)


def _renamed(calendar: Block, uid: str) -> Block:
    """With another UID in all its components."""
    return calendar.with_items(
        [
            placed(item, "UID", [line("UID", uid)]) if isinstance(item, Block) and item.name in COMPONENTS else item
            for item in calendar.items
        ]
    )


def _until(moment: Moment, home: tzinfo) -> str:
    """A value of UNTIL (§3.3.10): in UTC when the series has a zone."""
    return written_time(moment) if moment.tz is None else utc_time(moment.utc(home))


def _rest(rule: Rule, first: Moment, cut: Moment) -> Rule:
    if rule.count is None:
        return rule
    used = sum(1 for wall in instants(rule, first.wall, last_year=cut.wall.year, limit=rule.count) if wall < cut.wall)
    return rule.with_part("COUNT", str(max(rule.count - used, 1)))


def _half(calendar: Block, series: Series, keeps: Callable[[Moment], bool], stamp: datetime) -> Block:
    """The calendar with the exceptions, RDATEs and EXDATEs of one side."""
    exchanged: dict[int, Block | None] = {
        id(read.block): None for read in series.exceptions if not keeps(aligned(read.item.recurrence_id, series))
    }
    if series.master is not None:
        edited = series.master.block
        for name in ("RDATE", "EXDATE"):
            edited = _filtered(edited, name, series, keeps)
        exchanged[id(series.master.block)] = stamped(edited, series.master.item, stamp, reschedules=True)
    return _exchanged(calendar, exchanged)


def _filtered(block_: Block, name: str, series: Series, keeps: Callable[[Moment], bool]) -> Block:
    def stays(found: Line, value: str) -> bool:
        try:
            return keeps(series.zones.moment(found, value.partition("/")[0]))
        except ValueError:
            return True

    new = []
    for found in block_.all(name):
        values = [value for value in found.value.split(",") if value.strip()]
        kept = [value for value in values if stays(found, value)]
        if len(kept) == len(values):
            new.append(found)
        elif kept:
            new.append(_with_value(found, ",".join(kept)))
    return placed(block_, name, new)


def _with_value(old: Line, value: str) -> Line:
    head = old.unfolded[: len(old.unfolded) - len(old.value)]
    return replace(old, value=value, written=fold(head + value))


def _with_rule(calendar: Block, rule: Rule) -> Block:
    return _in_master(calendar, lambda found: placed(found, "RRULE", [line("RRULE", str(rule))]))


def _in_master(calendar: Block, edit: Callable[[Block], Block]) -> Block:
    items = [
        edit(item)
        if isinstance(item, Block) and item.name in COMPONENTS and item.line("RECURRENCE-ID") is None
        else item
        for item in calendar.items
    ]
    return calendar.with_items(items)


def _exchanged(calendar: Block, blocks: dict[int, Block | None]) -> Block:
    """With other blocks (None: without them) in the place of those of these identities."""
    items: list[Line | Block] = []
    for item in calendar.items:
        new = blocks.get(id(item), item) if isinstance(item, Block) else item
        if new is not None:
            items.append(new)
    return calendar.with_items(items)
