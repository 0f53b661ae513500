"""Sentences of the command line, in the language of `XRM_LANGUAGE`.

The catalogue is read when the first sentence is needed, so that importing the command costs nothing. A wrong
`XRM_LANGUAGE` is refused by `Config`; until then, and for that refusal itself, French is spoken.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

from xrm_platform.config import LANGUAGES
from xrm_platform.wording import Wording, load_wording


@functools.cache
def wording(package: str = "") -> Wording:
    """The platform's sentences and, before them, those of a plugin's translations `package`."""
    return load_wording(frozenset({package} - {""}))


def language() -> str:
    given = os.environ.get("XRM_LANGUAGE", "").strip()
    return given if given in LANGUAGES else LANGUAGES[0]


def say(section: str, code: str, /, **params: Any) -> str:
    """The sentence for `code`, or the code itself when there is none."""
    return say_with(section, code, params)


def say_with(section: str, code: str, params: Mapping[str, Any], package: str = "") -> str:
    return wording(package).say(section, code, params, language=language(), package=package)


def knows(section: str, code: str) -> bool:
    return wording().knows(section, code, language=language())
