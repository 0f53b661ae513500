"""What the registry takes in and what it sets aside."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from xrm_platform.providers import Channel, ProviderDescriptor, ProviderSettings, hookimpl, secret
from xrm_platform.registry import InProcessPlugin, PluginState
from xrm_platform.registry import describe as as_json


class Unbuildable(ProviderSettings):
    class Meta:
        fields = ("misspelt",)


class Torn(Sequence):
    """Has something until somebody looks."""

    def __len__(self):
        return 1

    def __getitem__(self, place):
        raise SystemExit(place)


def status_of(registry, name="acme"):
    return next(one for one in registry.plugins if one.name == name)


def test_a_plugin_of_the_host_application_offers_its_providers(load, offering, describe):
    registry = load(offering("acme", describe("acme")))

    assert [one.slug for one in registry.providers(Channel.SMS)] == ["acme"]
    assert registry.provider(Channel.SMS, "acme") is registry.providers()[0]
    assert status_of(registry).state is PluginState.ACTIVE
    assert registry.plugin_of(Channel.SMS, "acme").name == "acme"


def test_a_provider_is_found_on_its_own_channel_only(load, offering, describe):
    registry = load(offering("acme", describe("acme")))

    assert registry.provider(Channel.MAIL, "acme") is None
    assert registry.providers(Channel.MAIL) == ()


def test_a_provider_of_a_disabled_plugin_is_not_there(load, offering, describe):
    registry = load(offering("acme", describe("acme")), disabled=("acme",))

    assert registry.provider(Channel.SMS, "acme") is None
    assert registry.plugin_of(Channel.SMS, "acme") is None
    assert status_of(registry).state is PluginState.DISABLED


def test_a_disabled_name_that_is_not_installed_is_said_in_the_log(load):
    with capture_logs() as logs:
        load(disabled=("esendx",))

    assert "esendx" in [line.get("plugin") for line in logs if line["log_level"] == "warning"]


@pytest.mark.parametrize("order", list(itertools.permutations(["first", "second", "third"])))
def test_plugins_that_claim_the_same_provider_are_all_refused_in_any_order(load, offering, describe, order):
    plugins = {
        "first": offering("first", describe("shared"), describe("own")),
        "second": offering("second", describe("shared")),
        "third": offering("third", describe("unshared")),
    }

    registry = load(*(plugins[name] for name in order))

    assert [one.slug for one in registry.providers()] == ["unshared"]
    for name, other in (("first", "second"), ("second", "first")):
        status = status_of(registry, name)
        assert status.state is PluginState.INCOMPATIBLE
        assert f"'{other}'" in status.reason
        assert "'shared'" in status.reason


def test_the_same_slug_on_two_channels_is_no_conflict(load, offering, describe):
    class MailPlugin:
        @hookimpl
        def xrm_mail_providers(self):
            return [describe("acme", channel=Channel.MAIL)]

    mail = InProcessPlugin("acme_mail", MailPlugin(), {(Channel.MAIL, "acme"): object})

    registry = load(offering("acme_sms", describe("acme")), mail)

    assert {one.channel for one in registry.providers()} == {Channel.SMS, Channel.MAIL}


def test_a_plugin_that_describes_a_provider_twice_is_refused(load, offering, describe):
    registry = load(offering("acme", describe("acme"), describe("acme")))

    assert status_of(registry).state is PluginState.INCOMPATIBLE
    assert "more than once" in status_of(registry).reason


def test_one_module_under_two_names_is_refused(load):
    class Module:
        @hookimpl
        def xrm_shutdown(self):
            pass

    module = Module()

    registry = load(InProcessPlugin("one", module), InProcessPlugin("two", module))

    assert {status_of(registry, name).state for name in ("one", "two")} == {PluginState.INCOMPATIBLE}


def test_a_name_taken_by_an_installed_plugin_refuses_both(offering, describe):
    from xrm_platform.registry import Registry

    registry = Registry.load(extra=[offering("smtp", describe("other"))])

    states = [one.state for one in registry.plugins if one.name == "smtp"]
    assert states == [PluginState.INCOMPATIBLE, PluginState.INCOMPATIBLE]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "returned a NoneType instead of a sequence of ProviderDescriptor"),
        ("acme", "returned a str instead"),
        (ProviderDescriptor("acme", Channel.SMS, "Acme", ProviderSettings), "returned a ProviderDescriptor instead"),
        ([{"slug": "acme"}], "returned a dict among its ProviderDescriptors"),
        ((one for one in ()), "returned a generator instead"),
    ],
)
def test_a_hook_that_returns_anything_but_descriptors_is_refused(load, answer, words):
    class Module:
        @hookimpl
        def xrm_sms_providers(self):
            return answer

    status = status_of(load(Module()))

    assert status.state is PluginState.INCOMPATIBLE
    assert words in status.reason
    assert "xrm_sms_providers" in status.reason


def test_a_provider_hook_that_is_a_coroutine_is_refused_and_leaks_none(load):
    class Module:
        @hookimpl
        async def xrm_sms_providers(self):
            return []

    assert "returned a coroutine" in status_of(load(Module())).reason


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"slug": "Acme"}, "slug 'Acme'"),
        ({"slug": ""}, "slug ''"),
        ({"slug": 7}, "slug 7"),
        ({"channel": Channel.MAIL}, "for the channel mail in the hook xrm_sms_providers"),
        ({"channel": "sms"}, "for the channel sms in the hook xrm_sms_providers"),
        ({"settings": dict}, "settings that are not a class derived from ProviderSettings"),
        ({"settings": ProviderSettings()}, "settings that are not a class derived from ProviderSettings"),
        ({"settings": Unbuildable}, "settings that cannot be built: KeyError"),
        ({"label": ""}, "without a label"),
        ({"label": 7}, "without a label"),
        ({"translations": Path("acme")}, "translations that are not the name of a package"),
        ({"capabilities": frozenset({"teleport"})}, "a capability that the contract does not know"),
        ({"capabilities": 1}, "cannot be read"),
        ({"limits": None}, "cannot be read"),
        ({"api": (2, 0)}, "is made for version 2.0 of the contract"),
        ({"api": (0, 9)}, "is made for version 0.9 of the contract"),
        ({"api": "1.0"}, "cannot be read: '1.0'"),
    ],
)
def test_a_descriptor_that_cannot_be_offered_is_refused_with_what_is_wrong(load, offering, describe, details, words):
    status = status_of(load(offering("acme", describe(**details))))

    assert status.state is PluginState.INCOMPATIBLE
    assert words in status.reason
    assert status.providers == ()


def test_an_answer_that_cannot_be_taken_apart_fails_alone(load, offering, describe):
    class Module:
        @hookimpl
        def xrm_sms_providers(self):
            return Torn()

    registry = load(InProcessPlugin("torn", Module()), offering("acme", describe("acme")))

    assert status_of(registry, "torn").state is PluginState.FAILED
    assert status_of(registry).state is PluginState.ACTIVE


def test_a_plugin_that_raises_when_asked_for_its_providers_fails_alone(load, offering, describe):
    class Module:
        @hookimpl
        def xrm_sms_providers(self):
            raise SystemExit("no licence")

    registry = load(InProcessPlugin("bad", Module()), offering("good", describe("good")))

    status = status_of(registry, "bad")
    assert status.state is PluginState.FAILED
    assert "raised in the hook xrm_sms_providers: SystemExit: no licence" in status.reason
    assert [one.slug for one in registry.providers()] == ["good"]


@pytest.mark.parametrize("options", [{"wrapper": True}, {"hookwrapper": True}])
def test_a_wrapper_is_refused_because_it_could_undo_the_veto_of_another(load, options):
    class Module:
        @hookimpl(**options)
        def xrm_before_send(self, message, collaborator):
            yield

    status = status_of(load(Module()))

    assert status.state is PluginState.INCOMPATIBLE
    assert "wraps the hook xrm_before_send" in status.reason


def test_a_module_without_hooks_is_refused_with_a_hint(load):
    class Module:
        def xrm_sms_providers(self):
            return []

    assert "@hookimpl" in status_of(load(Module())).reason


def test_a_hook_of_a_later_version_marked_as_optional_is_let_be(load):
    class Module:
        @hookimpl(optionalhook=True)
        def xrm_in_version_1_5(self):
            pass

    assert status_of(load(Module())).state is PluginState.ACTIVE


def test_a_hook_may_name_fewer_arguments_than_it_is_given(load):
    class Module:
        @hookimpl
        def xrm_before_send(self):
            return None

    registry = load(Module())

    assert status_of(registry).state is PluginState.ACTIVE
    assert registry.veto(None, "COM") is None


def test_a_status_is_plain_json_and_holds_no_class(load, offering, describe):
    class Settings(ProviderSettings):
        password = secret(required=True)

    status = status_of(load(offering("acme", describe("acme", settings=Settings))))

    listed = json.loads(json.dumps(as_json(status)))

    assert listed["state"] == "active"
    assert listed["providers"][0]["slug"] == "acme"
    assert listed["providers"][0]["api"] == "1.0"
    assert listed["providers"][0]["settings"] == [{"name": "password", "required": True, "secret": True}]
