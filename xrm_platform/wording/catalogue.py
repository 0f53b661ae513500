"""Looks a sentence up and fills it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

LANGUAGES = ("fr", "en")

Sections = dict[str, dict[str, str]]


class _Params(dict[str, Any]):
    """A parameter that a sentence names and nobody gave stays visible as `{name}`, instead of losing the sentence."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


class Wording:
    """Sentences by language, section and code; those of plugins under their translations package."""

    def __init__(self, own: Mapping[str, Sections], plugins: Mapping[str, Mapping[str, Sections]]) -> None:
        self._own = own
        self._plugins = plugins

    def say(
        self,
        section: str,
        code: str,
        params: Mapping[str, Any] | None = None,
        *,
        language: str,
        package: str = "",
    ) -> str:
        """The sentence for `code`; the plugin `package` (`ProviderDescriptor.translations`) may know a better one. A
        parameter `state` is said in words.

        A code without a sentence is returned as it is: a person can still quote it to support.
        """
        sentence = self._find(self._plugins.get(package, {}), section, code, language)
        if sentence is None:
            sentence = self._find(self._own, section, code, language)
        if sentence is None:
            return code
        told = _Params(params or {})
        if "state" in told:
            told["state"] = self._state(told["state"], language)
        try:
            return sentence.format_map(told)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return sentence  # a plugin's, whose braces are no parameters

    def knows(self, section: str, code: str, *, language: str, package: str = "") -> bool:
        sources = (self._plugins.get(package, {}), self._own)
        return any(code in source.get(language, {}).get(section, {}) for source in sources)

    def _state(self, state: Any, language: str) -> Any:
        """The word for a state of a message or of a bulk job; what is none stays as it is."""
        found = (self._find(self._own, section, str(state), language) for section in ("states", "bulk_states"))
        return next((word for word in found if word is not None), state)

    @staticmethod
    def _find(source: Mapping[str, Sections], section: str, code: str, language: str) -> str | None:
        for candidate in (language, "en"):
            sentence = source.get(candidate, {}).get(section, {}).get(code)
            if sentence is not None:
                return sentence
        return None


def load_wording(packages: frozenset[str] = frozenset()) -> Wording:
    """Read our own sentences and those of the plugins' translation `packages`; a package without some is skipped, and
    so is one whose files cannot be read, which is logged: its codes are shown then."""
    here = files(__package__)
    own = {language: _merged(here / language) for language in LANGUAGES}
    plugins = {}
    for package in sorted(filter(None, packages)):
        try:
            plugins[package] = _of_plugin(package)
        except Exception as error:  # noqa: BLE001 - the package is a plugin's, and importing it may run its code
            _tell(package, error)
    return Wording(own, plugins)


def _tell(package: str, error: Exception) -> None:
    import structlog  # noqa: PLC0415  `--help` loads sentences, and nothing of this size

    log = structlog.get_logger(__name__)
    log.warning("translations of a plugin unreadable", package=package, error=f"{type(error).__name__}: {error}")


def _merged(folder: Traversable) -> Sections:
    sections: Sections = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        for section, sentences in json.loads(file.read_text("utf-8")).items():
            sections.setdefault(section, {}).update(sentences)
    return sections


def _of_plugin(package: str) -> dict[str, Sections]:
    """The sentences of `package`, and of the packages that it is in where it says nothing."""
    told: dict[str, Sections] = {}
    for outer in _outer_packages(package):
        folder = files(outer) / "translations"
        for language in LANGUAGES:
            if (folder / f"{language}.json").is_file():
                for section, sentences in json.loads((folder / f"{language}.json").read_text("utf-8")).items():
                    texts = {code: str(sentence) for code, sentence in sentences.items()}
                    told.setdefault(language, {}).setdefault(section, {}).update(texts)
    return told


def _outer_packages(package: str) -> list[str]:
    """`package` and those that it is in, the outermost first."""
    parts = package.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
