"""What the platform learns about the provider."""

from __future__ import annotations

from marshmallow import fields

from xrm_platform.providers import Capability, Channel, Limits, ProviderDescriptor, ProviderSettings, secret


class MemoryCalendarSettings(ProviderSettings):
    service = fields.String(required=True)
    password = secret(required=True)


MEMORY_CALENDAR = ProviderDescriptor(
    slug="memory_calendar",
    channel=Channel.CALENDAR,
    label="Memory",
    settings=MemoryCalendarSettings,
    capabilities=frozenset({Capability.INCREMENTAL, Capability.CREATE_CALENDARS, Capability.SCHEDULES}),
    limits=Limits(connections=4),
    translations="xrm_platform.testing.memory_calendar",
)
