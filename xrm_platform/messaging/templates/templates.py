"""Templates: whoever may send has their own and uses the base's; administrators write those of the base."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.bulk.judging import filled_in
from xrm_platform.messaging.bulk.merge_fields import template_of
from xrm_platform.messaging.bulk.people import own_values, person_of
from xrm_platform.messaging.bulk.texts import Templates as Texts
from xrm_platform.messaging.bulk.texts import bound_to_contacts, texts_of
from xrm_platform.people import audit, fields, lookup
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.contacts import lookup as contacts
from xrm_platform.people.rights import require_admin, require_collaborative, require_may_send_as, require_scope
from xrm_platform.problems import Conflicting, Fault, Invalid, Missing
from xrm_platform.providers import Channel
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import queries
from .tables import Template
from .views import TemplatePreview, TemplateView

NAME_LIMIT = 80
TEXTS = ("name", "subject", "text", "html")


class Templates:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def create(
        self,
        actor: Actor,
        name: str,
        *,
        channel: Channel = Channel.MAIL,
        collaborator: str | None = None,
        subject: str = "",
        text: str = "",
        html: str | None = None,
    ) -> TemplateView:
        """A template of the base, or of `collaborator` (code) alone. Raises `Invalid` for a field that no contact has,
        `Conflicting` for a name that is taken, `Forbidden` and `Missing`."""
        require_collaborative(actor)
        require_scope(actor, Scope.SEND)
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            owner_id = None
            if collaborator is not None:
                owner_id = (await lookup.collaborator(session, base_id=actor.base_id, code=collaborator)).id
            _require_may_change(actor, owner_id)
            row = Template(id=new_id(), base_id=actor.base_id, collaborator_id=owner_id, channel=channel)
            await self._write(session, actor, row, {"name": name, "subject": subject, "text": text, "html": html})
            session.add(row)
            _note(session, actor, "template.created", row, [None, row.name], self._now())
            return await _view(session, row)

    async def change(self, actor: Actor, template_id: str, changes: Mapping[str, str | None]) -> TemplateView:
        """Change any of name, subject, text and html (None takes it away). Raises what `create` does."""
        require_collaborative(actor)
        require_scope(actor, Scope.SEND)
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            row = await usable(session, actor, template_id)
            _require_may_change(actor, row.collaborator_id)
            before = row.name
            await self._write(session, actor, row, {name: getattr(row, name) for name in TEXTS} | dict(changes))
            _note(session, actor, "template.changed", row, [before, row.name], self._now())
            return await _view(session, row)

    async def list(self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[TemplateView]:
        """Those of the base and one's own; administrators see everybody's."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            rows = await queries.templates(
                session,
                base_id=actor.base_id,
                of=actor.collaborator_id,
                everybody=actor.is_admin,
                after=after,
                limit=limit + 1,
            )
            codes = await lookup.codes(session, base_id=actor.base_id)
        page = page_of(rows, limit, lambda row: row.id)
        return Page(tuple(_view_of(row, codes) for row in page.items), page.next)

    async def get(self, actor: Actor, template_id: str) -> TemplateView:
        """Raises `Missing`."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            return await _view(session, await usable(session, actor, template_id))

    async def preview(self, actor: Actor, template_id: str, *, contact: str, sender: str) -> TemplatePreview:
        """As the contact (id) would get it. Raises `Invalid` that names the field which this contact lacks."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            row = await usable(session, actor, template_id)
            person = await lookup.sender(session, base_id=actor.base_id, code=sender)
            require_may_send_as(actor, person.id)
            base = await lookup.base(session, base_id=actor.base_id)
            found = await contacts.contacts_by_id(session, base_id=actor.base_id, ids=[contact])
        if not found:
            raise Missing("unknown_contact", contact=contact)
        reader = person_of(found[0], 1, Channel(row.channel))
        texts = filled_in(_bound(row), {**own_values(person, base.name), **reader.values})
        if isinstance(texts, Fault):
            raise Invalid({"contact": texts})
        return TemplatePreview(found[0].name, person.code, texts.get("subject", ""), texts["text"], texts.get("html"))

    async def remove(self, actor: Actor, template_id: str) -> None:
        """Mailings that were prepared with it have its texts already. Raises `Missing` and `Forbidden`."""
        require_collaborative(actor)
        require_scope(actor, Scope.SEND)
        async with self._store.write() as session:
            row = await usable(session, actor, template_id)
            _require_may_change(actor, row.collaborator_id)
            await session.delete(row)
            _note(session, actor, "template.removed", row, [row.name, None], self._now())

    async def _write(self, session: AsyncSession, actor: Actor, row: Template, given: Mapping[str, str | None]) -> None:
        name = fields.line("name", given["name"] or "", limit=NAME_LIMIT, required=True)
        other = await queries.named(session, base_id=actor.base_id, collaborator_id=row.collaborator_id, name=name)
        if other is not None and other.id != row.id:
            raise Conflicting("template_name_taken", name=name)
        row.name, row.subject, row.text = name, given["subject"] or "", given["text"] or ""
        row.html = given["html"] or None
        _bound(row)
        row.changed_at, row.changed_by = self._now(), actor.name


async def usable(session: AsyncSession, actor: Actor, template_id: str) -> Template:
    """A template of the base, of the actor, or for an administrator anybody's. Raises `Missing`."""
    require_collaborative(actor)
    row = None
    if template_id.isprintable():
        row = await queries.template(session, base_id=actor.base_id, template_id=template_id)
    if row is None or not (row.collaborator_id in (None, actor.collaborator_id) or actor.is_admin):
        raise Missing("unknown_template", template=template_id[:80])
    return row


def _bound(row: Template) -> Texts:
    """The templates of its texts. Raises `Invalid`."""
    texts = texts_of(Channel(row.channel), row.subject, row.text, row.html)
    return bound_to_contacts({name: template_of(text, name) for name, text in texts.items()})


def _require_may_change(actor: Actor, owner_id: str | None) -> None:
    if owner_id is None or owner_id != actor.collaborator_id:
        require_admin(actor)


def _note(
    session: AsyncSession, actor: Actor, action: str, row: Template, names: list[str | None], at: datetime
) -> None:
    audit.record(session, actor, action=action, subject="template", subject_id=row.id, changes={"name": names}, at=at)


async def _view(session: AsyncSession, row: Template) -> TemplateView:
    return _view_of(row, await lookup.codes(session, base_id=row.base_id))


def _view_of(row: Template, codes: Mapping[str, str]) -> TemplateView:
    return TemplateView(
        row.id,
        row.name,
        row.channel,
        None if row.collaborator_id is None else codes[row.collaborator_id],
        row.subject,
        row.text,
        row.html,
        row.changed_at,
        row.changed_by,
    )
