"""What every driver owes the platform, whatever its channel.

Authors do not use this class: they take the one of their channel (`MailContract`, `SmsContract`), name it `Test…` and
give the three fixtures `descriptor`, `vendor` and `settings`. pytest-asyncio runs in its auto mode.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

import aiohttp
import pytest
from marshmallow import ValidationError

from xrm_platform.providers import (
    HOOK_API,
    Capability,
    DriverContext,
    ProviderDescriptor,
    ProviderError,
    TickState,
    Unsupported,
    secret_names,
)

from .driver_context import driver_context, open_driver
from .inspection import (
    driver_entry_point,
    failed_tick,
    newly_imported,
    open_descriptors,
    plugin_entry_point,
    secret_values,
    settled,
)
from .translations import assert_explained, assert_translations_complete

A_DATE = datetime(2026, 1, 1, tzinfo=UTC)

METHOD_OF: Mapping[Capability, tuple[str, tuple[Any, ...]]] = {
    Capability.DELIVERY_REPORTS: ("reports", (["1"],)),
    Capability.INBOUND: ("inbox", (A_DATE,)),
    Capability.NEWS: ("wait_for_news", (None, 0.0)),
    Capability.PUSH: ("parse_push", ({}, b"")),
    Capability.BALANCE: ("balance", ()),
    Capability.ACCOUNTS: ("accounts", ()),
    Capability.RECONCILE: ("sent_since", (A_DATE,)),
    Capability.OPT_OUTS: ("opt_outs", (A_DATE,)),
    Capability.ADD_OPT_OUT: ("add_opt_out", ("+33639980011",)),
    Capability.HANDS_OVER: ("whereabouts", ({},)),
    Capability.SENT_COPY: ("file_sent", (None,)),
    Capability.CREATE_CALENDARS: ("create_calendar", ("Test", None)),
    Capability.SCHEDULES: ("schedules", ("calendar",)),
    Capability.OAUTH: ("authorize_url", ("state", "https://xrm.example.com/back", "verifier")),
}
"""Capabilities that are a method of the driver, and arguments to call it with."""


class Vendor(Protocol):
    """The stand-in for the outside world, and the switches that the tests of every channel turn."""

    async def refuse_credentials(self) -> None:
        """From now on the credentials of the account are wrong."""

    async def go_down(self) -> None:
        """From now on nothing answers: a new connection is refused, the open ones are cut."""


class DriverContract:
    """Fixtures an author gives: `descriptor`, `vendor` (the stand-in, fresh for each test) and `settings`, good ones as
    a person would type them, that lead to this vendor."""

    registered: ClassVar[bool] = True
    """False for a provider that no distribution offers by entry points; then `driver_class` is given as a fixture."""

    @pytest.fixture
    def descriptor(self) -> ProviderDescriptor:
        raise NotImplementedError("give the fixture `descriptor`")

    @pytest.fixture
    def vendor(self) -> Any:
        raise NotImplementedError("give the fixture `vendor`")

    @pytest.fixture
    def settings(self, vendor: Any) -> dict[str, Any]:
        raise NotImplementedError("give the fixture `settings`")

    @pytest.fixture
    def driver_class(self, descriptor: ProviderDescriptor) -> Callable[[Any, DriverContext], Any]:
        """The class behind the driver's entry point."""
        loaded: Callable[[Any, DriverContext], Any] = driver_entry_point(descriptor).load()
        return loaded

    @pytest.fixture
    async def context(self) -> AsyncIterator[DriverContext]:
        async with driver_context() as context:
            yield context

    @pytest.fixture
    async def driver(
        self, descriptor: ProviderDescriptor, driver_class: Any, settings: dict[str, Any], context: DriverContext
    ) -> AsyncIterator[Any]:
        """A driver of the good settings."""
        async with open_driver(driver_class, descriptor.settings().load(settings), context) as driver:
            yield driver

    async def exercise(self, driver: Any) -> Any:
        """Use the driver as the platform does and give its answer. The contract of a channel does what it is for."""
        return await driver.check()

    # The descriptor

    def test_the_descriptor_is_of_an_api_that_the_platform_knows(self, descriptor: ProviderDescriptor) -> None:
        major, minor = descriptor.api
        assert major == HOOK_API[0]
        assert minor <= HOOK_API[1]

    def test_the_slug_is_fit_for_databases_and_addresses(self, descriptor: ProviderDescriptor) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,39}", descriptor.slug)

    def test_the_limits_can_be_kept(self, descriptor: ProviderDescriptor) -> None:
        limits = descriptor.limits
        assert limits.batch >= 1
        assert limits.connections >= 1
        assert limits.timeout > 0
        assert limits.per_second is None or limits.per_second > 0
        assert limits.max_bytes is None or limits.max_bytes > 0

    def test_the_entry_points_agree_with_the_descriptor(self, descriptor: ProviderDescriptor) -> None:
        if not self.registered:
            pytest.skip("offered by no distribution")
        module = importlib.import_module(plugin_entry_point(descriptor).value)
        offered = getattr(module, f"xrm_{descriptor.channel}_providers")()
        assert descriptor in list(offered)

    async def test_the_plugin_module_imports_nothing_heavy(self, descriptor: ProviderDescriptor) -> None:
        if not self.registered:
            pytest.skip("offered by no distribution")
        plugin = plugin_entry_point(descriptor).value
        driver = driver_entry_point(descriptor).value.partition(":")[0]
        allowed = {*sys.stdlib_module_names, "xrm_platform", plugin.partition(".")[0]}
        imported = await newly_imported(plugin)
        assert {name.partition(".")[0] for name in imported} <= allowed
        assert driver not in imported

    def test_the_translations_are_complete(self, descriptor: ProviderDescriptor) -> None:
        assert_translations_complete(descriptor)

    # Settings and secrets

    def test_good_settings_load_and_come_back_without_their_secrets(
        self, descriptor: ProviderDescriptor, settings: dict[str, Any]
    ) -> None:
        schema = descriptor.settings()
        loaded = schema.load(json.loads(json.dumps(settings)))
        dumped = schema.dump(loaded)
        secrets = {name: settings[name] for name in secret_names(descriptor.settings) & settings.keys()}
        assert not secrets.keys() & dumped.keys()
        assert not [value for value in secrets.values() if value and value in json.dumps(dumped, ensure_ascii=False)]
        assert schema.load({**dumped, **secrets}) == loaded

    def test_an_unknown_setting_is_refused(self, descriptor: ProviderDescriptor, settings: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            descriptor.settings().load({**settings, "no_such_setting": "x"})

    def test_a_missing_required_setting_is_refused(
        self, descriptor: ProviderDescriptor, settings: dict[str, Any]
    ) -> None:
        schema = descriptor.settings()
        for name in (name for name, field in schema.fields.items() if field.required):
            with pytest.raises(ValidationError) as caught:
                schema.load({key: value for key, value in settings.items() if key != name})
            assert name in caught.value.messages_dict

    async def test_secrets_are_in_no_representation_of_the_driver(
        self, descriptor: ProviderDescriptor, driver: Any, settings: dict[str, Any]
    ) -> None:
        await self.exercise(driver)
        for secret in secret_values(descriptor, settings):
            assert secret not in f"{driver!r} {driver}"

    async def test_secrets_are_in_no_log_and_no_error(
        self,
        descriptor: ProviderDescriptor,
        driver: Any,
        vendor: Any,
        settings: dict[str, Any],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        await self.exercise(driver)
        await vendor.refuse_credentials()
        ticks = await driver.check()
        try:
            told = repr(await self.exercise(driver))
        except ProviderError as error:
            told = f"{error!r} {error} {error.detail} {error.params}"
        for secret in secret_values(descriptor, settings):
            assert secret not in f"{caplog.text} {ticks!r} {told}"

    # Checking an account

    async def test_a_good_account_passes_its_check(self, driver: Any) -> None:
        ticks = await driver.check()
        assert ticks
        assert [tick for tick in ticks if tick.state is TickState.FAILED] == []
        assert ticks[0].step == "reached"

    async def test_a_check_tells_wrong_credentials_from_an_unreachable_vendor(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: Any
    ) -> None:
        if not secret_names(descriptor.settings):
            pytest.skip("an account without credentials")
        await vendor.refuse_credentials()
        refused = failed_tick(await driver.check())
        await vendor.go_down()
        unreachable = failed_tick(await driver.check())
        assert (refused.step, unreachable.step) == ("signed_in", "reached")
        assert refused.code != unreachable.code
        for tick in (refused, unreachable):
            assert_explained(descriptor, tick.code, tick.params)

    # Life of a driver

    async def test_a_driver_is_built_and_closed_without_its_vendor(
        self,
        descriptor: ProviderDescriptor,
        driver_class: Any,
        settings: dict[str, Any],
        context: DriverContext,
        vendor: Any,
    ) -> None:
        await vendor.go_down()
        async with open_driver(driver_class, descriptor.settings().load(settings), context):
            pass
        assert not context.http.closed

    async def test_a_closed_driver_leaves_nothing_open(
        self, descriptor: ProviderDescriptor, driver_class: Any, settings: dict[str, Any]
    ) -> None:
        if not open_descriptors():
            pytest.skip("this system does not list what a process holds open")
        loaded = descriptor.settings().load(settings)

        async def one_life() -> None:
            async with driver_context() as context, open_driver(driver_class, loaded, context) as driver:
                await self.exercise(driver)

        await one_life()  # the first brings threads and caches that stay
        tasks, opened = asyncio.all_tasks(), open_descriptors()
        await one_life()
        await settled(lambda: open_descriptors() <= opened and asyncio.all_tasks() <= tasks)

    async def test_a_driver_opens_no_http_session_of_its_own_and_leaves_the_lent_one_open(
        self,
        descriptor: ProviderDescriptor,
        driver_class: Any,
        settings: dict[str, Any],
        context: DriverContext,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise AssertionError("a driver uses the session of its context")

        monkeypatch.setattr(aiohttp.ClientSession, "__init__", refuse)
        async with open_driver(driver_class, descriptor.settings().load(settings), context) as driver:
            await self.exercise(driver)
        assert not context.http.closed

    # Capabilities

    def test_what_belongs_to_a_capability_is_told_with_it(self, descriptor: ProviderDescriptor) -> None:
        chooses = Capability.ACCOUNTS in descriptor.capabilities
        assert (descriptor.account_setting in descriptor.settings().fields) is chooses
        assert bool(descriptor.stop_mention) is (Capability.ADDS_STOP_MENTION in descriptor.capabilities)
        if descriptor.signature_setting:
            assert Capability.HANDS_OVER in descriptor.capabilities
            assert descriptor.signature_setting in descriptor.settings().fields

    def test_every_declared_capability_has_its_method(self, descriptor: ProviderDescriptor, driver: Any) -> None:
        for capability in descriptor.capabilities & METHOD_OF.keys():
            assert callable(getattr(driver, METHOD_OF[capability][0], None)), capability

    async def test_what_is_not_declared_is_absent_or_unsupported(
        self, descriptor: ProviderDescriptor, driver: Any
    ) -> None:
        for capability in METHOD_OF.keys() - descriptor.capabilities:
            name, arguments = METHOD_OF[capability]
            method = getattr(driver, name, None)
            if method is None:
                continue
            with pytest.raises(Unsupported):
                await call(method, arguments)


async def call(method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What `method` answers, whether it is a coroutine function or not."""
    answer = method(*arguments)
    return await answer if isinstance(answer, Awaitable) else answer
