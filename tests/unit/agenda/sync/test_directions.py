"""A link that goes another way than before."""


async def test_what_changed_here_while_a_link_only_read_is_written_when_it_writes(world):
    link, service = await world.link(direction="pull")
    await service.put("a@x.example", "Là")
    await service.put("b@x.example", "Reste")
    await world.sync(link)
    (event_id,) = [one for one, text in (await world.here()).items() if "SUMMARY:Là" in text]
    await world.change(event_id, summary="Là, changé")
    await world.add("Ici")
    await world.sync(link)
    assert service.writes == 0

    await world.xrm.calendar_links.change(world.admin, link, {"direction": "two_way"})
    seen = await world.xrm.calendar_runs.preview(world.admin, link)
    ran = await world.sync(link)
    assert (seen.made_there, seen.changed_there) == (ran.made_there, ran.changed_there) == (1, 1)
    assert sorted((await service.titles()).values()) == ["Ici", "Là, changé", "Reste"]
