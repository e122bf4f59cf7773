"""The words of headers and file names: how they are split, what they mean, and which are slips of the pen.

A word means one or several concepts (`cant`, `qty` and `cantidad` are `quantity`); two texts are compared by the
concepts of their words, so that language, abbreviation, plural and case do not matter.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from perito_rules.canonical import load_canonical, normal_header

from perito_validation.currencies import SIGNS

_SHORTEST_SLIP = 5
"""Words shorter than this are not taken for misspelt ones: too many others are one letter away."""

_SHORTEST_PIECE, _LONGEST_PART = 3, 60
_VOWELS = re.compile("[aeiou]")
_ENDINGS, _BEGINNINGS = frozenset(("id", "no", "dt", "cd", "nm", "ln")), frozenset(("po",))
"""What a word that was written together with others may be, at its end and anywhere."""

_SHORTEST_STUMP, _LONGEST_STUMP = 4, 6
"""A word that was cut off keeps at least four letters (`assoc`, `desp`); longer ones are words of their own."""

_LETTER = 0.12
"""Weight of a single letter that stands for a word (`F. Pago`): which one it is cannot be known."""

_LIGHT = 0.35
"""Weight of a word that qualifies another, beside 1 for a plain word."""


@dataclass(frozen=True)
class Word:
    """One word of a header: what it can mean, how much it says (0 to 1), and how sure its reading is (0 to 1)."""

    text: str
    concepts: frozenset[str]
    weight: float
    sure: float = 1.0


@dataclass(frozen=True)
class Unused:
    """Something that is recognised and that no table has a place for."""

    english: str
    spanish: str


@dataclass(frozen=True)
class Vocabulary:
    """All that is known of words. `concepts` by word; `entities` by table, what its rows are; `units` are the
    base units in one of a unit, `packs` units whose content differs by product; `known` the words of canonical.yaml."""

    concepts: Mapping[str, frozenset[str]]
    small: frozenset[str]
    small_pairs: frozenset[str]
    gross_pairs: frozenset[str]
    light: frozenset[str]
    noise: frozenset[str]
    currencies: frozenset[str]
    unused: Mapping[str, Unused]
    entities: Mapping[str, frozenset[str]]
    units: Mapping[str, int]
    packs: frozenset[str]
    known: frozenset[str]
    by_consonants: Mapping[str, frozenset[str]]

    def words(self, text: str) -> list[Word]:
        """The words of a text that say something, in order. What two words say alike counts once: `item.sku`."""
        found: dict[frozenset[str], Word] = {}
        for part in self._without_pairs(self.parts(text)):
            if part not in self.small:
                word = self.word(part)
                found.setdefault(word.concepts, word)
        return list(found.values())

    def _without_pairs(self, parts: list[str]) -> list[str]:
        """The words without pairs that say nothing of what is meant; `incl. VAT` is gross."""
        for start in range(len(parts) - 1):
            pair = " ".join(parts[start : start + 2])
            if pair in self.small_pairs or pair in self.gross_pairs:
                parts[start : start + 2] = ["the", "gross" if pair in self.gross_pairs else "the"]
        return parts

    def parts(self, text: str) -> list[str]:
        """The text as words in lower case; words that were written together are parted where all parts are known."""
        return [piece for part in normal_header(text).split("_") if part for piece in self._pieces(part)]

    def word(self, part: str) -> Word:
        """What one word means. An unknown one means itself, or the known word that is a slip of the pen away."""
        found, sure = self._meaning(part), 1.0
        if found is None and len(part) >= _SHORTEST_SLIP and (near := self._near(part)):
            found, sure = self._meaning(near), 0.9
        if found is None and (short := self._shortened(part)):
            found, sure = short, 0.9
        concepts = found or frozenset({part})
        if found is None and len(part) == 1 and part.isalpha():
            return Word(part, concepts, _LETTER)
        return Word(part, concepts, _LIGHT if concepts & self.light else 1.0, sure)

    def is_currency(self, part: str) -> bool:
        """The word is a code of a currency and no word besides: `vnd` is a vendor rather than the dong."""
        return part.upper() in self.currencies and part not in self.concepts

    def _meaning(self, part: str) -> frozenset[str] | None:
        for form in _forms(part):
            if form in self.concepts:
                return self.concepts[form]
            if form in self.known:
                return frozenset({form}) | (self._shortened(form) or frozenset())
        return None

    def _near(self, part: str) -> str | None:
        """The known word that differs by one letter, or by two neighbours exchanged; None where none or several do."""
        near = sorted({form for form in _edits(part) if form in self.concepts})
        meanings = {self.concepts[form] for form in near}
        return near[0] if len(meanings) == 1 else None

    def _shortened(self, part: str) -> frozenset[str] | None:
        """What a word without its vowels (`cshr`) or its end (`assoc`) can mean; None where no word is like it."""
        if len(part) < _SHORTEST_PIECE or not part.isalpha():
            return None
        if not _VOWELS.search(part[1:]):
            return frozenset(m for word in self.by_consonants.get(part, ()) for m in self.concepts[word]) or None
        if _SHORTEST_STUMP <= len(part) <= _LONGEST_STUMP:
            whole = [word for word in self.concepts if word.startswith(part) and len(word) > len(part) + 1]
            meanings = {self.concepts[word] for word in whole}
            return next(iter(meanings)) if len(meanings) == 1 else None
        return None

    def _pieces(self, part: str) -> list[str]:
        text, _, digits = re.fullmatch(r"(.*?)((?<=[a-z])(\d+))?", part).group(1, 2, 3)  # pyright: ignore[reportOptionalMemberAccess]  # every text matches
        if part in self.concepts or part in self.known:
            return [part]
        if digits and (text in self.concepts or text in self.known):
            return [text, digits]
        return self._parted(part) or [part]

    def _parted(self, part: str) -> list[str]:
        """`fechapedido` as its words: the fewest that are known and long enough, none where they do not make it up."""
        best: list[list[str] | None] = [[]]
        for end in range(1, min(len(part), _LONGEST_PART) + 1):
            ways = [
                [*before, part[start:end]]
                for start, before in enumerate(best)
                if before is not None and self._is_piece(part[start:end], first=start == 0, last=end == len(part))
            ]
            best.append(min(ways, key=len) if ways else None)
        return (best[-1] or []) if len(part) >= _SHORTEST_SLIP and len(best) == len(part) + 1 else []

    def _is_piece(self, text: str, *, first: bool, last: bool) -> bool:
        if len(text) < _SHORTEST_PIECE:
            return (last and text in _ENDINGS) or (first and text in _BEGINNINGS)
        known = text in self.concepts or (len(text) > _SHORTEST_PIECE and text in self.known)
        return known or (last and text in self.noise)


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of this package with the words of canonical.yaml."""
    raw = _raw()
    concepts: dict[str, set[str]] = {}
    for concept, words in raw["concepts"].items():
        for word in (concept, *words.split()):
            concepts.setdefault(word, set()).add(concept)
    unused = {
        header: Unused(entry["en"], entry["es"]) for entry in raw["unused"] for header in entry["headers"].split()
    }
    return Vocabulary(
        concepts={word: frozenset(found) for word, found in concepts.items()},
        small=frozenset(raw["small"].split()),
        small_pairs=frozenset(raw["small_pairs"]),
        gross_pairs=frozenset(raw["gross_pairs"]),
        light=frozenset(raw["light"].split()),
        noise=frozenset(raw["noise"].split()),
        currencies=frozenset(raw["currencies"].split()),
        unused=unused,
        entities={table: frozenset(words.split()) for table, words in raw["entities"].items()},
        units={word: int(size) for size, words in raw["units"].items() for word in words.split()},
        packs=frozenset(raw["packs"].split()),
        known=frozenset(_canonical_words()),
        by_consonants=_by_consonants(concepts),
    )


def currency_of(text: str) -> str | None:
    """The currency that a header names in a word of its own: `UnitCostNGN`, `Importe (EUR)`, `Price €`."""
    known = vocabulary()
    for mark, code in SIGNS.items():
        if mark in text and len(code) == 3 and not mark.isalnum():
            return code
    named = [part.upper() for part in normal_header(text).split("_") if known.is_currency(part)]
    return named[-1] if named else None


def without_currency(text: str) -> str:
    """The text without the words that name a currency, unless nothing else is left."""
    known = vocabulary()
    kept = [part for part in normal_header(text).split("_") if not known.is_currency(part)]
    return "_".join(kept) or normal_header(text)


def _raw() -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415  # the serving process never proposes and never needs YAML

    text = (files("perito_validation.proposal") / "vocabulary.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # either loader is the safe one
    return loaded


def _by_consonants(words: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Words by what is left of them without vowels, and without doubled letters."""
    found: dict[str, set[str]] = {}
    for word in words:
        short = word[0] + _VOWELS.sub("", word[1:])
        for form in {short, re.sub(r"(.)\1", r"\1", short)} - {word}:
            found.setdefault(form, set()).add(word)
    return {form: frozenset(whole) for form, whole in found.items()}


def _canonical_words() -> Iterable[str]:
    for table in load_canonical().values():
        for name in (table.name, *table.synonyms_en, *table.synonyms_es):
            yield from name.split("_")
        for column in table.columns.values():
            for name in (column.name, *column.synonyms_en, *column.synonyms_es):
                yield from name.split("_")


def _forms(word: str) -> list[str]:
    """The word and what it would be in the singular, in English and Spanish."""
    forms = [word]
    if len(word) > 3 and word.endswith("s"):
        forms.append(word[:-1])
        if word.endswith("es"):
            forms.append(word[:-2])
        if word.endswith("ies"):
            forms.append(f"{word[:-3]}y")
    return forms


def _edits(word: str) -> Iterable[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    for i in range(len(word) + 1):
        head, tail = word[:i], word[i:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in letters:
            yield head + letter + tail
            if tail:
                yield head + letter + tail[1:]
