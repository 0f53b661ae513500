"""What the platform imports at start: who this provider is, nothing of what it needs to work."""

from __future__ import annotations

from collections.abc import Sequence

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, hookimpl

from .settings import IcalSettings

ICAL = ProviderDescriptor(
    slug="ical",
    channel=Channel.CALENDAR,
    label="iCal / CalDAV",
    settings=IcalSettings,
    capabilities=frozenset({Capability.INCREMENTAL, Capability.CREATE_CALENDARS, Capability.SCHEDULES}),
    # iCloud slows down who comes with more; a subscription may take its time to be made.
    limits=Limits(connections=4, timeout=120.0),
    translations="xrm_ical",
)


@hookimpl
def xrm_calendar_providers() -> Sequence[ProviderDescriptor]:
    """The one provider of this distribution."""
    return [ICAL]
