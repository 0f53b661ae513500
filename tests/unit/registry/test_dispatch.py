"""Hooks: policy fails closed, observers and lifecycle fail alone."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from xrm_platform.providers import Changed, OutgoingSms, SmsEncoding, Veto, hookimpl
from xrm_platform.registry import BrokenVeto, InProcessPlugin, PluginState

SMS = OutgoingSms("m1", "+33612345678", "Bonjour", SmsEncoding.GSM7)
CHANGE = Changed("8SENS", "message", "m1", "sent", datetime(2026, 1, 1, tzinfo=UTC))


def voting(name, vote):
    """A plugin whose veto is what `vote` returns."""

    class Module:
        @hookimpl
        def xrm_before_send(self, message, collaborator):
            return vote()

    return InProcessPlugin(name, Module())


def watching(name, watch):
    class Module:
        @hookimpl
        def xrm_changed(self, change):
            return watch(change)

    return InProcessPlugin(name, Module())


def fail():
    raise RuntimeError("+33612345678 is on no list")


def leave():
    raise SystemExit(3)


def test_a_message_goes_when_nobody_objects(load):
    assert load(voting("one", lambda: None), voting("two", lambda: None)).veto(SMS, "COM") is None


def test_the_first_objection_counts_and_nobody_else_is_asked(load):
    asked = []
    registry = load(
        voting("a", lambda: asked.append("a")),
        voting("b", lambda: Veto("not on Sundays")),
        voting("c", lambda: asked.append("c")),
    )

    assert registry.veto(SMS, "COM") == Veto("not on Sundays")
    assert len(asked) == 1


async def later():
    return None


@pytest.mark.parametrize("vote", [fail, leave, lambda: True, lambda: "no", lambda: False, later, lambda: Veto(7)])
def test_a_veto_hook_that_misbehaves_stops_the_message_and_is_named(load, vote):
    veto = load(voting("strict", vote)).veto(SMS, "COM")

    assert isinstance(veto, BrokenVeto)
    assert veto.plugin == "strict"
    assert "'strict'" in veto.reason


def test_a_failing_hook_is_logged_without_what_its_error_says(load):
    with capture_logs() as logs:
        load(voting("strict", fail)).veto(SMS, "COM")

    line = next(one for one in logs if one["event"] == "hook failed")
    assert (line["plugin"], line["hook"]) == ("strict", "xrm_before_send")
    assert "RuntimeError" in line["trace"]
    assert "+33612345678" not in str(logs)


async def test_an_observer_that_fails_does_not_keep_the_others_from_seeing_the_change(load):
    seen = []

    async def see(change):
        seen.append(change.id)

    registry = load(
        watching("a", see), watching("b", lambda _: fail()), watching("c", lambda _: leave()), watching("d", see)
    )

    await registry.notify(CHANGE)

    assert seen == ["m1", "m1"]


async def test_an_observer_may_be_a_coroutine_function(load):
    seen = []

    class Module:
        @hookimpl
        async def xrm_changed(self, change):
            await asyncio.sleep(0)
            seen.append(change.state)

    await load(Module()).notify(CHANGE)

    assert seen == ["sent"]


async def test_an_observer_that_blocks_leaves_the_event_loop_free_and_is_cut_off(load):
    release = threading.Event()
    registry = load(watching("slow", lambda _: release.wait()), hook_timeout=0.02)

    with capture_logs() as logs:
        await registry.notify(CHANGE)
    release.set()

    assert "hook cut off" in [line["event"] for line in logs]


async def test_an_observer_that_is_stuck_is_skipped_until_it_is_free_again(load):
    release = threading.Event()
    calls = []

    def watch(change):
        calls.append(change.id)
        release.wait()

    registry = load(watching("slow", watch), hook_timeout=0.02)
    with capture_logs() as logs:
        await registry.notify(CHANGE)
        await registry.notify(CHANGE)

    assert calls == ["m1"]
    assert "hook skipped, stuck in an earlier call" in [line["event"] for line in logs]

    release.set()
    while "xrm-hook" in {thread.name for thread in threading.enumerate()}:
        await asyncio.sleep(0.001)
    await registry.notify(CHANGE)

    assert calls == ["m1", "m1"]


async def test_an_observer_that_waits_for_ever_is_cut_off(load):
    async def watch(change):
        await asyncio.Event().wait()

    with capture_logs() as logs:
        await load(watching("slow", watch), hook_timeout=0.02).notify(CHANGE)

    assert [line["plugin"] for line in logs if line["event"] == "hook cut off"] == ["slow"]


async def test_cancelling_the_one_who_notifies_cancels_the_observers(load):
    started, cancelled = asyncio.Event(), asyncio.Event()

    class Module:
        @hookimpl
        async def xrm_changed(self, change):
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

    task = asyncio.create_task(load(Module()).notify(CHANGE))
    await started.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled.is_set()


async def test_a_plugin_that_fails_to_start_is_degraded_and_keeps_its_providers(load, describe):
    from xrm_platform.providers import Channel

    class Module:
        @hookimpl
        def xrm_sms_providers(self):
            return [describe("acme")]

        @hookimpl
        async def xrm_startup(self, options):
            raise OSError("no folder")

    registry = load(InProcessPlugin("acme", Module(), {(Channel.SMS, "acme"): object}))

    await registry.startup({})

    status = next(one for one in registry.plugins if one.name == "acme")
    assert status.state is PluginState.DEGRADED
    assert "xrm_startup: it raised OSError: no folder" in status.reason
    assert [one.slug for one in status.providers] == ["acme"]
    assert registry.provider(Channel.SMS, "acme") is not None


async def test_a_plugin_cannot_change_the_options_that_another_is_given(load):
    given = {}

    def starting(name):
        class Module:
            @hookimpl
            def xrm_startup(self, options):
                given[name] = dict(options)
                options["stolen"] = True

        return InProcessPlugin(name, Module())

    await load(starting("a"), starting("b")).startup({"home": "x"})

    assert given == {"a": {"home": "x"}, "b": {"home": "x"}}


async def test_plugins_stop_in_the_reverse_order_of_their_start_even_if_one_fails(load):
    order = []

    def living(name):
        class Module:
            @hookimpl
            def xrm_startup(self):
                order.append(f"+{name}")

            @hookimpl
            def xrm_shutdown(self):
                order.append(f"-{name}")
                if name == "b":
                    fail()

        return InProcessPlugin(name, Module())

    registry = load(living("a"), living("b"), living("c"))
    await registry.startup({})
    await registry.shutdown()

    assert [one[1] for one in order[3:]] == [one[1] for one in reversed(order[:3])]
    assert sorted(order[3:]) == ["-a", "-b", "-c"]


async def test_a_refused_plugin_hears_of_nothing(load):
    class Module:
        @hookimpl
        def xrm_sms_providers(self):
            return None

        @hookimpl
        def xrm_changed(self, change):
            raise AssertionError

        @hookimpl
        def xrm_before_send(self, message):
            return Veto("refused plugins have no say")

    registry = load(Module())

    with capture_logs() as logs:
        await registry.notify(CHANGE)

    assert registry.veto(SMS, "COM") is None
    assert logs == []
