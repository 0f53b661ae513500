"""`xrm collaborators`: the people of a base."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .files import file_to_write
from .given import content_of
from .help import Command, noun
from .options import After, Base, Json, Limit
from .output import show, show_list, tell
from .paging import pages
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

Code = Annotated[str, typer.Argument(metavar="CODE")]
Type = Annotated[str | None, typer.Option("--type", metavar="TYPE")]
FirstName = Annotated[str | None, typer.Option("--first-name", metavar="NAME")]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS")]
Phone = Annotated[str | None, typer.Option("--phone", metavar="NUMBER")]
Mobile = Annotated[str | None, typer.Option("--mobile", metavar="NUMBER")]
Manager = Annotated[str | None, typer.Option("--manager", metavar="CODE")]
SignatureText = Annotated[str | None, typer.Option("--signature-text", metavar="TEXT")]
SignatureImage = Annotated[Path | None, typer.Option("--signature-image", metavar="FILE")]
MAX_IMAGE_READ = 10 * 1024**2
"""What the image of a signature may have before it is made small."""


@commands.command("create", cls=Command)
def create(
    code: Code,
    base: Base,
    last_name: Annotated[str, typer.Option("--last-name", metavar="NAME")],
    type_: Type = None,
    first_name: FirstName = None,
    email: Email = None,
    phone: Phone = None,
    mobile: Mobile = None,
    manager: Manager = None,
    signature_text: SignatureText = None,
    signature_image: SignatureImage = None,
    json: Json = False,
) -> None:
    image = None if signature_image is None else content_of(signature_image, MAX_IMAGE_READ)

    async def use(xrm: Platform, actor: Actor) -> Any:
        await _check_image(image)
        created = await xrm.collaborators.create(
            actor,
            code,
            type=type_,
            last_name=last_name,
            first_name=first_name or "",
            email=email,
            phone=phone,
            mobile=mobile,
            manager=manager,
            signature_text=signature_text or "",
        )
        if image is None:
            return created
        await xrm.collaborators.set_signature_image(actor, created.code, image)
        return await xrm.collaborators.get(actor, created.code)

    show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    code: Code,
    base: Base,
    type_: Type = None,
    last_name: Annotated[str | None, typer.Option("--last-name", metavar="NAME")] = None,
    first_name: FirstName = None,
    email: Email = None,
    phone: Phone = None,
    mobile: Mobile = None,
    manager: Manager = None,
    signature_text: SignatureText = None,
    signature_image: SignatureImage = None,
    no_signature_image: Annotated[bool, typer.Option("--no-signature-image")] = False,
    active: Annotated[bool | None, typer.Option("--active/--inactive")] = None,
    json: Json = False,
) -> None:
    image = None if signature_image is None else content_of(signature_image, MAX_IMAGE_READ)
    texts = {"last_name": last_name, "first_name": first_name, "signature_text": signature_text}
    removable = {"type": type_, "email": email, "phone": phone, "mobile": mobile, "manager": manager}
    changes: Any = {name: given for name, given in texts.items() if given is not None}
    changes |= {name: given or None for name, given in removable.items() if given is not None}
    if active is not None:
        changes["active"] = active

    async def use(xrm: Platform, actor: Actor) -> Any:
        await _check_image(image)
        changed = await (
            xrm.collaborators.change(actor, code, changes) if changes else xrm.collaborators.get(actor, code)
        )
        if image is None and not no_signature_image:
            return changed
        await xrm.collaborators.set_signature_image(actor, changed.code, image)
        return await xrm.collaborators.get(actor, changed.code)

    show(in_base(base, use), json_wanted=json)


async def _check_image(image: bytes | None) -> None:
    """Raises `Invalid` before anything is changed for an image that cannot be one of a signature."""
    from xrm_platform.people import signature_image as images  # noqa: PLC0415  see session

    if image is not None:
        await asyncio.to_thread(images.prepared, image)


@commands.command("list", cls=Command)
def list_(base: Base, after: After = None, limit: Limit = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.collaborators.list(actor, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    columns = ("code", "type", "last_name", "first_name", "email", "mobile", "manager", "active")
    show_list(items, columns, json_wanted=json, following=following)


@commands.command("show", cls=Command)
def show_(code: Code, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.collaborators.get(actor, code)

    show(in_base(base, use), json_wanted=json)


@commands.command("signature", cls=Command)
def signature(
    code: Code,
    base: Base,
    page: Annotated[Path | None, typer.Option("--page", metavar="FILE")] = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.signatures.show(actor, code)

    shown = in_base(base, use)
    if page is None:
        show(shown, json_wanted=json)
        return
    with file_to_write(page) as file:
        file.write(shown.page.encode())
    tell("signature_written", path=str(page))


@commands.command("types", cls=Command)
def types(
    base: Base,
    add: Annotated[str | None, typer.Option("--add", metavar="CODE=LABEL")] = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        if add is not None:
            code, _, label = add.partition("=")
            await xrm.collaborators.add_type(actor, code, label or code)
        return await xrm.collaborators.types(actor)

    show_list(in_base(base, use), ("code", "label"), json_wanted=json)
