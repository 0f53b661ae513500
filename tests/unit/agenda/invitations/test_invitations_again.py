"""What did not reach people outside can be sent again, and says why it did not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xrm_platform.problems import Conflicting, Forbidden, Missing

ANNA, BEN = "anna@client.example", "ben@client.example"
MORNING = "2026-03-05T09:00"


@pytest.fixture
def shown(xrm, admin):
    async def states(event):
        told = await xrm.invitations.of(admin, event.id)
        return [(one.what, person.address, person.state, person.note) for one in told.sent for person in one.people]

    return states


async def test_what_had_no_account_goes_once_there_is_one(xrm, admin, add, shown):
    made = await add(start=MORNING, participants=(ANNA, BEN))
    await xrm.run_until_idle()
    assert await shown(made) == [("invited", one, "failed", "no_account") for one in (ANNA, BEN)]
    assert (await xrm.invitations.of(admin, made.id)).sent[0].people[0].params["collaborator"] == "COM"

    await xrm.providers.enable(admin, "memory_mail")
    settings = {"service": str(xrm.config.home), "password": "s3cret"}
    await xrm.accounts.add(admin, "memory_mail", "Mail", settings, default=True)
    await xrm.invitations_again.send(admin, made.id)
    await xrm.run_until_idle()

    assert await shown(made) == [
        *[("invited", one, "sent", "") for one in (ANNA, BEN)],
        *[("invited", one, "failed", "no_account") for one in (ANNA, BEN)],
    ]
    with pytest.raises(Conflicting, match="nothing_to_send_again"):
        await xrm.invitations_again.send(admin, made.id)
    assert (await xrm.audit.list(admin)).items[0].action == "event.invited_again"


async def test_what_came_back_shows_why_and_goes_again(xrm, admin, add, sent, shown, mail):
    await mail.refuse_recipient(ANNA)
    made = await add(start=MORNING, participants=(ANNA, BEN))
    await sent()
    assert sorted(await shown(made)) == [
        ("invited", ANNA, "failed", "invalid_recipient"),
        ("invited", BEN, "sent", ""),
    ]
    view = await xrm.agenda.get(admin, made.id)
    assert [(one.email, one.invited) for one in view.participants] == [(ANNA, "failed"), (BEN, "sent")]

    await mail.accept_recipient(ANNA)
    await xrm.invitations_again.send(admin, made.id)

    assert [(method, to) for method, to, _ in await sent()] == [("REQUEST", [ANNA])]


async def test_somebody_who_lost_it_gets_it_again(xrm, admin, add, sent):
    made = await add(start=MORNING, participants=(ANNA, BEN))
    await sent()

    await xrm.invitations_again.send(admin, made.id, [BEN.upper()])
    await xrm.invitations_again.send(admin, made.id, [BEN, ANNA])  # what waits already is not sent twice

    assert [(method, to) for method, to, _ in await sent()] == [("REQUEST", [BEN]), ("REQUEST", [ANNA])]
    with pytest.raises(Missing, match="nobody_invited"):
        await xrm.invitations_again.send(admin, made.id, ["eve@evil.example"])


async def test_a_cancellation_that_did_not_go_goes_again_and_the_invitation_before_it_does_not(
    xrm, admin, add, sent, shown, mail
):
    made = await add(start=MORNING, participants=(ANNA,))
    await sent()
    await mail.refuse_recipient(ANNA)
    await xrm.agenda.delete(admin, made.id)
    await xrm.run_until_idle()
    assert [(what, state) for what, _, state, _ in await shown(made)] == [("cancelled", "failed"), ("invited", "sent")]

    await mail.accept_recipient(ANNA)
    await xrm.invitations_again.send(admin, made.id)

    assert [method for method, _, _ in await sent()] == ["CANCEL"]


async def test_what_was_switched_off_goes_when_it_is_on_again(xrm, admin, add, sent):
    await xrm.agenda_settings.set_inviting(admin, invites=False)
    made = await add(start=MORNING, participants=(ANNA,))
    await xrm.agenda_settings.set_inviting(admin, invites=True)
    assert await sent() == []

    await xrm.invitations_again.send(admin, made.id)

    assert [method for method, _, _ in await sent()] == ["REQUEST"]


async def test_what_is_over_is_not_sent_again(xrm, admin, add, clock):
    made = await add(start=MORNING, participants=(ANNA,))
    await xrm.run_until_idle()
    clock.advance(timedelta(days=5))

    with pytest.raises(Conflicting, match="nothing_to_send_again"):
        await xrm.invitations_again.send(admin, made.id)


async def test_only_who_may_change_the_event_sends_again(xrm, as_, add, sent):
    made = await add(start=MORNING, participants=(ANNA,), private=True)
    await sent()

    for other, refused in (("DIR", Forbidden), ("ALONE", Missing)):
        with pytest.raises(refused):
            await xrm.invitations_again.send(as_(other), made.id, [ANNA])
