"""Broken on purpose: written for a hook that had an argument."""

from xrm_platform.providers import hookimpl


@hookimpl
def xrm_changed(change):
    raise AssertionError("no hook of a refused plugin may be called")


@hookimpl
def xrm_sms_providers(region):
    return []
