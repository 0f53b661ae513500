import pytest

from xrm_platform.problems import Forbidden, Invalid


async def test_the_audit_is_read_newest_first_in_pages(audit, collaborators, operator, clock):
    for code in ("A", "B", "C"):
        await collaborators.create(operator, code, last_name=code)

    first = await audit.list(operator, limit=3)
    second = await audit.list(operator, after=first.next, limit=3)

    assert [entry.subject_id for entry in first.items] == ["C", "B", "A"]
    assert [entry.action for entry in second.items] == ["base.created"]
    assert second.next is None
    assert {entry.at for entry in first.items} == {clock()}


async def test_only_administrators_read_the_audit(audit, as_user, as_token):
    for actor in (await as_user("marie"), await as_token("read", "send")):
        with pytest.raises(Forbidden, match="admin_only"):
            await audit.list(actor)
    assert (await audit.list(await as_user("anne", is_admin=True))).items


async def test_the_audit_of_another_base_is_not_shown(audit, collaborators, operator, other_operator):
    await collaborators.create(operator, "COM", last_name="Martin")

    assert [entry.subject_id for entry in (await audit.list(other_operator)).items] == ["OTHER"]


async def test_what_was_refused_is_not_audited(audit, collaborators, operator):
    before = await audit.list(operator)
    with pytest.raises(Invalid):
        await collaborators.create(operator, "COM", last_name="")

    assert await audit.list(operator) == before
