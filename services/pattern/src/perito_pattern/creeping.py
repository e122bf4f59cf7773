"""Judges prices that rise with every invoice (P-017): whether so many rises in a row are more than these books' usual.

Where prices rise half of the time (fuel, fresh goods), six rises in a row come by themselves; where a price changes
once a year they do not. So the chance of a rise is taken from the prices of others, of the same supplier or of all,
whichever rise more often, and from the price itself outside of the run.
"""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

_ENOUGH = 50
"""Steps of other prices from which their share of rises is taken by itself."""


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per price with a long run of rises; see section `input` of the rule."""
    given: Sequence[Row] = table.to_pylist()
    tested, prices = (int(given[0][name] or 0) if given else 0 for name in ("tested", "prices"))
    rows = [row for row in given if row["supplier"] is not None]
    chances = [chance_of(row) for row in rows]
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, tested))
    share = Decimal(str(values["peer_share"]))
    told = [
        _violation(row, chance)
        for row, chance in zip(rows, chances, strict=True)
        if chance <= threshold and _alone(row, share)
    ]
    return Judgement(told, prices, prices - tested, {"tested": tested})


def chance_of(row: Row) -> float:
    """Chance of so many rises in so many steps, somewhere among the steps of one price."""
    outside = row["steps"] - row["run_steps"]
    shares = [(row["risen"] - row["rises"] + 0.5) / (outside + 1.0)] if row["steps"] > 2 * row["rises"] else []
    for name in ("supplier", "other"):
        steps, risen = int(row[f"{name}_steps"]), int(row[f"{name}_risen"])
        if steps >= _ENOUGH or name == "other":
            shares.append((risen + 0.5) / (steps + 1.0))
    likely = min(1.0, max(shares))
    beside = row["run_steps"] - row["rises"]
    tail = likely ** row["rises"] * math.comb(row["run_steps"], beside) if beside else likely ** row["rises"]
    return min(1.0, significant(row["steps"] * tail))


def _alone(row: Row, share: Decimal) -> bool:
    """True where other prices are known for that time and did not rise along."""
    if row["moved"] is None:
        return False
    own = row["last_price"] / row["first_price"] - 1
    return Decimal(str(significant(float(row["moved"] - 1)))) <= share * own


def _violation(row: Row, chance: float) -> Row:
    return {
        "supplier": row["supplier"],
        "product": row["product"],
        "period_start": row["first_day"],
        "period_end": row["last_day"],
        "rises": row["rises"],
        "first_price": row["first_price"],
        "last_price": row["last_price"],
        "peers": row["peers"],
        "peers_percent": f"{significant(float((row['moved'] - 1) * 100)):.1f}",
        "chance": f"{chance:.2g}",
        "impact": row["impact"],
        "row_count": row["rises"] + 1,
    }
