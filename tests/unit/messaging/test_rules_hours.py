"""Hours and days by the recipient's own clock, and where a number lives."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.messaging.rules.hours import LEGAL, Window, next_allowed
from xrm_platform.messaging.rules.places import place_of

PARIS = "+33612345678"
REUNION = "+262692123456"
MAYOTTE = "+262639012345"
NUMBERS = {
    PARIS: "Europe/Paris",
    REUNION: "Indian/Reunion",
    MAYOTTE: "Indian/Mayotte",
    "+590690001234": "America/Guadeloupe",
    "+596696201234": "America/Martinique",
    "+594694201234": "America/Cayenne",
    "+508551234": "America/Miquelon",
    "+687751234": "Pacific/Noumea",
    "+68987123456": "Pacific/Tahiti",
    "+681821234": "Pacific/Wallis",
    "+4915112345678": "Europe/Berlin",
    "+12125550123": "America/New_York",
}


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))


def next_for(number: str, at: datetime, window: Window = LEGAL) -> datetime:
    return next_allowed(at, place_of(number, "Europe/Paris"), window)


@pytest.mark.parametrize(("number", "zone"), NUMBERS.items())
def test_each_number_lives_by_its_own_clock(number, zone):
    assert place_of(number, "UTC").zones == (zone,)


def test_a_number_of_no_zone_lives_by_the_clock_of_the_base():
    assert place_of("+88213123456", "Europe/Paris").zones == ("Europe/Paris",)
    assert place_of("36180", "Europe/Paris").zones == ("Europe/Paris",)


def test_a_saturday_evening_waits_for_monday_morning_each_at_home():
    at = local("Europe/Paris", 2026, 3, 7, 21, 30)

    assert next_for(PARIS, at) == local("Europe/Paris", 2026, 3, 9, 8)
    assert next_for(REUNION, at) == local("Indian/Reunion", 2026, 3, 9, 8)


def test_what_is_allowed_goes_at_once():
    at = local("Europe/Paris", 2026, 3, 7, 19, 59)
    assert next_for(PARIS, at) == at


def test_the_end_of_the_hours_is_not_within_them():
    assert next_for(PARIS, local("Europe/Paris", 2026, 3, 6, 20)) == local("Europe/Paris", 2026, 3, 7, 8)


def test_before_the_hours_it_waits_for_the_same_day():
    assert next_for(PARIS, local("Europe/Paris", 2026, 3, 6, 7, 59)) == local("Europe/Paris", 2026, 3, 6, 8)


def test_public_holidays_are_no_days():
    easter_monday, ascension = (2026, 4, 6, 10), (2026, 5, 14, 10)
    assert next_for(PARIS, local("Europe/Paris", *easter_monday)) == local("Europe/Paris", 2026, 4, 7, 8)
    assert next_for(PARIS, local("Europe/Paris", *ascension)) == local("Europe/Paris", 2026, 5, 15, 8)


def test_overseas_departments_have_their_own_holidays():
    end_of_slavery = (2024, 12, 20, 10)
    assert next_for(REUNION, local("Indian/Reunion", *end_of_slavery)) == local("Indian/Reunion", 2024, 12, 21, 8)
    assert next_for(PARIS, local("Europe/Paris", *end_of_slavery)) == local("Europe/Paris", *end_of_slavery)
    assert next_for(MAYOTTE, local("Indian/Mayotte", 2026, 4, 27, 10)) == local("Indian/Mayotte", 2026, 4, 28, 8)


def test_a_base_may_send_on_holidays_and_on_fewer_days():
    window = Window(time(9), time(18), frozenset({2}), holidays=True)
    assert next_for(PARIS, local("Europe/Paris", 2026, 4, 6, 10), window) == local("Europe/Paris", 2026, 4, 7, 9)


def test_summer_time_moves_the_morning():
    assert next_for(PARIS, local("Europe/Paris", 2026, 3, 28, 21)) == datetime(2026, 3, 30, 6, tzinfo=UTC)


def test_a_number_of_many_zones_waits_until_all_allow_it_or_goes_by_the_first():
    canada = place_of("+16005550123", "UTC")
    found = next_allowed(datetime(2026, 3, 3, 3, tzinfo=UTC), canada, LEGAL)
    hours = [found.astimezone(ZoneInfo(zone)).time() for zone in canada.zones]
    assert all(LEGAL.start <= hour < LEGAL.end for hour in hours)

    russia = place_of("+79161234567", "UTC")
    first = next_allowed(datetime(2026, 3, 3, 0, tzinfo=UTC), russia, LEGAL).astimezone(ZoneInfo(russia.zones[0]))
    assert LEGAL.start <= first.time() < LEGAL.end


@given(
    at=st.integers(0, 6 * 366 * 24 * 60).map(lambda minutes: local("UTC", 2024, 1, 1) + timedelta(minutes=minutes)),
    number=st.sampled_from(sorted(NUMBERS)),
    start=st.integers(8, 20),
    hours=st.integers(1, 2),
    days=st.frozensets(st.integers(1, 7), min_size=1),
    holidays=st.booleans(),
)
def test_the_next_time_is_allowed_never_earlier_and_stays(at, number, start, hours, days, holidays):
    window = Window(time(start), time(start + hours), days, holidays)
    place = place_of(number, "UTC")
    found = next_allowed(at, place, window)
    there = found.astimezone(ZoneInfo(place.zones[0]))

    assert found >= at
    assert next_allowed(found, place, window) == found
    assert window.start <= there.time() < window.end
    assert there.isoweekday() in days
    assert holidays or not place.is_holiday(there.date())
    assert found - at < timedelta(days=40)


def test_a_wider_window_holds_a_narrower_one():
    assert Window(time(8), time(22), frozenset(range(1, 8)), holidays=True).holds(LEGAL)
    assert LEGAL.holds(LEGAL)
    assert not Window(time(9), time(20)).holds(LEGAL)
    assert not Window(days=frozenset({1, 2, 3, 4, 5})).holds(LEGAL)
