"""One occurrence of a series may be private though the series is not, and the other way round."""

from datetime import date

import pytest

from xrm_platform.agenda.ical.files import masked
from xrm_platform.problems import Forbidden, Missing

SECOND = "20260309T080000Z"


async def test_a_private_occurrence_of_a_series_is_a_busy_time_wherever_it_is_shown(xrm, as_, add):
    com, boss = as_("COM"), as_("DIR")
    event = await add("Point", recurrence="FREQ=WEEKLY;COUNT=3")
    await xrm.agenda.change(com, event.id, {"summary": "Médecin", "private": True}, occurrence=SECOND)
    _, address = await xrm.feeds.create(com, "COM")

    seen = await xrm.agenda.get(boss, event.id)
    told = [
        repr(seen),
        repr(await xrm.agenda.list(boss, owner="COM")),
        (await xrm.agenda_files.dump(boss, "COM")).text,
        (await xrm.feeds.read(address.rpartition("/")[2].removesuffix(".ics"))).text,
    ]

    assert all("Point" in one and "Médecin" not in one for one in told)
    assert [one.key for one in seen.exceptions] == [SECOND]
    with pytest.raises(Missing):
        await xrm.agenda.ical(boss, event.id)
    with pytest.raises(Forbidden):
        await xrm.agenda.change(boss, event.id, {"summary": "x"}, occurrence=SECOND)
    assert "Médecin" in repr(await xrm.agenda.get(com, event.id))


async def test_an_occurrence_of_a_private_series_is_private_though_it_does_not_say_so(xrm, as_):
    text = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nDTSTART:20260302T080000Z\nRRULE:FREQ=WEEKLY;COUNT=3\n"
        "CLASS:PRIVATE\nSUMMARY:Médecin\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20260309T080000Z\n"
        "DTSTART:20260309T090000Z\nSUMMARY:Médecin\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    await xrm.agenda_files.load(as_("COM"), "COM", text.encode())

    seen = await xrm.schedule.view(as_("DIR"), "week", day=date(2026, 3, 9), owner="COM")
    assert [(one.key, one.hidden, one.summary) for one in seen] == [(SECOND, True, "")]
    assert "Médecin" not in masked(text, "Occupé", whole=False)
