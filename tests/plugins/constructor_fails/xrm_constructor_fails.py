"""Broken on purpose: the driver asks for a setting that its schema does not have, and tells all it was given."""

from xrm_platform.providers import Channel, ProviderDescriptor, ProviderSettings, hookimpl, secret


class Settings(ProviderSettings):
    password = secret(required=True)


@hookimpl
def xrm_sms_providers():
    return [ProviderDescriptor(slug="constructor_fails", channel=Channel.SMS, label="constructor_fails", settings=Settings)]


class Driver:
    def __init__(self, settings, context):
        raise KeyError(f"no region in {settings}")
