"""Which providers a base uses."""

import pytest
from marshmallow import fields

from xrm_platform.people.actor import Actor
from xrm_platform.problems import Forbidden, Invalid, Missing
from xrm_platform.providers import Channel, ProviderDescriptor, ProviderSettings, hookimpl
from xrm_platform.registry import InProcessPlugin, Registry


def shown(views):
    return {(one.channel, one.slug): (one.enabled, one.available) for one in views}


async def test_installed_providers_are_listed_with_what_they_ask_for(providers, operator):
    views = await providers.list(operator)
    (sms,) = [one for one in views if one.slug == "memory_sms"]
    assert (sms.channel, sms.label, sms.enabled, sms.available) == ("sms", "Memory", False, True)
    assert "delivery_reports" in sms.capabilities
    assert [(one.name, one.secret) for one in sms.settings] == [
        ("service", False),
        ("password", True),
        ("account", False),
    ]
    assert sms.package == "xrm_platform.testing.memory_sms"
    assert [(one.channel, one.slug) for one in views] == sorted((one.channel, one.slug) for one in views)


async def test_an_enabled_provider_is_enabled_in_this_base_only(providers, operator, other_operator):
    await providers.enable(operator, "memory_sms")
    assert shown(await providers.list(operator))["sms", "memory_sms"] == (True, True)
    assert shown(await providers.list(other_operator))["sms", "memory_sms"] == (False, True)


async def test_an_unknown_provider_is_refused_with_those_installed(providers, operator):
    with pytest.raises(Missing) as caught:
        await providers.enable(operator, "fax")
    assert caught.value.code == "unknown_provider"
    assert {"memory_mail", "memory_sms", "moody"} <= set(caught.value.params["installed"].split(", "))
    with pytest.raises(Missing, match="unknown_provider"):
        await providers.disable(operator, "fax")


async def test_enabling_and_disabling_are_audited_once(providers, operator, audited):
    await providers.enable(operator, "memory_sms")
    await providers.enable(operator, "memory_sms", "sms")
    await providers.disable(operator, "memory_sms")
    await providers.disable(operator, "memory_sms")
    assert await audited("provider.") == [
        ("provider.enabled", {"enabled": [False, True]}),
        ("provider.disabled", {"enabled": [True, False]}),
    ]


async def test_a_provider_is_not_found_on_another_channel(providers, operator):
    with pytest.raises(Missing, match="unknown_provider"):
        await providers.enable(operator, "memory_sms", "mail")
    with pytest.raises(Invalid, match="channel: channel_unknown"):
        await providers.enable(operator, "memory_sms", "pigeon")


async def test_a_provider_of_two_channels_is_named_with_its_channel(rooms_over, operator):
    class Twins:
        @hookimpl
        def xrm_mail_providers(self):
            return [ProviderDescriptor("twin", Channel.MAIL, "Twin", ProviderSettings)]

        @hookimpl
        def xrm_sms_providers(self):
            return [ProviderDescriptor("twin", Channel.SMS, "Twin", ProviderSettings)]

    drivers = {(Channel.MAIL, "twin"): object, (Channel.SMS, "twin"): object}
    providers = rooms_over(Registry.load(extra=[InProcessPlugin("twin", Twins(), drivers)])).providers
    with pytest.raises(Invalid, match="channel: provider_of_several_channels"):
        await providers.enable(operator, "twin")
    await providers.enable(operator, "twin", "mail")
    assert shown(await providers.list(operator))["sms", "twin"] == (False, True)
    await providers.enable(operator, "twin", "sms")
    with pytest.raises(Invalid, match="channel: provider_of_several_channels"):
        await providers.disable(operator, "twin")
    await providers.disable(operator, "twin", "sms")
    await providers.disable(operator, "twin")
    assert shown(await providers.list(operator))["mail", "twin"] == (False, True)


async def test_a_provider_whose_plugin_is_missing_is_shown_and_can_be_disabled(
    providers, rooms_over, bare_registry, operator
):
    await providers.enable(operator, "memory_sms")
    without = rooms_over(bare_registry).providers
    assert shown(await without.list(operator)) == {("sms", "memory_sms"): (True, False)}
    await without.disable(operator, "memory_sms")
    assert await without.list(operator) == ()


async def test_a_broken_schema_empties_its_own_form_only(rooms_over, operator):
    class Broken(ProviderSettings):
        port = fields.Integer(load_default="not a number")

    class Plugin:
        @hookimpl
        def xrm_mail_providers(self):
            return [ProviderDescriptor("broken", Channel.MAIL, "Broken", Broken)]

    plugin = InProcessPlugin("broken", Plugin(), {(Channel.MAIL, "broken"): object})
    views = await rooms_over(Registry.load(extra=[plugin])).providers.list(operator)
    (broken,) = [one for one in views if one.slug == "broken"]
    assert broken.settings == ()


async def test_providers_are_an_administrators(providers, com: Actor):
    for attempt in (providers.list(com), providers.enable(com, "memory_sms"), providers.disable(com, "memory_sms")):
        with pytest.raises(Forbidden, match="admin_only"):
            await attempt
