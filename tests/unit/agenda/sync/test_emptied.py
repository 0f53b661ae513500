"""A calendar in which nothing is left, told by a provider that compares and has no memory."""

from xrm_platform.providers import ChangePage, Removed
from xrm_platform.testing.memory_calendar import MemoryCalendar


async def test_two_events_that_vanish_with_the_whole_calendar_are_held(world, monkeypatch):
    link, service = await world.link()
    for uid in ("a@x.example", "b@x.example"):
        await service.put(uid, uid)
    await world.sync(link)
    refs = list(service._first.events)

    async def emptied(_self, _calendar, _cursor):
        yield ChangePage(tuple(Removed(ref) for ref in refs), "after", complete=True)

    monkeypatch.setattr(MemoryCalendar, "changes", emptied)
    ran = await world.sync(link)
    assert (ran.dropped_here, ran.held_here) == (0, 2)
    assert len(await world.titles()) == 2
