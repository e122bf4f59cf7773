"""Compares the leading digits of each supplier, user and place with Benford's law and with the others' (P-002).

A supplier's price list follows no law, and twenty lines of one product say what its price is, not twenty things. So
the number of independent amounts is (sum of n)^2 / sum of n^2 over its products, and a digit is in excess only where
it is too frequent by the law and by what all other subsets of the same kind show.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.benford import TESTS, deviate, expected_share
from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.tails import Model, upper_tail

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
Key = tuple[str, str]

_WHO = {
    "supplier": ("supplier", "Supplier", "Proveedor"),
    "entered": ("user", "Invoices entered by", "Facturas registradas por"),
    "adjusted": ("user", "Adjustments of user", "Ajustes del usuario"),
    "place": ("location", "Adjustments at", "Ajustes en"),
}
_PAIRS = range(10, 100)


@dataclass
class _Subset:
    """The amounts of one supplier, user or place, by first two digits."""

    counts: dict[int, int] = field(default_factory=dict[int, int])
    squares: int = 0
    spans: bool = False

    @property
    def size(self) -> int:
        return sum(self.counts.values())

    @property
    def independent(self) -> int:
        """As many amounts as it counts for."""
        return max(1, self.size * self.size // max(1, self.squares))


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per subset and first two digits; see section `input` of the rule."""
    subsets: dict[Key, _Subset] = defaultdict(_Subset)
    families: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in table.to_pylist():
        subset = subsets[row["kind"], row["subset"]]
        subset.counts[row["digits"]] = row["amounts"]
        subset.squares, subset.spans = row["squares"], row["spans"]
        families[row["kind"]][row["digits"]] += row["amounts"]
    refuse = int(str(values["refuse"]))
    fit = {key: one for key, one in subsets.items() if one.size >= refuse and one.spans}
    excess = {key: excesses(one, families[key[0]]) for key, one in fit.items()}
    chances = [p for found in excess.values() for p in found.values()]
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, len(fit) * len(_PAIRS)))
    told = [
        _violation(key, one, excess[key], threshold)
        for key, one in fit.items()
        if any(p <= threshold for p in excess[key].values()) and _nonconforming(one)
    ]
    return Judgement(told, len(subsets), len(subsets) - len(fit), {"tested": len(fit)})


def excesses(subset: _Subset, family: Mapping[int, int]) -> dict[int, float]:
    """Chance of each pair of digits that is more frequent than the law and the other subsets make likely."""
    found: dict[int, float] = {}
    rest = sum(family.values()) - subset.size
    for pair, count in sorted(subset.counts.items()):
        others = (family[pair] - count) / rest if rest else 0.0
        share = significant(max(expected_share("F2D", pair), others))
        events = count * subset.independent // subset.size
        found[pair] = upper_tail(Model.BINOMIAL, subset.independent, events, subset.independent * share)
    return found


def _nonconforming(subset: _Subset) -> bool:
    return any(deviate(test, subset.counts).grade == "not conforming" for test in TESTS)


def _violation(key: Key, subset: _Subset, excess: Mapping[int, float], threshold: float) -> Row:
    kind, name = key
    column, word_en, word_es = _WHO[kind]
    tests: Sequence[str] = [t for t in TESTS if deviate(t, subset.counts).grade == "not conforming"]
    digits = [pair for pair, p in excess.items() if p <= threshold]
    return {
        "kind": kind,
        **{one: name if one == column else None for one in ("supplier", "user", "location")},
        "who_en": f"{word_en} {name}",
        "who_es": f"{word_es} {name}",
        "amounts": subset.size,
        "independent": subset.independent,
        "tests": ", ".join(tests),
        "digits": ", ".join(map(str, digits)),
        "chance": f"{min(excess.values()):.2g}",
        "row_count": sum(subset.counts[pair] for pair in digits),
    }
