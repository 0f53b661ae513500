import asyncio
import io
from dataclasses import replace

import pytest
from PIL import Image

from xrm_platform.people import lookup
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing

MARIE = {
    "last_name": "Martin",
    "first_name": "Marie",
    "type": "representative",
    "email": "marie@example.fr",
    "phone": "01 42 68 53 00",
    "mobile": "06 12 34 56 78",
    "signature_text": "Marie Martin\nAcme",
}


def image(kind, size=(20, 10)):
    content = io.BytesIO()
    Image.new("RGB", size, "navy").save(content, kind)
    return content.getvalue()


@pytest.fixture
async def marie(collaborators, operator):
    return await collaborators.create(operator, "com", **MARIE)


async def test_a_collaborator_comes_back_as_entered_with_phones_as_e164(collaborators, operator, marie):
    assert marie.code == "COM"
    assert marie.type == "representative"
    assert (marie.phone, marie.mobile) == ("+33142685300", "+33612345678")
    assert marie.active
    assert not marie.has_signature_image
    assert await collaborators.get(operator, "com") == marie


async def test_phones_are_of_the_country_of_the_base(bases, collaborators):
    await bases.create("BEL", "Belge", country="BE", actor_name="operator:test")

    view = await collaborators.create(await bases.operator("BEL"), "COM", last_name="Peeters", mobile="0470 12 34 56")

    assert view.mobile == "+32470123456"


async def test_every_wrong_field_is_named_at_once(collaborators, operator):
    with pytest.raises(Invalid) as caught:
        await collaborators.create(operator, "COM", last_name="", email="x", mobile="12")

    assert {name: fault.code for name, fault in caught.value.fields.items()} == {
        "last_name": "required",
        "email": "email_malformed",
        "mobile": "phone_malformed",
    }


@pytest.mark.parametrize(
    ("field", "code"), [("type", "collaborator_type_unknown"), ("manager", "unknown_collaborator")]
)
async def test_what_a_collaborator_refers_to_must_be_there(collaborators, operator, field, code):
    with pytest.raises(Invalid) as caught:
        await collaborators.create(operator, "COM", last_name="Martin", **{field: "NOBODY"})

    assert caught.value.fields[field].code == code


async def test_there_are_no_two_collaborators_of_one_code(collaborators, operator, marie):
    with pytest.raises(Conflicting, match="collaborator_exists"):
        await collaborators.create(operator, "Com", last_name="Other")

    assert await collaborators.get(operator, "COM") == marie


async def test_of_two_who_create_one_code_at_once_one_is_refused(collaborators, operator):
    results = await asyncio.gather(
        *(collaborators.create(operator, "COM", last_name=name) for name in ("One", "Two")), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == ["CollaboratorView", "Conflicting"]


async def test_a_change_touches_only_what_is_named(collaborators, operator, marie):
    changed = await collaborators.change(operator, "COM", {"email": None, "active": False, "type": None})

    assert changed == replace(marie, email=None, active=False, type=None)


async def test_a_refused_change_changes_nothing(collaborators, operator, marie):
    with pytest.raises(Invalid):
        await collaborators.change(operator, "COM", {"last_name": "Other", "email": "x"})
    with pytest.raises(Invalid):
        await collaborators.change(operator, "COM", {"last_name": "Other", "manager": "NOBODY"})

    assert await collaborators.get(operator, "COM") == marie


async def test_changes_are_audited_with_old_and_new_and_nothing_else(collaborators, operator, marie, audit):
    await collaborators.change(operator, "COM", {"last_name": "Durand", "first_name": "Marie"})
    await collaborators.change(operator, "COM", {"last_name": "Durand"})

    entries = (await audit.list(operator)).items
    assert [entry.action for entry in entries] == ["collaborator.changed", "collaborator.created", "base.created"]
    assert (entries[0].actor, entries[0].subject, entries[0].subject_id) == ("operator:test", "collaborator", "COM")
    assert entries[0].changes == {"last_name": ["Martin", "Durand"]}
    assert entries[1].changes["mobile"] == [None, "+33612345678"]


async def test_collaborators_are_listed_by_code_in_pages(collaborators, operator):
    for code in ("C", "A", "E", "B", "D"):
        await collaborators.create(operator, code, last_name=code)

    first = await collaborators.list(operator, limit=2)
    second = await collaborators.list(operator, after=first.next, limit=2)
    third = await collaborators.list(operator, after=second.next, limit=2)

    assert [[view.code for view in page.items] for page in (first, second, third)] == [["A", "B"], ["C", "D"], ["E"]]
    assert third.next is None


@pytest.mark.parametrize("limit", [0, 501])
async def test_a_page_out_of_range_is_refused(collaborators, operator, limit):
    with pytest.raises(Invalid):
        await collaborators.list(operator, limit=limit)


@pytest.mark.parametrize("code", ["NOBODY", "", "A\x00", "\ud800"])
async def test_a_collaborator_that_is_not_there_is_missing(collaborators, operator, code):
    for call in (
        collaborators.get(operator, code),
        collaborators.change(operator, code, {"first_name": "X"}),
        collaborators.set_signature_image(operator, code, None),
        collaborators.signature_image(operator, code),
    ):
        with pytest.raises(Missing, match="unknown_collaborator"):
            await call


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
async def test_the_image_of_a_signature_comes_back_byte_for_byte(collaborators, operator, marie, kind, media_type):
    content = image(kind)

    changed = await collaborators.set_signature_image(operator, "COM", content)

    assert changed.has_signature_image
    assert await collaborators.signature_image(operator, "COM") == (content, media_type)


async def test_an_image_can_be_taken_away(collaborators, operator, marie, audit):
    await collaborators.set_signature_image(operator, "COM", image("PNG"))

    assert not (await collaborators.set_signature_image(operator, "COM", None)).has_signature_image
    with pytest.raises(Missing, match="no_signature_image"):
        await collaborators.signature_image(operator, "COM")
    changes = [entry.changes for entry in (await audit.list(operator, limit=2)).items]
    assert changes == [{"signature_image": ["image/png", None]}, {"signature_image": [None, "image/png"]}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "image_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_is_svg"),
        (image("GIF"), "image_unreadable"),
        (image("PNG")[:60], "image_unreadable"),
        (image("JPEG")[:200], "image_unreadable"),
        (image("PNG") + b"\0" * 10 * 1024**2, "image_too_big"),
    ],
    ids=["empty", "svg", "gif", "half a png", "half a jpeg", "too many bytes"],
)
async def test_what_is_no_picture_for_a_mail_is_refused(collaborators, operator, marie, content, code):
    with pytest.raises(Invalid) as caught:
        await collaborators.set_signature_image(operator, "COM", content)

    assert caught.value.fields["signature_image"].code == code
    assert not (await collaborators.get(operator, "COM")).has_signature_image


async def test_an_image_that_unpacks_to_gigabytes_is_not_unpacked(collaborators, operator, marie):
    bomb = image("PNG", (1, 1)).replace((1).to_bytes(4, "big") * 2, (60_000).to_bytes(4, "big") * 2, 1)

    with pytest.raises(Invalid):
        await collaborators.set_signature_image(operator, "COM", bomb)


async def test_a_base_has_its_own_types(collaborators, operator, other_operator, marie):
    added = await collaborators.add_type(operator, "Driver", "Chauffeur")

    assert added.code == "driver"
    assert (await collaborators.change(operator, "COM", {"type": "DRIVER"})).type == "driver"
    assert added not in await collaborators.types(other_operator)
    with pytest.raises(Conflicting, match="collaborator_type_exists"):
        await collaborators.add_type(operator, "driver", "Autre")
    with pytest.raises(Invalid):
        await collaborators.change(operator, "COM", {"type": "cook"})


async def test_users_see_collaborators_and_only_administrators_change_them(collaborators, as_user, marie):
    paul = await as_user("paul")
    admin = await as_user("anne", is_admin=True)

    assert await collaborators.get(paul, "COM") == marie
    assert [view.code for view in (await collaborators.list(paul)).items] == ["COM"]
    for call in (
        collaborators.create(paul, "X", last_name="X"),
        collaborators.change(paul, "COM", {"first_name": "X"}),
        collaborators.set_signature_image(paul, "COM", None),
        collaborators.add_type(paul, "x", "X"),
    ):
        with pytest.raises(Forbidden, match="admin_only"):
            await call
    assert (await collaborators.change(admin, "COM", {"first_name": "X"})).first_name == "X"


async def test_a_token_sees_collaborators_only_with_the_scope_to_read(collaborators, as_token, marie):
    sending, reading = await as_token("send"), await as_token("read")

    assert await collaborators.get(reading, "COM") == marie
    with pytest.raises(Forbidden, match="admin_only"):
        await collaborators.change(reading, "COM", {"first_name": "X"})
    for call in (collaborators.get(sending, "COM"), collaborators.list(sending), collaborators.types(sending)):
        with pytest.raises(Forbidden, match="scope_missing"):
            await call


async def test_another_base_looks_empty(collaborators, operator, other_operator, marie):
    assert (await collaborators.list(other_operator)).items == ()
    for call in (
        collaborators.get(other_operator, "COM"),
        collaborators.change(other_operator, "COM", {"first_name": "X"}),
        collaborators.set_signature_image(other_operator, "COM", None),
        collaborators.signature_image(other_operator, "COM"),
    ):
        with pytest.raises(Missing, match="unknown_collaborator"):
            await call
    with pytest.raises(Invalid):
        await collaborators.create(other_operator, "DIR", last_name="Durand", manager="COM")
    assert await collaborators.get(operator, "COM") == marie


async def test_both_bases_may_use_one_code(collaborators, operator, other_operator, marie):
    other = await collaborators.create(other_operator, "COM", last_name="Other")

    assert (await collaborators.get(other_operator, "COM")).last_name == other.last_name == "Other"
    assert (await collaborators.get(operator, "COM")).last_name == "Martin"


async def test_other_rooms_look_up_a_sender_with_signature(store, collaborators, operator, marie, other_base):
    await collaborators.set_signature_image(operator, "COM", image("PNG"))

    async with store.read() as session:
        sender = await lookup.sender(session, base_id=operator.base_id, code="com")
        found = await lookup.collaborator(session, base_id=operator.base_id, code="com")
        codes = await lookup.codes(session, base_id=operator.base_id)
        with pytest.raises(Missing, match="unknown_collaborator"):
            await lookup.sender(session, base_id=other_base.id, code="COM")

    assert (sender.name, sender.email, sender.signature_text) == (
        "Marie Martin",
        "marie@example.fr",
        "Marie Martin\nAcme",
    )
    assert sender.signature_image == image("PNG")
    assert (found.id, found.code, found.name) == (sender.id, "COM", "Marie Martin")
    assert codes == {sender.id: "COM"}
