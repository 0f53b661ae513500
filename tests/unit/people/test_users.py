import asyncio

import pytest

from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing, Unauthenticated

PASSWORD = "a long enough one"


async def signs_in(sign_in, login, password=PASSWORD, base="ACME"):
    return await sign_in.sign_in(base, login, password, user_agent="", address="192.0.2.1")


@pytest.fixture
async def com(collaborators, operator):
    return await collaborators.create(operator, "COM", last_name="Martin")


async def test_a_user_comes_back_as_entered(users, operator, com, clock):
    view = await users.create(operator, " Marie ", password=PASSWORD, xrm_allowed=True, collaborator="com")

    assert (view.login, view.is_admin, view.xrm_allowed, view.collaborator) == ("marie", False, True, "COM")
    assert (view.active, view.created_at) == (True, clock())
    assert await users.get(operator, "MARIE") == view
    assert not hasattr(view, "password_hash")


async def test_there_are_no_two_users_of_one_login(users, operator):
    await users.create(operator, "marie")

    with pytest.raises(Conflicting, match="user_exists"):
        await users.create(operator, "Marie")


async def test_a_user_without_password_cannot_sign_in_until_one_is_given(users, sign_in, operator):
    await users.create(operator, "marie")
    with pytest.raises(Unauthenticated):
        await signs_in(sign_in, "marie", "")

    await users.change(operator, "marie", {"password": PASSWORD})

    assert (await signs_in(sign_in, "marie")).user.login == "marie"


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"login": "a b"}, "login", "login_malformed"),
        ({"login": "marie", "password": "short"}, "password", "password_too_short"),
        ({"login": "marie", "collaborator": "NOBODY"}, "collaborator", "unknown_collaborator"),
    ],
)
async def test_a_wrong_field_of_a_user_is_named(users, operator, given, field, code):
    with pytest.raises(Invalid) as caught:
        await users.create(operator, **given)

    assert {name: fault.code for name, fault in caught.value.fields.items()} == {field: code}


async def test_a_collaborator_of_another_base_cannot_be_bound(users, operator, other_operator, collaborators):
    await collaborators.create(other_operator, "FAR", last_name="Far")
    await users.create(operator, "marie")

    with pytest.raises(Invalid):
        await users.change(operator, "marie", {"collaborator": "FAR"})


async def test_a_change_touches_only_what_is_named_and_is_audited(users, operator, audit, com):
    before = await users.create(operator, "marie", password=PASSWORD, collaborator="COM")

    after = await users.change(operator, "marie", {"xrm_allowed": True, "password": "another long one"})

    assert (after.xrm_allowed, after.collaborator, after.active) == (True, "COM", before.active)
    entry = (await audit.list(operator, limit=1)).items[0]
    assert (entry.action, entry.subject, entry.subject_id) == ("user.changed", "user", "marie")
    assert entry.changes == {"xrm_allowed": [False, True], "password": ["***", "***"]}


async def test_no_password_nor_hash_is_in_the_audit(users, operator, audit):
    await users.create(operator, "marie", password=PASSWORD)
    await users.change(operator, "marie", {"password": "another long one"})

    written = repr((await audit.list(operator)).items)
    assert PASSWORD not in written
    assert "another long one" not in written
    assert "argon2" not in written


@pytest.mark.parametrize("changes", [{"is_admin": False}, {"active": False}, {"is_admin": False, "active": False}])
async def test_the_last_active_administrator_stays_one(users, operator, changes):
    await users.create(operator, "anne", is_admin=True)
    await users.create(operator, "former", is_admin=True)
    await users.change(operator, "former", {"active": False})
    await users.create(operator, "marie")

    with pytest.raises(Conflicting, match="last_administrator"):
        await users.change(operator, "anne", changes)

    assert (await users.get(operator, "anne")).is_admin
    assert (await users.get(operator, "anne")).active


async def test_an_administrator_may_go_when_another_stays(users, operator):
    await users.create(operator, "anne", is_admin=True)
    await users.create(operator, "paul", is_admin=True)

    assert not (await users.change(operator, "anne", {"is_admin": False})).is_admin


async def test_an_administrator_of_another_base_is_no_other_one(users, operator, other_operator):
    await users.create(operator, "anne", is_admin=True)
    await users.create(other_operator, "paul", is_admin=True)

    with pytest.raises(Conflicting, match="last_administrator"):
        await users.change(operator, "anne", {"active": False})


async def test_two_administrators_who_leave_at_once_do_not_both_go(users, operator):
    for login in ("anne", "paul"):
        await users.create(operator, login, is_admin=True)

    results = await asyncio.gather(
        *(users.change(operator, login, {"active": False}) for login in ("anne", "paul")), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["Conflicting", "UserView"]


@pytest.mark.parametrize("changes", [{"password": "another long one"}, {"active": False}])
async def test_a_new_password_or_being_deactivated_ends_the_sessions(users, sign_in, operator, changes):
    await users.create(operator, "marie", password=PASSWORD)
    await users.create(operator, "paul", password=PASSWORD)
    marie, paul = await signs_in(sign_in, "marie"), await signs_in(sign_in, "paul")

    await users.change(operator, "marie", changes)

    assert await sign_in.actor_of(marie.token) is None
    assert await sign_in.actor_of(paul.token) is not None
    with pytest.raises(Unauthenticated):
        await signs_in(sign_in, "marie")


async def test_being_activated_again_does_not_bring_sessions_back(users, sign_in, operator):
    await users.create(operator, "marie", password=PASSWORD)
    signed_in = await signs_in(sign_in, "marie")

    await users.change(operator, "marie", {"active": False})
    await users.change(operator, "marie", {"active": True})

    assert await sign_in.actor_of(signed_in.token) is None


async def test_users_are_listed_by_login_in_pages(users, operator):
    for login in ("c", "a", "b"):
        await users.create(operator, login)

    first = await users.list(operator, limit=2)
    second = await users.list(operator, after=first.next, limit=2)

    assert [view.login for view in first.items + second.items] == ["a", "b", "c"]
    assert second.next is None


async def test_only_administrators_manage_users_and_everyone_sees_oneself(users, as_user, as_token, operator):
    marie = await as_user("marie")
    await users.create(operator, "paul")

    assert (await users.get(marie, "marie")).login == "marie"
    for actor in (marie, await as_token("read", "send")):
        for call in (
            users.get(actor, "paul"),
            users.get(actor, "nobody"),
            users.list(actor),
            users.create(actor, "x"),
            users.change(actor, "marie", {"is_admin": True}),
        ):
            with pytest.raises(Forbidden, match="admin_only"):
                await call
    assert (await users.list(await as_token("admin"))).items


@pytest.mark.parametrize("login", ["nobody", "", "a\x00b", "\ud800"])
async def test_a_user_that_is_not_there_is_missing(users, operator, login):
    for call in (users.get(operator, login), users.change(operator, login, {"active": False})):
        with pytest.raises(Missing, match="unknown_user"):
            await call


async def test_users_of_another_base_look_missing(users, operator, other_operator):
    await users.create(operator, "marie")

    assert (await users.list(other_operator)).items == ()
    for call in (users.get(other_operator, "marie"), users.change(other_operator, "marie", {"active": False})):
        with pytest.raises(Missing, match="unknown_user"):
            await call
    assert (await users.get(operator, "marie")).active
