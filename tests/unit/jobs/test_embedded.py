"""The engine inside the process."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from xrm_platform.jobs import EmbeddedEngine


async def nothing(_argument: str) -> None:
    pass


async def test_a_woken_job_runs_with_its_argument(clock):
    ran = []

    async def deliver(argument):
        ran.append(argument)

    engine = EmbeddedEngine(clock)
    engine.wake("deliver 42")
    await engine.run_until_idle({"deliver": deliver, "tick": nothing})

    assert ran == ["42"]


async def test_many_wishes_for_one_job_become_one_run(clock):
    ran = []

    async def deliver(argument):
        ran.append(argument)

    engine = EmbeddedEngine(clock)
    for _ in range(10):
        engine.wake("deliver 42")
    await engine.run_until_idle({"deliver": deliver, "tick": nothing})

    assert len(ran) == 1


async def test_a_job_woken_while_it_runs_runs_once_more_and_never_beside_itself(clock):
    engine = EmbeddedEngine(clock)
    running, most, runs = 0, 0, 0

    async def deliver(_argument):
        nonlocal running, most, runs
        running += 1
        runs += 1
        most = max(most, running)
        if runs == 1:
            engine.wake("deliver 1")
            engine.wake("deliver 1")
        await asyncio.sleep(0)
        running -= 1

    engine.wake("deliver 1")
    await engine.run_until_idle({"deliver": deliver, "tick": nothing})

    assert (runs, most) == (2, 1)


async def test_a_job_for_later_waits(clock):
    ran = []

    async def deliver(argument):
        ran.append(argument)

    engine = EmbeddedEngine(clock)
    engine.wake("deliver 1", clock() + timedelta(minutes=5))
    await engine.run_until_idle({"deliver": deliver, "tick": nothing})
    assert ran == []

    clock.advance(timedelta(minutes=5))
    await engine.run_until_idle({"deliver": deliver, "tick": nothing})
    assert ran == ["1"]


async def test_an_earlier_wish_goes_before_a_later_one(clock):
    ran = []

    async def deliver(argument):
        ran.append(argument)

    engine = EmbeddedEngine(clock)
    engine.wake("deliver 1", clock() + timedelta(minutes=5))
    engine.wake("deliver 1")
    await engine.run_until_idle({"deliver": deliver, "tick": nothing})

    assert ran == ["1"]


async def test_a_job_that_fails_harms_no_other(clock):
    ran = []

    async def deliver(argument):
        if argument == "bad":
            raise RuntimeError("broken")
        ran.append(argument)

    engine = EmbeddedEngine(clock)
    engine.wake("deliver bad")
    engine.wake("deliver good")
    await engine.run_until_idle({"deliver": deliver, "tick": nothing})

    assert ran == ["good"]


async def test_the_tick_runs_at_the_start_and_remembers_when(clock):
    engine = EmbeddedEngine(clock)
    assert engine.seconds_since_tick() is None
    await engine.run_until_idle({"tick": nothing})

    assert engine.seconds_since_tick() >= 0


async def test_a_clock_that_is_set_back_does_not_keep_the_tick_from_coming(clock):
    ticks = asyncio.Queue()

    async def tick(_argument):
        await ticks.put(clock())

    engine = EmbeddedEngine(clock, tick_seconds=0.01)
    task = asyncio.create_task(engine.run({"tick": tick}))
    try:
        async with asyncio.timeout(60):
            await ticks.get()
            clock.advance(-timedelta(hours=1))
            for _ in range(3):
                await ticks.get()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_stopped_engine_lets_running_jobs_finish(clock):
    finished = asyncio.Event()
    started = asyncio.Event()

    async def deliver(_argument):
        started.set()
        await asyncio.sleep(0.05)
        finished.set()

    engine = EmbeddedEngine(clock)
    engine.wake("deliver 1")
    task = asyncio.create_task(engine.run({"deliver": deliver, "tick": nothing}))
    await started.wait()
    task.cancel()
    await asyncio.wait([task])

    assert finished.is_set()


async def test_a_job_that_does_not_end_is_cut_off_after_the_grace(clock):
    async def deliver(_argument):
        await asyncio.Event().wait()

    engine = EmbeddedEngine(clock, grace_seconds=0.01)
    engine.wake("deliver 1")
    task = asyncio.create_task(engine.run({"deliver": deliver, "tick": nothing}))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task], timeout=5)

    assert task.done()
