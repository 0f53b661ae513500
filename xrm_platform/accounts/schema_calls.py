"""Asking a plugin's schema without being harmed by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from xrm_platform.problems import Conflicting, Invalid
from xrm_platform.providers import ProviderDescriptor, ProviderError
from xrm_platform.registry import Caller, call_now

T = TypeVar("T")


def of_schema(descriptor: ProviderDescriptor, run: Callable[[], T]) -> T:
    """What `run`, which asks the schema of `descriptor`, answers.

    Raises `Invalid` as `run` does; whatever else it raises becomes `Conflicting("schema_failed")`.
    """

    def asked() -> T | Invalid:
        try:
            return run()
        except Invalid as refusal:
            return refusal

    caller = Caller("", f"{descriptor.channel}/{descriptor.slug}", descriptor.slug)
    try:
        answer = call_now(caller, "settings", asked)
    except ProviderError as error:
        kind = str(error.params.get("error", error.code))
        raise Conflicting("schema_failed", provider=descriptor.slug, error=kind) from None
    if isinstance(answer, Invalid):
        raise answer
    return answer
