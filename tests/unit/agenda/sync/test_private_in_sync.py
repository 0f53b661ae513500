"""What synchronisation tells of an agenda: an administrator looks after it and reads nothing private."""

import pytest

from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor


@pytest.fixture
async def administrator(world):
    await world.xrm.collaborators.create(world.admin, "ADM", last_name="Adam")
    async with world.xrm.store.read() as session:
        person = await lookup.collaborator(session, base_id=world.admin.base_id, code="ADM")
    return Actor(
        base_id=world.admin.base_id,
        base_code="ACME",
        name="user:adm",
        is_admin=True,
        xrm_allowed=True,
        collaborator_id=person.id,
        user_id="adm",
    )


async def test_an_administrator_reads_nothing_private_in_previews_conflicts_and_what_is_parked(world, administrator):
    link, service = await world.link()
    event_id = await world.add("Médecin", private=True)
    preview = await world.xrm.calendar_runs.preview(administrator, link)
    await world.sync(link)
    (uid,) = await service.titles()
    await world.change(event_id, summary="Médecin demain")
    await service.put(uid, "Médecin lundi")
    await world.sync(link)
    conflicts = await world.xrm.calendar_conflicts.list(administrator, "COM")
    await service.spoil(uid)
    await world.sync(link)
    parked = await world.xrm.calendar_runs.parked(administrator, link)

    assert (len(preview.examples), len(conflicts.items), len(parked.items)) == (1, 1, 1)
    assert "Médecin" not in repr((preview, conflicts, parked))
    assert "DTSTART" in conflicts.items[0].theirs
    resolved = await world.xrm.calendar_conflicts.resolve(administrator, conflicts.items[0].id, "theirs")
    assert "Médecin" not in repr(resolved)
    assert "Médecin" in repr(await world.xrm.calendar_conflicts.list(world.admin, "COM", open_only=False))
