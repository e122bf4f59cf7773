"""One language of the report: its sentences, its numbers, its dates, its words for names.

Everything that people read goes through a voice, so the two pages differ in language and in nothing else.
"""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

from perito_rules.terms import label

from perito_reporting import texts_en, texts_es
from perito_reporting.figures import DECIMAL, plain

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")

UNSTATED = frozenset({"", "XXX"})
"""What stands for a currency where the books state none; XXX is the code of ISO 4217 for it."""

_WIDE = Context(prec=80)
"""Wider than any figure: one that a slip of the pen made has more digits than arithmetic keeps by itself."""

_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_SPANISH_SEPARATORS = str.maketrans(",.", ".,")


class Voice:
    """Writes in one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts, self._nouns = _CATALOGUES[language]

    def say(self, key: str, **values: object) -> str:
        """The sentence of a key with its values put in. Raises KeyError for a key that does not exist."""
        return self._texts[key].format(**values)

    def number_of(self, count: int, noun: str) -> str:
        """ "1 case", "2,427 cases"; "2.427 casos"."""
        one, many = self._nouns[noun]
        return f"{self.grouped(count)} {one if count == 1 else many}"

    def grouped(self, value: Decimal | int | str | None, places: int | None = None) -> str:
        """1234567.5 as "1,234,567.5" or "1.234.567,5", with a real minus sign.

        Text that is no number stays as it is, None is a dash. `places` rounds half to even to that many decimals.
        """
        if value is None:
            return "–"
        text = plain(value) or ""
        if not DECIMAL.fullmatch(text):
            return text
        number = Decimal(text)
        if places is not None:
            number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, _WIDE)
        written = f"{number:,f}".replace("-", "−") if number else f"{abs(number):,f}"
        return written.translate(_SPANISH_SEPARATORS) if self.language == "es" else written

    def money(self, amount: Decimal | str | None, currency: str | None) -> str:
        """An amount: no decimals from a thousand on and for nothing, two else. Without a currency it bears ¤."""
        if amount is None:
            return "–"
        number = Decimal(amount)
        places = 0 if abs(number) >= 1000 or not number else 2
        return self.beside(self.grouped(number, places), currency)

    def beside(self, written: str, currency: str | None) -> str:
        """A written amount with its currency before or behind it, ¤ where the books state none."""
        code = "¤" if (currency or "") in UNSTATED else str(currency)
        return f"{written}\N{NO-BREAK SPACE}{code}" if self.language == "es" else f"{code}\N{NO-BREAK SPACE}{written}"

    def day(self, iso: str | None) -> str:
        """A day or month as the language writes it: 2025-03-31, or 31/03/2025. Anything else stays as it is."""
        match = _DAY.fullmatch(iso or "")
        if self.language == "en" or not match:
            return iso or ""
        return "/".join(part for part in reversed(match.groups()) if part)

    def term(self, name: str, words: Mapping[str, Mapping[str, str]] | None = None) -> str:
        """What readers call a name of a table, column, measure, unit or role; `words` are those of its rule."""
        return label(name, self.language, words or {})

    def text(self, texts: Mapping[str, str] | None) -> str:
        """A text in this language, in English where it has no other; empty where there is none."""
        return (texts.get(self.language) or texts.get("en") or "") if texts else ""

    def phase(self, name: str) -> str:
        """The name of a phase, which a later version may have more of."""
        return self._texts.get(f"phase_{name}", name)

    def placement(self, status: str) -> str:
        """What became of a source column, in words."""
        return self._texts.get(f"placement_{status}", self.term(status))

    def basis(self, name: str) -> str:
        """What a convention rests on, in words."""
        return self._texts.get(f"basis_{name}", name)

    def capital(self, text: str) -> str:
        """The text with a capital first letter."""
        return text[:1].upper() + text[1:]


_CATALOGUES = {"en": (texts_en.TEXTS, texts_en.NOUNS), "es": (texts_es.TEXTS, texts_es.NOUNS)}


def both(write: Callable[[Voice], str]) -> dict[str, str]:
    """The same sentence in every language."""
    return {language: write(Voice(language)) for language in LANGUAGES}
