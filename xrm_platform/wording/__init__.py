"""Sentences for people, French and English: from a code and its parameters to words.

The sentences are JSON files, `<language>/<room>.json`, each with sections (`problems`, `errors`, `steps`, `states` …)
of `code: sentence with {params}`. Plugins bring their own in the same form; a plugin's sentence comes before ours.
"""

from .catalogue import Wording, load_wording
from .validation import translate_validation

__all__ = ["Wording", "load_wording", "translate_validation"]
