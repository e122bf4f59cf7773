"""One language of the dashboard: its sentences, numbers, dates and amounts, written as the report writes them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import Any

from perito_edge.dashboard import (
    administration_en,
    administration_es,
    doing_en,
    doing_es,
    overview_en,
    overview_es,
    own_rules_en,
    own_rules_es,
    phase_names_es,
    reviews_en,
    reviews_es,
    texts_en,
    texts_es,
)
from perito_edge.request_models import Language

UNSTATED = frozenset({"", "XXX"})
"""What stands for a currency where the books state none; XXX is the code of ISO 4217 for it."""

_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?")
_DIGITS = 100
_DAY = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")
_MINUS = re.compile(r"(?<![\w.,)\]-])-(?=\d)")
_SPANISH_SEPARATORS = str.maketrans(",.", ".,")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
TEXTS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        **texts_en.TEXTS,
        **administration_en.TEXTS,
        **reviews_en.TEXTS,
        **doing_en.TEXTS,
        **overview_en.TEXTS,
        **own_rules_en.TEXTS,
    },
    "es": {
        **texts_es.TEXTS,
        **administration_es.TEXTS,
        **reviews_es.TEXTS,
        **doing_es.TEXTS,
        **overview_es.TEXTS,
        **own_rules_es.TEXTS,
        **phase_names_es.NAMES,
    },
}
OTHER: Mapping[Language, Language] = {"en": "es", "es": "en"}


class Voice:
    """Writes in one language."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._texts = TEXTS[language]

    def say(self, key: str, /, **values: object) -> str:
        """The sentence of a key with its values put in. Raises KeyError for a key that does not exist."""
        return self._texts[key].format(**values)

    def word(self, group: str, name: str) -> str:
        """A word of a closed list (`status`, `severity`); a name that a later version may add stays as it is."""
        return self._texts.get(f"{group}_{name}", name.replace("_", " "))

    def count(self, number: int, noun: str) -> str:
        """ "1 file", "2,427 files"; "2.427 archivos"."""
        one, many = self._texts[f"noun_{noun}"].split("|")
        return f"{self.number(number)} {one if number == 1 else many}"

    def cut(self, shown: int, number: int) -> str:
        """That no more than `shown` of a number are shown; empty where that is all of them."""
        return self.say("cut", shown=self.number(shown), all=self.number(number)) if number > shown else ""

    def number(self, value: Decimal | int | str | None, places: int | None = None) -> str:
        """1234567.5 as "1,234,567.5" or "1.234.567,5", with a real minus sign. Text that is no number stays as it is,
        None is a dash; `places` rounds half to even.
        """
        if value is None:
            return "–"
        if not _NUMBER.fullmatch(str(value)):
            return str(value)
        number = Decimal(str(value))
        with localcontext(prec=_DIGITS):
            if places is None:
                number = number.normalize()  # 0.5000, as databases write it, is 0.5
            else:
                number = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
        written = f"{number:,f}".replace("-", "−") if number else f"{abs(number):,f}"
        return written.translate(_SPANISH_SEPARATORS) if self.language == "es" else written

    def prose(self, texts: Any) -> str:
        """A sentence of a report in this language, its negative numbers with a real minus sign; codes and dates have
        their hyphens between letters or digits, and keep them.
        """
        return _MINUS.sub("−", self.text(texts))

    def money(self, amount: str | None, currency: str | None) -> str:
        """An amount: no decimals from a thousand on and for nothing, two else. Without a currency it bears ¤."""
        if not amount:
            return "–"
        try:
            number = Decimal(amount)
        except InvalidOperation:
            return amount
        written = self.number(number, 0 if abs(number) >= 1000 or not number else 2)
        code = "¤" if (currency or "") in UNSTATED else str(currency)
        return f"{written}\N{NO-BREAK SPACE}{code}" if self.language == "es" else f"{code}\N{NO-BREAK SPACE}{written}"

    def day(self, iso: str | None) -> str:
        """A day or month as the language writes it: 2025-03-31, or 31/03/2025. Anything else stays as it is."""
        match = _DAY.fullmatch(iso or "")
        if self.language == "en" or not match:
            return iso or ""
        return "/".join(part for part in reversed(match.groups()) if part)

    def moment(self, instant: str | None) -> str:
        """An RFC 3339 instant to the minute, in UTC; a dash for none."""
        if not instant:
            return "–"
        when = datetime.fromisoformat(instant).astimezone(UTC)
        return f"{self.day(when.date().isoformat())} {when:%H:%M}"

    def when(self, text: str) -> str:
        """A day, month or RFC 3339 instant of the books as people read it. An instant is told in UTC: its day alone
        where it is midnight, with seconds where it has any. Anything else stays as it is.
        """
        if not _INSTANT.fullmatch(text):
            return self.day(text)
        try:
            instant = datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):  # the 31st of February, and the end of time
            return text
        day = self.day(instant.date().isoformat())
        if instant.time() == time.min:
            return day
        return f"{day} {instant:{'%H:%M:%S' if instant.second else '%H:%M'}} UTC"

    def size(self, count: int) -> str:
        """Bytes in units that people read."""
        value, unit = Decimal(count), 0
        while value >= 1024 and unit < len(_UNITS) - 1:
            value, unit = value / 1024, unit + 1
        whole = value == value.to_integral_value()
        return f"{self.number(value, 0 if whole else 1)}\N{NO-BREAK SPACE}{_UNITS[unit]}"

    def text(self, texts: Any) -> str:
        """A text of a report in this language, in English where it has no other. Reports of earlier versions have plain
        text; what is no text is empty.
        """
        if isinstance(texts, str):
            return texts
        if not isinstance(texts, Mapping):
            return ""
        found: Any = texts.get(self.language) or texts.get("en") or ""  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] -- checked on the next line
        return found if isinstance(found, str) else ""
