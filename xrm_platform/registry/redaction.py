"""Keep the secrets of an account out of whatever its driver lets out, and see that its errors are whole. Pure, but for
errors: they change in place."""

from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar, cast
from urllib.parse import quote, quote_plus

from xrm_platform.providers import (
    DeliveryEvent,
    ProviderDescriptor,
    ProviderError,
    RateLimited,
    SendResult,
    Tick,
    secret_names,
)

T = TypeVar("T")

MASK = "***"
FRAMES_LOGGED = 12


def secret_values(descriptor: ProviderDescriptor, settings: Mapping[str, Any]) -> frozenset[str]:
    """The values in `settings` that must never be seen."""
    names = secret_names(descriptor.settings)
    return frozenset(str(settings[name]) for name in names if settings.get(name))


def redacted(text: str, secrets: Collection[str]) -> str:
    """`text` without any of `secrets`, written plainly, as in a URL, in JSON, or in base64 (HTTP Basic, SMTP AUTH)."""
    for form in sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def redact_error(error: ProviderError, secrets: Collection[str]) -> None:
    """Make `error` fit to be shown and logged. What it was raised from is cut, since it may say anything."""
    error.__cause__ = error.__context__ = None
    _complete(error)
    if not secrets:
        return
    error.detail = redacted(error.detail, secrets)
    error.params = {
        name: redacted(value, secrets) if isinstance(value, str) else value for name, value in error.params.items()
    }
    error.args = tuple(redacted(str(part), secrets) for part in error.args)


def redact_answer(answer: T, secrets: Collection[str]) -> T:
    """`answer` of a driver, the errors and check results inside it redacted."""
    if not isinstance(answer, Sequence) or isinstance(answer, str | bytes):
        return answer
    for error in _errors_in(answer):
        redact_error(error, secrets)
    if secrets and any(isinstance(one, Tick) and one.params for one in answer):
        return cast("T", [_redact_tick(one, secrets) if isinstance(one, Tick) else one for one in answer])
    return answer


def where(error: BaseException) -> list[str]:
    """The stack of `error` and of what caused it, as places in code. Their messages and values are left out: they may
    hold anything that was being sent."""
    places: list[str] = []
    link: BaseException | None = error
    while link is not None:
        frames = traceback.extract_tb(link.__traceback__)[-FRAMES_LOGGED:]
        places += [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        places.append(type(link).__name__)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return places


def _complete(error: ProviderError) -> None:
    """Fill in what the platform reads of every error: a class of a plugin's own may have forgotten to call ours, and a
    number is soon given for a time."""
    if not isinstance(getattr(error, "code", None), str):
        error.code = error.default_code
    if not isinstance(getattr(error, "detail", None), str):
        error.detail = ""
    if not isinstance(getattr(error, "params", None), dict):
        error.params = {}
    if isinstance(error, RateLimited) and not isinstance(getattr(error, "retry_after", None), timedelta):
        error.retry_after = None


def _redact_tick(tick: Tick, secrets: Collection[str]) -> Tick:
    return replace(
        tick,
        params={
            name: redacted(value, secrets) if isinstance(value, str) else value for name, value in tick.params.items()
        },
    )


def _errors_in(answer: Iterable[object]) -> Iterator[ProviderError]:
    """A plugin may put anything where an error or a recipient belongs: whoever uses the answer looks at it."""
    for one in answer:
        if not isinstance(one, SendResult | DeliveryEvent):
            continue
        recipients: object = one.recipients if isinstance(one, SendResult) else ()
        parts = recipients if isinstance(recipients, tuple | list) else ()
        for part in (one, *parts):
            error = getattr(part, "error", None)
            if isinstance(error, ProviderError):
                yield error


def _forms(secret: str) -> set[str]:
    plain = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }
    return plain | {form for form in _base64_forms(secret.encode()) if len(form) >= 6}


def _base64_forms(secret: bytes) -> Iterator[str]:
    """How `secret` reads inside any longer text in base64 (RFC 4648 §4): three alignments, less the characters at
    either end that its neighbours have a share in."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret).decode().rstrip("=")
        first = -(-before * 8 // 6)
        last = (before + len(secret)) * 8 // 6
        yield encoded[first:last]
