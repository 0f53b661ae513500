import pytest

from xrm_platform.problems import Conflicting, Invalid, Missing, Unauthenticated

FOUNDED = {"admin_login": "admin", "admin_password": "a long enough one", "actor_name": "operator:root"}


async def test_a_base_is_found_by_its_code_however_it_is_typed(bases, base):
    assert base.code == "ACME"
    assert (base.country, base.language, base.time_zone) == ("FR", "fr", "Europe/Paris")
    assert await bases.get(" acme ") == base


async def test_bases_are_listed_by_code(bases, base, other_base):
    assert await bases.list() == (base, other_base)


@pytest.mark.parametrize("code", ["NONE", "", "A\x00", "\ud800"])
async def test_a_base_that_is_not_there_is_missing(bases, base, code):
    with pytest.raises(Missing, match="unknown_base"):
        await bases.get(code)
    with pytest.raises(Missing, match="unknown_base"):
        await bases.operator(code)


async def test_there_are_no_two_bases_of_one_code(bases, base):
    with pytest.raises(Conflicting, match="base_exists"):
        await bases.create("acme", "Another", actor_name="operator:root")

    assert await bases.list() == (base,)


@pytest.mark.parametrize(
    ("field", "given", "code"),
    [
        ("code", "A B", "code_malformed"),
        ("name", " ", "required"),
        ("country", "XX", "country_unknown"),
        ("language", "de", "language_unknown"),
        ("time_zone", "Europe/Atlantis", "time_zone_unknown"),
        ("time_zone", "../../etc/passwd", "time_zone_unknown"),
        ("time_zone", "\x00", "time_zone_unknown"),
        ("time_zone", "", "time_zone_unknown"),
    ],
)
async def test_a_wrong_field_of_a_base_is_named(bases, field, given, code):
    fields = {"code": "ACME", "name": "Acme", field: given}
    with pytest.raises(Invalid) as caught:
        await bases.create(**fields, actor_name="operator:root")

    assert {name: fault.code for name, fault in caught.value.fields.items()} == {field: code}


async def test_a_new_base_has_the_usual_types_of_collaborators(collaborators, operator):
    assert {view.code: view.label for view in await collaborators.types(operator)} == {
        "representative": "Représentant",
        "manager": "Responsable",
        "cashier": "Caissier",
    }


async def test_the_operator_may_do_everything_in_the_base(operator, base):
    assert operator.base_id == base.id
    assert operator.is_admin
    assert operator.speaks_for_all
    assert operator.user_id is None


async def test_a_founded_base_has_an_administrator_who_can_sign_in(bases, sign_in, audit):
    base = await bases.found("NEW", "Neuf", **FOUNDED)

    signed_in = await sign_in.sign_in("new", "admin", "a long enough one", user_agent="", address="")
    assert signed_in.user.is_admin
    entries = (await audit.list(await bases.operator("NEW"))).items
    assert [(entry.actor, entry.action, entry.subject_id) for entry in entries] == [
        ("operator:root", "user.created", "admin"),
        ("operator:root", "base.created", base.code),
    ]
    assert entries[0].changes["password"] == [None, "***"]


async def test_a_base_is_not_founded_without_its_administrator(bases):
    with pytest.raises(Invalid):
        await bases.found("NEW", "Neuf", **{**FOUNDED, "admin_password": "short"})
    with pytest.raises(Invalid):
        await bases.found("NEW", "Neuf", **{**FOUNDED, "admin_login": "a b"})

    assert await bases.list() == ()


async def test_founding_a_base_that_exists_adds_no_administrator_to_it(bases, base, sign_in):
    with pytest.raises(Conflicting, match="base_exists"):
        await bases.found("ACME", "Acme", **FOUNDED)

    with pytest.raises(Unauthenticated):
        await sign_in.sign_in("ACME", "admin", "a long enough one", user_agent="", address="")
