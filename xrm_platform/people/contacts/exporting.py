"""The address book as files: CSV that Excel opens right, and vCard."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence

from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Invalid
from xrm_platform.store import Store
from xrm_platform.wording import Wording

from . import lookup, queries
from .csv_reading import FORMULA_STARTS
from .vcard import VERSIONS, vcard_of
from .views import ConsentChannel, ContactView, Purpose

STEP = 500
BYTE_ORDER_MARK = "\ufeff"
SECTION = "contact_columns"
_PLAIN = ("last_name", "first_name", "company", "country", "language", "notes", "reference")
_CONSENT = ("consent", "source", "wording", "date")
_SAID = tuple((channel, purpose) for channel in ConsentChannel for purpose in Purpose)
_DELIMITERS = {"fr": ";"}
"""Excel expects the list separator of the language it runs in: a semicolon where the comma is for decimals."""


class ContactExport:
    """For administrators. Contacts come in the order in which they were entered; what is entered meanwhile may come."""

    def __init__(self, store: Store, wording: Wording) -> None:
        self._store = store
        self._wording = wording

    async def csv(self, actor: Actor, *, language: str) -> AsyncIterator[bytes]:
        """In UTF-8 with a byte order mark, headers in `language` (fr, en). Our import reads it back."""
        require_admin(actor)
        async with self._store.read() as session:
            phones, mails = await queries.most_parts(session, base_id=actor.base_id)
        widths = max(1, phones), max(1, mails)
        delimiter = _DELIMITERS.get(language, ",")
        header = [self._header(*column, language=language) for column in _columns(*widths)]
        yield (BYTE_ORDER_MARK + _lines([header], delimiter)).encode()
        async for contacts in self._all(actor):
            yield (await asyncio.to_thread(_rows, contacts, widths, delimiter)).encode()

    async def vcard(self, actor: Actor, *, version: str = "4.0") -> AsyncIterator[bytes]:
        """Version 4.0 or 3.0, without consents: vCard knows none."""
        require_admin(actor)
        if version not in VERSIONS:
            raise Invalid.field("version", "vcard_version_unknown", known=", ".join(VERSIONS))
        async for contacts in self._all(actor):
            yield (await asyncio.to_thread(_cards, contacts, version)).encode()

    async def _all(self, actor: Actor) -> AsyncIterator[Sequence[ContactView]]:
        after: str | None = None
        while True:
            async with self._store.read() as session:
                rows = await queries.contacts_in_order_of_entry(session, base_id=actor.base_id, after=after, limit=STEP)
                views = await lookup.views_of(session, base_id=actor.base_id, rows=rows)
            if not views:
                return
            yield views
            after = views[-1].id

    def _header(self, code: str, place: str, language: str) -> str:
        return self._wording.say(SECTION, code, {"place": place}, language=language)


def _columns(phones: int, mails: int) -> Iterator[tuple[str, str]]:
    """The code of each header, and what fills it."""
    for name in _PLAIN:
        yield name, ""
    for kind, width in (("phone", phones), ("mail", mails)):
        for place in range(1, width + 1):
            yield kind, str(place)
            yield f"{kind}_label", str(place)
    for channel, purpose in _SAID:
        for part in _CONSENT:
            yield f"{channel}_{purpose}_{part}", ""


def _rows(contacts: Sequence[ContactView], widths: tuple[int, int], delimiter: str) -> str:
    return _lines((list(_cells(contact, *widths)) for contact in contacts), delimiter)


def _cells(contact: ContactView, phones: int, mails: int) -> Iterator[str]:
    for name in _PLAIN:
        yield harmless(getattr(contact, name) or "")
    for place in range(phones):
        phone = contact.phones[place] if place < len(contact.phones) else None
        yield phone_cell(phone.shown) if phone else ""
        yield harmless(phone.label) if phone else ""
    for place in range(mails):
        mail = contact.mails[place] if place < len(contact.mails) else None
        yield harmless(mail.address) if mail else ""
        yield harmless(mail.label) if mail else ""
    said = {(one.channel, one.purpose): one for one in contact.consents}
    for key in _SAID:
        one = said.get((key[0].value, key[1].value))
        yield from (
            (one.state, harmless(one.source), harmless(one.wording), one.at.isoformat()) if one else ("", "", "", "")
        )


def harmless(text: str) -> str:
    """A text that no office program takes for a formula, which a stranger could have put into a name (CWE-1236)."""
    return f"'{text}" if text.lstrip("'").startswith(tuple(FORMULA_STARTS)) else text


def phone_cell(shown: str) -> str:
    """A number as people write it: with spaces in it, it is neither a formula nor a number that loses its plus."""
    return shown if " " in shown else harmless(shown)


def _lines(rows: Sequence[list[str]] | Iterator[list[str]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cards(contacts: Sequence[ContactView], version: str) -> str:
    return "".join(vcard_of(contact, version) for contact in contacts)
