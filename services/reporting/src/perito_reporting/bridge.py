"""The bridge of a stock cell: opening, what moved, what should be there, what is there.

A rule's measures become a bridge only where they add up to what the rule expected; otherwise nothing is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from perito_reporting.figures import plain

_ENDS = frozenset({"opening", "expected", "observed", "actual", "closing", "difference", "diff", "delta"})
_ORDER = (
    *("receipts", "receipt", "production", "transfers_in", "transfer_in", "returns", "return"),
    *("vendor_returns", "vendor_return", "transfers_out", "transfer_out", "transfers", "sales", "sale"),
    *("waste", "adjustments", "adjustment", "counts", "count", "movements", "other"),
)
_OUTWARD = frozenset({"sales", "sale", "transfers_out", "transfer_out", "vendor_returns", "vendor_return", "waste"})


@dataclass(frozen=True)
class Step:
    """One movement of a bridge; `amount` is signed, in is positive."""

    name: str
    amount: Decimal


@dataclass(frozen=True)
class Bridge:
    """opening + steps = expected; difference = observed - expected."""

    opening: Decimal
    steps: Sequence[Step]
    expected: Decimal
    observed: Decimal

    @property
    def difference(self) -> Decimal:
        """What is there less what should be there."""
        return self.observed - self.expected


def find_bridge(finding: Mapping[str, Any]) -> Bridge | None:
    """The bridge in a finding of the report, or None where its measures are none."""
    measures: Mapping[str, Any] = finding["measures"]
    opening = _decimal(measures.get("opening"))
    expected, observed = _decimal(finding["expected"]), _decimal(finding["observed"])
    if opening is None or expected is None or observed is None:
        return None
    named = {
        name: amount for name in measures if name not in _ENDS and (amount := _decimal(measures[name])) is not None
    }
    known = {name: amount for name, amount in named.items() if name in _ORDER}
    signed = {name: -abs(amount) if name in _OUTWARD else amount for name, amount in known.items()}
    for steps in (known, signed, named):
        if steps and opening + sum(steps.values()) == expected:
            moved = [Step(name, steps[name]) for name in sorted(steps, key=_place) if steps[name]]
            return Bridge(opening, moved, expected, observed)
    return None


def total_bridge(facts: Mapping[str, Any]) -> Bridge | None:
    """The bridge of all cells together: facts `opening_total`, `closing_total` and one `<step>_total` per movement.

    None where they are missing or do not leave the `net_difference` that the rule states.
    """
    amounts = {name.removesuffix("_total"): _decimal(value) for name, value in facts.items() if name.endswith("_total")}
    opening, closing = amounts.pop("opening", None), amounts.pop("closing", None)
    stated = _decimal(facts.get("net_difference"))
    if opening is None or closing is None or stated is None or not amounts:
        return None
    steps = [Step(name, amount) for name in sorted(amounts, key=_place) if (amount := amounts[name])]
    expected = opening + sum(step.amount for step in steps)
    return Bridge(opening, steps, expected, closing) if closing - expected == stated else None


def _place(name: str) -> tuple[int, str]:
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)


def _decimal(value: object) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(plain(str(value)) or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
