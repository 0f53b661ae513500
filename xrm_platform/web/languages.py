"""Which language to answer in."""

from __future__ import annotations

from xrm_platform.config import LANGUAGES


def negotiated(accept_language: str, default: str) -> str:
    """The best of our languages for an `Accept-Language` header (RFC 9110 §12.5.4), else `default`.

    `fr-CA` is answered in `fr`, `*` by the default; what cannot be read counts as absent.
    """
    best, best_weight = default, 0.0
    for entry in accept_language.split(","):
        tag, _, parameter = entry.partition(";")
        language = tag.strip().lower().partition("-")[0]
        language = default if language == "*" else language
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
