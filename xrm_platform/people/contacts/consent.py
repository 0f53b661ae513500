"""What contacts agreed to: by channel and purpose, with what proves it. French law wants consent before advertising by
SMS or mail to consumers (CPCE L34-5), and whoever sends has to prove it (GDPR, article 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import fields
from xrm_platform.people.tables import ContactConsent
from xrm_platform.problems import Conflicting, Fault, Invalid

from . import queries
from .views import ConsentChannel, ConsentState, ConsentView, ContactView, Purpose

SOURCE_LIMIT = 200
WORDING_LIMIT = 2000
CLOCKS_DIFFER = timedelta(minutes=5)
"""By how much a host application's clock may be ahead of ours."""

_WORDS: tuple[tuple[str, type[StrEnum]], ...] = (
    ("channel", ConsentChannel),
    ("purpose", Purpose),
    ("state", ConsentState),
)


def checked(
    *, channel: str, purpose: str, state: str, source: str, wording: str, at: datetime, by: str, now: datetime
) -> ConsentView:
    """What was said, as it is stored. Raises `Invalid` that names every wrong field at once."""
    said = ConsentView(channel, purpose, state, source.strip(), wording, at, by)
    faults: dict[str, Fault | str] = {}
    for name, kind in _WORDS:
        known = [member.value for member in kind]
        if getattr(said, name) not in known:
            faults[name] = Fault("consent_word_unknown", {"known": ", ".join(known)})
    if state == ConsentState.GIVEN and not said.source:
        faults["source"] = Fault("consent_source_required")
    if at.tzinfo is None:
        faults["at"] = Fault("time_without_zone")
    elif at > now + CLOCKS_DIFFER:
        faults["at"] = Fault("consent_in_future")
    try:
        fields.line("source", said.source, limit=SOURCE_LIMIT)
        said = replace(said, wording=fields.paragraph("wording", wording, limit=WORDING_LIMIT))
    except Invalid as invalid:
        faults.update(invalid.fields)
    if faults:
        raise Invalid(faults)
    return said


def strictest(consents: Iterable[ConsentView]) -> tuple[ConsentView, ...]:
    """One for each channel and purpose: a withdrawal before anything else, then what was said last.

    That nothing was recorded for one of two duplicates says nothing about the person.
    """
    found: dict[tuple[str, str], ConsentView] = {}
    for consent in sorted(consents, key=lambda one: (one.state == ConsentState.WITHDRAWN, one.at)):
        found[consent.channel, consent.purpose] = consent
    return tuple(found[key] for key in sorted(found))


def with_said(before: Sequence[ConsentView], said: ConsentView) -> tuple[ConsentView, ...]:
    """The consents of a contact after `said`. Raises `Conflicting` when something was said later than it."""
    others = []
    for consent in before:
        if (consent.channel, consent.purpose) != (said.channel, said.purpose):
            others.append(consent)
        elif consent.at > said.at:
            raise Conflicting("consent_older", state=consent.state, at=consent.at.isoformat())
    if said.state == ConsentState.NONE:
        return tuple(others)
    return (*others, said)


async def write(session: AsyncSession, *, base_id: str, contact_id: str, consents: Sequence[ConsentView]) -> None:
    """Let the contact have these consents and no others."""
    await queries.delete_parts(session, ContactConsent, base_id=base_id, ids=[contact_id])
    rows = [{"contact_id": contact_id, **asdict(consent)} for consent in consents]
    await queries.insert_rows(session, ContactConsent, base_id=base_id, rows=rows)


def differences(before: ContactView, after: ContactView) -> dict[str, list[Any]]:
    """What the audit keeps as proof, by channel and purpose; nothing in it says who the contact is."""
    old, new = ({(one.channel, one.purpose): one for one in view.consents} for view in (before, after))
    return {
        f"consent {channel} {purpose}": [_audited(old.get((channel, purpose))), _audited(new.get((channel, purpose)))]
        for channel, purpose in sorted(old.keys() | new.keys())
        if old.get((channel, purpose)) != new.get((channel, purpose))
    }


def _audited(consent: ConsentView | None) -> dict[str, str] | None:
    if consent is None:
        return None
    return {
        "state": consent.state,
        "source": consent.source,
        "wording": consent.wording,
        "at": consent.at.isoformat(),
    }
