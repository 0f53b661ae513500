"""Who may be written to, and from when: opt-outs, consent and hours, for many addresses at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people.contacts.views import ConsentState
from xrm_platform.providers import Capability, Category, Channel, ProviderDescriptor

from . import queries
from .hours import LEGAL, Window, next_allowed
from .opt_outs import folded_address
from .places import place_of
from .settings import Consent
from .stop import StopKind

_PURPOSES = {
    Category.MARKETING: (StopKind.MARKETING.value, StopKind.ALL.value),
    Category.TRANSACTIONAL: (StopKind.ALL.value,),
}
"""Which opt-outs bear on a message of a category."""


@dataclass(frozen=True, slots=True)
class Known:
    """A contact behind an address: whether it is (of) a company, and what it said about messages of the category."""

    company: bool
    state: ConsentState


async def refusals(
    session: AsyncSession, *, base_id: str, channel: str, category: Category, addresses: Collection[str], consent: str
) -> Mapping[str, str]:
    """Those of `addresses` that may not be written to, each with the code of the reason: `opted_out`,
    `consent_withdrawn`, `consent_missing`. `consent` is the setting of the base."""
    by_folded: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        by_folded[folded_address(channel, address)].append(address)
    codes = await queries.refused_outright(
        session,
        base_id=base_id,
        channel=channel,
        category=category,
        purposes=_PURPOSES[category],
        addresses=by_folded.keys(),
    )
    if category == Category.MARKETING and consent != Consent.NOBODY:
        known = await _known(session, base_id, channel, category, by_folded.keys() - codes.keys())
        missing = {one for one in by_folded.keys() - codes.keys() if lacks_consent(known.get(one, ()), consent)}
        codes |= dict.fromkeys(missing, "consent_missing")
    return {address: code for folded, code in codes.items() for address in by_folded[folded]}


def lacks_consent(known: Sequence[Known], consent: str) -> bool:
    """Whether marketing may not go to an address for want of consent. `known` are all contacts that share it: one who
    agreed speaks for it, and it is a consumer's when it is one's."""
    if any(contact.state is ConsentState.GIVEN for contact in known):
        return False
    return consent == Consent.EVERYONE or any(not contact.company for contact in known)


async def _known(
    session: AsyncSession, base_id: str, channel: str, category: Category, folded: Collection[str]
) -> Mapping[str, list[Known]]:
    found = await queries.said(session, base_id=base_id, channel=channel, purpose=category, addresses=folded)
    known: dict[str, list[Known]] = defaultdict(list)
    for address, company, state in found:
        known[address].append(Known(bool(company), ConsentState(state or ConsentState.NONE)))
    return known


def not_before(
    number: str, at: datetime, window: Window, *, zone: str, provider: ProviderDescriptor | None
) -> datetime:
    """When a marketing SMS that is due `at` may go to `number`; `zone` is the base's.

    A vendor that keeps the legal hours is left to do so, unless it could not: its clock is not the recipient's, or the
    base allows less than the law.
    """
    place = place_of(number, zone)
    keeps = provider is not None and Capability.KEEPS_LEGAL_HOURS in provider.capabilities
    if keeps and place.zones == (zone,) and window.holds(LEGAL):
        return at
    return next_allowed(at, place, window)


def needs_hours(channel: str, category: str) -> bool:
    """Hours are kept for advertising that rings: a mail waits silently until it is read."""
    return channel == Channel.SMS and category == Category.MARKETING
