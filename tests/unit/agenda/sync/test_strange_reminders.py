"""Reminders are ours: what somebody elsewhere writes into a calendar makes nobody here send anything."""

from sqlalchemy import select

from xrm_platform.agenda.requests import ReminderGiven
from xrm_platform.agenda.tables import ReminderRow
from xrm_platform.testing.calendar_vendor import an_event

STRANGE = (
    "X-XRM-REMINDER;X-CHANNEL=SMS;X-TO=CONTACT;X-ADDRESS=+33899123456:-PT30M",
    "X-XRM-REMINDER;X-CHANNEL=SMS;X-TO=OWNER:-PT30M",
    "X-XRM-REMINDER;X-CHANNEL=MAIL;X-TO=CONTACT;X-ADDRESS=victim@x.example:-PT30M",
    *(f"X-XRM-REMINDER;X-CHANNEL=MAIL;X-TO=OWNER:-PT{number}M" for number in range(1, 30)),
)


async def waiting(world):
    async with world.xrm.store.read() as session:
        rows = (await session.scalars(select(ReminderRow).order_by(ReminderRow.due_at))).all()
        return [(row.channel, row.target, row.address) for row in rows]


async def test_a_stranger_has_nothing_sent_by_what_is_read_from_a_calendar(world):
    link, service = await world.link()
    text = an_event("a@x.example", "Gagnez", *STRANGE)
    await service.put_ical("a@x.example", text)
    await world.sync(link)
    assert set(await waiting(world)) <= {("mail", "owner", "")}
    assert len(await waiting(world)) <= 5

    await service.put("a@x.example", "Gagnez encore")
    await world.sync(link)
    assert set(await waiting(world)) <= {("mail", "owner", "")}
    assert service.writes == 0
    assert "X-ADDRESS=+33899123456" in (await service.icals())["a@x.example"]


async def test_our_own_reminders_survive_a_change_there(world):
    link, service = await world.link()
    await world.add("Visite", reminders=(ReminderGiven(30, "sms", "contact", "0698765432"),))
    await world.sync(link)
    (uid,) = await service.titles()
    await service.put(uid, "Visite déplacée")
    await world.sync(link)

    assert await world.titles() == ["Visite déplacée"]
    assert await waiting(world) == [("sms", "contact", "+33698765432")]
