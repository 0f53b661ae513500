from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from xrm_platform.people.actor import Scope
from xrm_platform.people.tables import ApiToken
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing


async def test_a_token_opens_the_base_it_was_made_in_with_its_scopes(tokens, operator, base, clock):
    view, plaintext = await tokens.create(operator, "erp", ["send", Scope.READ])

    actor = await tokens.actor_of(plaintext)
    assert (actor.name, actor.base_id, actor.base_code) == ("token:erp", base.id, "ACME")
    assert actor.scopes == {Scope.READ, Scope.SEND}
    assert (actor.is_admin, actor.xrm_allowed, actor.speaks_for_all, actor.user_id) == (False, True, True, None)
    assert (view.scopes, view.created_by, view.created_at) == (("read", "send"), "operator:test", clock())
    assert plaintext.startswith(f"xrm_{view.id}_")


async def test_a_token_is_an_administrator_only_with_that_scope(tokens, operator):
    _, plaintext = await tokens.create(operator, "erp", ["admin"])

    assert (await tokens.actor_of(plaintext)).is_admin


async def test_the_secret_is_neither_stored_nor_listed_nor_audited(tokens, operator, store, audit):
    _, plaintext = await tokens.create(operator, "erp", ["read"])
    secret = plaintext.split("_", 2)[2]

    async with store.read() as session:
        row = await session.scalar(select(ApiToken))
    assert secret not in row.secret_hash
    assert secret not in repr(await tokens.list(operator))
    assert secret not in repr((await audit.list(operator)).items)


async def test_other_texts_are_nobody(tokens, operator):
    view, plaintext = await tokens.create(operator, "erp", ["read"])
    other_view, other = await tokens.create(operator, "other", ["read"])

    for wrong in (
        "",
        "xrm",
        "xrm_",
        f"xrm_{view.id}_",
        f"xrm_{view.id}",
        plaintext[:-1],
        plaintext + "x",
        plaintext.replace("xrm_", "yrm_"),
        plaintext.replace(view.id, other_view.id),
        f"xrm_{'x' * 36}_x",
        f"xrm_{chr(0) * 36}_x",
        f"xrm_{view.id}_\ud800",
    ):
        assert await tokens.actor_of(wrong) is None
    assert await tokens.actor_of(other) is not None


async def test_a_revoked_token_opens_nothing_and_stays_in_the_list(tokens, operator, audit, clock):
    view, plaintext = await tokens.create(operator, "erp", ["read"])

    revoked = await tokens.revoke(operator, view.id)
    clock.advance(timedelta(days=1))

    assert await tokens.actor_of(plaintext) is None
    assert await tokens.revoke(operator, view.id) == revoked
    assert await tokens.list(operator) == (revoked,)
    assert [entry.action for entry in (await audit.list(operator, limit=2)).items] == [
        "api_token.revoked",
        "api_token.created",
    ]


async def test_a_token_ends_at_its_time(tokens, operator, clock):
    _, plaintext = await tokens.create(operator, "erp", ["read"], clock() + timedelta(days=1))
    assert await tokens.actor_of(plaintext) is not None

    clock.advance(timedelta(days=1))

    assert await tokens.actor_of(plaintext) is None


async def test_the_list_says_when_a_token_was_last_used(tokens, operator, clock):
    view, plaintext = await tokens.create(operator, "erp", ["read"])
    assert view.last_used_at is None

    await tokens.actor_of(plaintext)
    first_use = clock()
    clock.advance(timedelta(seconds=59))
    await tokens.actor_of(plaintext)
    assert [token.last_used_at for token in await tokens.list(operator)] == [first_use]

    clock.advance(timedelta(seconds=1))
    await tokens.actor_of(plaintext)
    assert [token.last_used_at for token in await tokens.list(operator)] == [clock()]


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"name": " "}, "name", "required"),
        ({"scopes": []}, "scopes", "required"),
        ({"scopes": ["read", "everything"]}, "scopes", "scope_unknown"),
        ({"expires_at": datetime(2026, 3, 2, 8, tzinfo=UTC)}, "expires_at", "time_past"),
        ({"expires_at": datetime(2030, 1, 1)}, "expires_at", "time_without_zone"),  # noqa: DTZ001
    ],
)
async def test_a_wrong_field_of_a_token_is_named(tokens, operator, given, field, code):
    with pytest.raises(Invalid) as caught:
        await tokens.create(operator, **({"name": "erp", "scopes": ["read"]} | given))

    assert {name: fault.code for name, fault in caught.value.fields.items()} == {field: code}


async def test_two_tokens_in_use_have_two_names(tokens, operator):
    view, _ = await tokens.create(operator, "erp", ["read"])
    with pytest.raises(Conflicting, match="token_exists"):
        await tokens.create(operator, "erp", ["send"])

    await tokens.revoke(operator, view.id)

    assert (await tokens.create(operator, "erp", ["send"]))[0].name == "erp"


async def test_only_administrators_have_to_do_with_tokens(tokens, operator, as_user, as_token):
    view, _ = await tokens.create(operator, "erp", ["read"])
    for actor in (await as_user("marie"), await as_token("read", "send")):
        for call in (tokens.create(actor, "x", ["admin"]), tokens.list(actor), tokens.revoke(actor, view.id)):
            with pytest.raises(Forbidden, match="admin_only"):
                await call


@pytest.mark.parametrize("token_id", ["", "x" * 36, "\x00" * 36])
async def test_a_token_that_is_not_there_is_missing(tokens, operator, token_id):
    with pytest.raises(Missing, match="unknown_token"):
        await tokens.revoke(operator, token_id)


async def test_tokens_of_another_base_look_missing(tokens, operator, other_operator):
    view, plaintext = await tokens.create(operator, "erp", ["read"])

    assert await tokens.list(other_operator) == ()
    with pytest.raises(Missing, match="unknown_token"):
        await tokens.revoke(other_operator, view.id)
    assert await tokens.actor_of(plaintext) is not None
