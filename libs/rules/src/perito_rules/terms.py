"""Readers' words for technical names: columns, tables, roles of evidence, units, measures, facts.

A rule's own `words` come first, then `terms.yaml`, then the name itself with blanks for underscores. What intake and
the engine add to a name (`_source`, `_alternative`; `same_`, `different_` of systemic findings) is said in words.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

_ENDINGS = {
    "_source": {"en": "{} as written", "es": "{} según el archivo"},
    "_alternative": {"en": "{}, other reading", "es": "{}, otra lectura"},
}


_BEGINNINGS = {
    "same_": {"en": "{}, the same in all", "es": "{}, igual en todos"},
    "different_": {"en": "{}, different values", "es": "{}, valores distintos"},
}


def label(name: str, language: str, words: Mapping[str, Mapping[str, str]]) -> str:
    """The word for a name in a language; parts of a dotted name are put side by side."""
    own = words.get(name)
    if own and own.get(language):
        return own[language]
    known = _terms()[language].get(name)
    if known:
        return known
    for ending, forms in _ENDINGS.items():
        if name.endswith(ending) and name != ending:
            return forms[language].format(label(name.removesuffix(ending), language, words))
    for beginning, forms in _BEGINNINGS.items():
        if name.startswith(beginning) and name != beginning:
            return forms[language].format(label(name.removeprefix(beginning), language, words))
    table, dot, rest = name.partition(".")
    if dot and table and rest:
        return f"{label(table, language, words)}: {label(rest, language, words)}"
    return name.replace("_", " ")


_SPANISH_SEPARATORS = str.maketrans(",.", ".,")


def spanish_number(number: str) -> str:
    """A number as English writes it (1,234.5) as Spanish does (1.234,5)."""
    return number.translate(_SPANISH_SEPARATORS)


@cache
def _terms() -> Mapping[str, Mapping[str, str]]:
    """Words by name, by language."""
    text = files("perito_rules").joinpath("terms.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - either loader is the safe one
    return {language: {str(name): str(word) for name, word in raw[language].items()} for language in ("en", "es")}
