"""An invitation as a person reads it: what, when, where, how often, and who asks. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from babel.dates import format_date, get_day_names

from xrm_platform.agenda.ical.components import Item
from xrm_platform.agenda.ical.editing import calendar_of
from xrm_platform.agenda.ical.recurrence import read_series
from xrm_platform.agenda.ical.rules import WEEKDAYS, Rule
from xrm_platform.agenda.ical.values import Moment
from xrm_platform.agenda.times import shown_to_people
from xrm_platform.wording import Wording

MAX_TITLE = 200
SECTION = "invitations"


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str


def letter(wording: Wording, ical: str, what: str, *, organizer: str, language: str, home: tzinfo) -> Letter:
    """The words that go with a scheduling message. `what` is what it tells, `organizer` the name of who sends it."""
    item = read_series(calendar_of(ical)).head.item

    def say(code: str, **words: object) -> str:
        return wording.say(SECTION, code, words, language=language)

    title = " ".join(item.summary.split())[:MAX_TITLE] or say("untitled")
    when = _when(item, language, home)
    lines = [
        say(f"text_{what}", organizer=organizer),
        "",
        title,
        say("when", when=when),
        *([say("where", where=" ".join(item.location.split()))] if item.location.strip() else ()),
        *([say("repeats", how=_repeats(wording, item.rule, item, language))] if item.rule is not None else ()),
        *([say("one_of_series")] if item.recurrence_id is not None else ()),
    ]
    if what in ("invited", "changed"):
        lines += ["", say("please_answer")]
    return Letter(say(f"subject_{what}", title=title, when=when), "\n".join(lines))


def _when(item: Item, language: str, home: tzinfo) -> str:
    """`mardi 3 mars 2026, 09:00–10:00 (Europe/Paris)`; of whole days the last one is named, not the one after it."""
    start = item.start
    if start is None:
        return ""
    if start.is_date:
        first, last = start.wall, start.wall + item.length - timedelta(days=1)
        return " – ".join(dict.fromkeys(_day(day, language) for day in (first, last)))
    zone = start.tz or home
    end = start.moved(item.length)
    named = f" ({start.tzid or zone})"
    if end.wall.date() == start.wall.date():
        return f"{_shown(start, zone, language)}–{end.wall:%H:%M}{named}"
    return f"{_shown(start, zone, language)} – {_shown(end, zone, language)}{named}"


def _day(day: datetime, language: str) -> str:
    return format_date(day.date(), format="full", locale=language)


def _shown(moment: Moment, zone: tzinfo, language: str) -> str:
    return shown_to_people(moment.utc(zone), zone, language, all_day=False)


def _repeats(wording: Wording, rule: Rule, item: Item, language: str) -> str:
    """`toutes les 2 semaines (lundi, jeudi), jusqu’au 30 juin 2026`: what the rule says, as far as words go."""

    def say(code: str, **words: object) -> str:
        return wording.say(SECTION, code, words, language=language)

    number = "one" if rule.interval == 1 else "some"
    how = say(f"every_{rule.freq.lower()}_{number}", n=rule.interval)
    days = ", ".join(_weekdays(rule, language))
    if days:
        how += f" ({days})"
    if rule.count is not None:
        how += ", " + say("times", n=rule.count)
    elif rule.until is not None:
        how += ", " + say("until", day=_last_day(rule.until, rule, item, language))
    return how


def _weekdays(rule: Rule, language: str) -> Iterator[str]:
    names = get_day_names("wide", locale=language)
    for given in rule.part("BYDAY").split(",") if rule.freq == "WEEKLY" else ():
        if given in WEEKDAYS:
            yield names[WEEKDAYS.index(given)]


def _last_day(until: datetime, rule: Rule, item: Item, language: str) -> str:
    zone = None if item.start is None else item.start.tz
    if rule.until_utc and zone is not None:
        until = until.replace(tzinfo=UTC).astimezone(zone)
    return format_date(until.date(), format="long", locale=language)
