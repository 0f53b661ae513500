"""What is looked for at every tick."""

from __future__ import annotations

from xrm_platform.jobs import Ticks


async def test_a_room_whose_tick_fails_keeps_no_other_from_its_own():
    ticked = []

    async def broken():
        ticked.append("broken")
        raise ValueError

    async def whole():
        ticked.append("whole")

    await Ticks(broken, whole)("")

    assert ticked == ["broken", "whole"]
