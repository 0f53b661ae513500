"""Judging the `translations/` of a plugin: every language says the same things, and every error has a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from string import Formatter
from typing import Any

from xrm_platform.providers import ProviderDescriptor, ProviderError

LANGUAGES = ("en", "fr")


def read_translations(descriptor: ProviderDescriptor, language: str) -> dict[str, dict[str, str]]:
    """The sections of the provider's file for `language`, over those of the packages that its own is in. Raises
    `FileNotFoundError` without one."""
    sections: dict[str, dict[str, str]] = {}
    parts = descriptor.translations.split(".")
    for length in range(1, len(parts) + 1):
        file = files(".".join(parts[:length])).joinpath("translations", f"{language}.json")
        if length == len(parts) or file.is_file():
            for section, sentences in json.loads(file.read_text(encoding="utf-8")).items():
                sections.setdefault(section, {}).update(sentences)
    return sections


def assert_translations_complete(descriptor: ProviderDescriptor) -> None:
    """Each language names the provider and each setting, and all languages hold the same keys and placeholders."""
    told = {language: read_translations(descriptor, language) for language in LANGUAGES}
    for language, sections in told.items():
        assert sections["provider"].get("name"), f"{language}: no name"
        for name in descriptor.settings().fields:
            assert sections["settings"].get(name), f"{language}: no label for the setting {name}"
        for section, sentences in sections.items():
            for key, sentence in sentences.items():
                assert sentence.strip(), f"{language}: {section}.{key} says nothing"
    shapes = [{key: placeholders(text) for key, text in _flat(sections)} for sections in told.values()]
    assert all(shape == shapes[0] for shape in shapes), "the languages differ in keys or placeholders"


def assert_explained(descriptor: ProviderDescriptor, code: str, params: Mapping[str, Any]) -> None:
    """`code` is one of the contract's, or has a sentence in each language that `params` fill."""
    for language in LANGUAGES:
        sentence = read_translations(descriptor, language).get("errors", {}).get(code)
        if sentence is None:
            assert code in platform_codes(), f"{language}: no sentence for the error {code}"
        else:
            assert placeholders(sentence) <= params.keys(), f"{language}: {code} lacks params, got {dict(params)}"


def platform_codes() -> frozenset[str]:
    """Codes that the platform explains by itself: the default one of each error of the contract."""

    def codes(of: type[ProviderError]) -> Iterator[str]:
        yield of.default_code
        for child in of.__subclasses__():
            yield from codes(child)

    return frozenset(codes(ProviderError))


def placeholders(sentence: str) -> frozenset[str]:
    """Names in braces."""
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


def _flat(sections: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[tuple[str, str], str]]:
    for section, sentences in sections.items():
        for key, sentence in sentences.items():
            yield (section, key), sentence
