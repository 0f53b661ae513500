"""Broken on purpose: the name of the hook is misspelt."""

from xrm_platform.providers import hookimpl


@hookimpl
def xrm_sms_provider():
    return []
