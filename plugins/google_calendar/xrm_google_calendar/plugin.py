"""What the platform learns about Google Calendar at start: that it exists, what it can do, what it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, hookimpl

from .settings import GoogleCalendarSettings

GOOGLE_CALENDAR = ProviderDescriptor(
    slug="google_calendar",
    channel=Channel.CALENDAR,
    label="Google Agenda",
    settings=GoogleCalendarSettings,
    capabilities=frozenset(
        {Capability.CREATE_CALENDARS, Capability.INCREMENTAL, Capability.OAUTH, Capability.PUSH},
    ),
    # Google counts 600 requests a minute for each person. One write at a time to a calendar: parallel ones provoke
    # rateLimitExceeded.
    limits=Limits(batch=1, connections=1, per_second=8, timeout=120.0),
    docs_url="https://developers.google.com/workspace/calendar/api/guides/overview",
    translations="xrm_google_calendar",
)


@hookimpl
def xrm_calendar_providers() -> Sequence[ProviderDescriptor]:
    return [GOOGLE_CALENDAR]
