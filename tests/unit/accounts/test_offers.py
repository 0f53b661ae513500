"""The vendor's accounts that a sign-in opens, to choose one from before there is an account here."""

from __future__ import annotations

import pytest

from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.testing.memory_sms import memory_sms_service

SIGN_IN = {"password": "s3cret-é"}


@pytest.fixture
async def enabled(rooms, operator):
    await rooms.providers.enable(operator, "memory_sms")
    return rooms


async def test_a_sign_in_shows_its_accounts_and_nothing_is_kept(enabled, operator, tmp_path):
    service = memory_sms_service(str(tmp_path))
    service.accounts["second"] = "Second"
    found = await enabled.accounts.offers(operator, "memory_sms", {"service": str(tmp_path), **SIGN_IN})

    assert [(one.reference, one.label) for one in found] == [("main", "Main"), ("second", "Second")]
    assert (await enabled.accounts.list(operator)).items == ()


async def test_a_refused_sign_in_says_so_on_the_settings(enabled, operator, tmp_path):
    service = memory_sms_service(str(tmp_path))
    await service.refuse_credentials()
    with pytest.raises(Invalid) as refused:
        await enabled.accounts.offers(operator, "memory_sms", {"service": str(tmp_path), **SIGN_IN})

    assert refused.value.fields["settings"].code == "credentials_refused"


async def test_settings_that_are_wrong_are_named(enabled, operator):
    with pytest.raises(Invalid) as refused:
        await enabled.accounts.offers(operator, "memory_sms", {"nonsense": 1})

    assert list(refused.value.fields) == ["settings.nonsense"]


async def test_only_a_provider_that_tells_its_accounts_and_is_enabled_is_asked(rooms, operator):
    with pytest.raises(Conflicting, match="provider_not_enabled"):
        await rooms.accounts.offers(operator, "memory_sms", SIGN_IN)
    with pytest.raises(Conflicting, match="provider_tells_no_accounts"):
        await rooms.accounts.offers(operator, "memory_mail", SIGN_IN)
    with pytest.raises(Missing, match="unknown_provider"):
        await rooms.accounts.offers(operator, "nobody", SIGN_IN)
