"""marshmallow's own sentences in French.

marshmallow has no hook for translations, and replacing its messages would have to happen before any schema is declared,
a plugin's included. So the finished sentence is recognised by the template it was made from, and said again. A test
iterates all fields and validators of the installed marshmallow, so that a new or changed sentence is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_KINDS = {"datetime": "date et heure", "date": "date", "time": "heure", "timedelta": "durée"}
_AWARENESS = {"aware": "avec fuseau horaire", "naive": "sans fuseau horaire"}
_BOUNDS = {
    "greater than or equal to": "supérieur ou égal à",
    "greater than": "supérieur à",
    "less than or equal to": "inférieur ou égal à",
    "less than": "inférieur à",
}
_BOUND = "(" + "|".join(_BOUNDS) + ")"
_KIND = "(" + "|".join(_KINDS) + ")"

Said = Callable[[re.Match[str]], str]


def _kind(found: re.Match[str]) -> str:
    return f"Ce n’est pas une valeur valide du type « {_KINDS[found[1]]} »."


def _aware(found: re.Match[str]) -> str:
    return f"Ce n’est pas une valeur valide du type « {_KINDS[found[2]]} » {_AWARENESS[found[1]]}."


def _format(found: re.Match[str]) -> str:
    return f"« {found[1]} » ne peut pas être écrit comme « {_KINDS[found[2]]} »."


def _range(found: re.Match[str]) -> str:
    return f"Doit être {_BOUNDS[found[1]]} {found[2]} et {_BOUNDS[found[3]]} {found[4]}."


def _bound(found: re.Match[str]) -> str:
    return f"Doit être {_BOUNDS[found[1]]} {found[2]}."


_SENTENCES: tuple[tuple[str, str | Said], ...] = (
    (r"Missing data for required field\.", "Ce champ est obligatoire."),
    (r"Field may not be null\.", "Ce champ ne peut pas être vide."),
    (r"Unknown field\.", "Ce champ est inconnu."),
    (r"Invalid value\.", "Cette valeur n’est pas valide."),
    (r"Invalid type\.", "Cette valeur n’est pas du bon type."),
    (r"Invalid input type\.", "Un objet est attendu."),
    (r"Invalid input\.", "Cette saisie n’est pas valide."),
    (r"Not a valid list\.", "Ce n’est pas une liste valide."),
    (r"Not a valid tuple\.", "Ce n’est pas une suite de valeurs valide."),
    (r"Not a valid string\.", "Ce n’est pas un texte valide."),
    (r"Not a valid utf-8 string\.", "Ce n’est pas un texte UTF-8 valide."),
    (r"Not a valid UUID\.", "Ce n’est pas un UUID valide."),
    (r"Not a valid number\.", "Ce n’est pas un nombre valide."),
    (r"Number too large\.", "Ce nombre est trop grand."),
    (r"Not a valid integer\.", "Ce n’est pas un nombre entier valide."),
    (
        r"Special numeric values \(nan or infinity\) are not permitted\.",
        "Les valeurs spéciales (nan ou infini) ne sont pas permises.",
    ),
    (r"Not a valid boolean\.", "La valeur doit être vrai ou faux."),
    (r"Not a valid period of time\.", "Ce n’est pas une durée valide."),
    (rf"Not a valid {_KIND}\.", _kind),
    (rf"Not a valid (aware|naive) {_KIND}\.", _aware),
    (rf"[\"'](.*)[\"'] cannot be formatted as a {_KIND}\.", _format),
    (rf"(.*) cannot be formatted as a {_KIND}\.", _format),
    (r"Not a valid mapping type\.", "Ce n’est pas un objet valide."),
    (r"Not a valid URL\.", "Ce n’est pas une adresse web valide."),
    (r"Not a valid email address\.", "Ce n’est pas une adresse e-mail valide."),
    (r"Not a valid (IP|IPv4|IPv6) address\.", r"Ce n’est pas une adresse \1 valide."),
    (r"Not a valid (IP|IPv4|IPv6) interface\.", r"Ce n’est pas une interface \1 valide."),
    (r"Must be one of: (.*)\.", r"Doit être l’une de ces valeurs : \1."),
    (rf"Must be {_BOUND} (.*) and {_BOUND} (.*)\.", _range),
    (rf"Must be {_BOUND} (.*)\.", _bound),
    (r"Must be equal to (.*)\.", r"Doit être égal à \1."),
    (r"Shorter than minimum length (\d+)\.", r"Trop court : au moins \1."),
    (r"Longer than maximum length (\d+)\.", r"Trop long : au plus \1."),
    (r"Length must be between (\d+) and (\d+)\.", r"La longueur doit être comprise entre \1 et \2."),
    (r"Length must be (\d+)\.", r"La longueur doit être \1."),
    (r"String does not match expected pattern\.", "Ce texte n’a pas la forme attendue."),
    (
        r"One or more of the choices you made was not in: (.*)\.",
        r"Un ou plusieurs des choix faits ne sont pas parmi : \1.",
    ),
    (r"One or more of the choices you made was in: (.*)\.", r"Un ou plusieurs des choix faits sont parmi : \1."),
)
_SENTENCE_END = re.compile(r"(?<=\.) ")
_FRENCH = tuple((re.compile(pattern, re.DOTALL), said) for pattern, said in _SENTENCES)


def translate_validation(message: str, language: str) -> str:
    """`message`, sentences that a marshmallow schema made, in `language` (`fr`; any other leaves them in English).

    A sentence that is not marshmallow's own (a plugin's, say) is returned as it is.
    """
    if language != "fr":
        return message
    return " ".join(_in_french(sentence) for sentence in _SENTENCE_END.split(message))


def _in_french(sentence: str) -> str:
    for pattern, said in _FRENCH:
        found = pattern.fullmatch(sentence)
        if found:
            return found.expand(said) if isinstance(said, str) else said(found)
    return sentence
