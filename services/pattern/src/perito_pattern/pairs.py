"""Judges pairs of cashier and customer by the share of their tickets with a favour (P-026).

What is usual is the most of three shares, the pair itself left out: what the cashier does with other customers, what
the customer gets from other cashiers, and what all do. The first two are drawn towards the third as by twenty more
tickets, so that who has few tickets says no more than he can. How far pairs differ for no reason that can be seen is
their squared coefficient of variation beyond chance, those plainly above left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.tails import Model, upper_tail, wilson_lower

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

_FEW = 20
"""Tickets that the usual share stands for beside those of the cashier or the customer alone."""
_EVIDENT = 3.09


@dataclass(frozen=True)
class _Pair:
    """A pair with the share of favoured tickets that is usual for it."""

    row: Row
    usual: float

    @property
    def trials(self) -> int:
        return int(self.row["trials"])

    @property
    def events(self) -> int:
        return int(self.row["events"])

    @property
    def expected(self) -> float:
        return self.usual * self.trials

    def lift(self, z: float) -> float:
        """Lower bound of the pair's share over the usual one."""
        return significant(wilson_lower(self.events, self.trials, z) / self.usual)


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per pair with enough tickets; see section `input` of the rule."""
    rows: Sequence[Row] = table.to_pylist()
    open_rows = [row for row in rows if not row["is_assigned"] and row["all_trials"]]
    pairs = [_Pair(row, _usual(row)) for row in open_rows]
    variance = _variance(pairs)
    chances = [upper_tail(Model.BINOMIAL, p.trials, p.events, p.expected, variance) for p in pairs]
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, len(pairs)))
    least = float(str(values["least_lift"]))
    told = [
        _violation(pair, chance)
        for pair, chance in zip(pairs, chances, strict=True)
        if chance <= threshold and pair.lift(1.645) > least
    ]
    return Judgement(told, len(rows), len(rows) - len(pairs), {"tested": len(pairs)})


def _usual(row: Row) -> float:
    everybody = max(0.5, row["all_events"]) / row["all_trials"]
    shares = [
        (row[f"{side}_events"] + everybody * _FEW) / (row[f"{side}_trials"] + _FEW) for side in ("user", "partner")
    ]
    return significant(min(0.999, max(everybody, *shares)))


def _variance(pairs: Sequence[_Pair]) -> float:
    """Squared coefficient of variation of pairs' shares beyond chance."""
    plain = [pair for pair in pairs if pair.lift(_EVIDENT) <= 2]
    beyond = sum((p.events - p.expected) ** 2 - p.expected * (1 - p.usual) for p in plain)
    weight = sum(p.expected**2 for p in plain)
    return significant(max(0.0, beyond / weight)) if weight > 1e-9 else 0.0


def _violation(pair: _Pair, chance: float) -> Row:
    row = pair.row
    return {
        "user": row["user"],
        "partner": row["partner"],
        "period_start": row["first_day"],
        "period_end": row["last_day"],
        "events": pair.events,
        "trials": pair.trials,
        "usual_percent": f"{100 * pair.usual:.1f}",
        "lift": f"{significant(pair.events / pair.trials / pair.usual):.1f}",
        "chance": f"{chance:.2g}",
        "impact": row["amount"],
        "row_count": pair.events,
    }
