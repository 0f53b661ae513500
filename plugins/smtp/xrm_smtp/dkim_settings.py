"""DKIM for those with a domain and a relay of their own; most providers sign by themselves."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from xrm_platform.providers import ProviderSettings, secret

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*$")
_NAMES = ("dkim_domain", "dkim_selector", "dkim_key")


def _check_domain(written: str) -> None:
    try:
        fine = "." in written and _SELECTOR.match(ascii_domain(written))
    except ValueError:
        fine = None
    if not fine:
        raise ValidationError("not_a_domain")


def _check_key(written: str) -> None:
    from .dkim_key import UnfitKeyError, read_key  # noqa: PLC0415  this module is imported at every start

    try:
        read_key(written)
    except UnfitKeyError as error:
        raise ValidationError(str(error)) from None


def ascii_domain(domain: str) -> str:
    """A domain as the DNS knows it, in small letters. Raises `ValueError`."""
    import idna  # noqa: PLC0415

    return idna.encode(domain, uts46=True).decode().lower()


class DkimSettings(ProviderSettings):
    """All three, or none: then mail goes unsigned."""

    dkim_domain = fields.String(load_default=None, allow_none=True, validate=_check_domain)
    dkim_selector = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(_SELECTOR, error="not_a_selector")
    )
    dkim_key = secret(load_default=None, allow_none=True, validate=_check_key)

    @validates_schema(skip_on_field_errors=True)
    def _all_or_none(self, data: dict[str, Any], **_: Any) -> None:
        missing = [name for name in _NAMES if not data.get(name)]
        if 0 < len(missing) < len(_NAMES):
            raise ValidationError("dkim_incomplete", missing[0])
