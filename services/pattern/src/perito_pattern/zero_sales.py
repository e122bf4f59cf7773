"""Judges runs without sales (P-032): how unlikely it is that a product which the books hold was not sold for so long.

Counted back from the snapshot, the run ends at the last sale, and the half year before it says how often the product
sells. Under a constant rate the chance that the run is longer than g open days, after n sales in H open days, is
(1 + g/H)^-n: the rate's own uncertainty is in it. Three things make it milder, none sharper. Clustered sales count as
the clusters of a negative binomial, by the spread of weekly sales. The rate is never above that of the last weeks. And
where other locations sell less of the product during the run, less was to be expected here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
    Columns = Mapping[str, Numbers]

_LEAST_BLOCKS = 4


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per product and location on hand; see section `input` of the rule for the columns."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    names = [name for name in table.column_names if name not in _TOLD]
    columns = {name: table.column(name).to_numpy().astype(np.float64) for name in names}
    tested = np.flatnonzero(columns["tested"] == 1)
    log_chance, expected = run_chances({name: column[tested] for name, column in columns.items()})
    q, least = float(str(values["q"])), float(str(values["least_expected"]))
    candidates = np.flatnonzero(log_chance <= np.log(q) + 1e-6)
    chances = [significant(chance) for chance in np.exp(log_chance[candidates]).tolist()]
    threshold = benjamini_hochberg(chances, q, len(tested))
    told = [
        _violation(table, int(tested[at]), chance, significant(float(expected[at])))
        for at, chance in zip(candidates.tolist(), chances, strict=True)
        if chance <= threshold and significant(float(expected[at])) >= least
    ]
    facts = {
        "series_tested": len(tested),
        "runs_that_sales_ended": int(np.count_nonzero(columns["ended"] == 1)),
        "greatest_chance_told": f"{threshold:.3g}" if told else None,
    }
    known = int(np.count_nonzero((columns["tested"] == 1) | (columns["ended"] == 1)))
    return Judgement(told, table.num_rows, table.num_rows - known, facts)


def run_chances(columns: "Columns") -> "tuple[Numbers, Numbers]":
    """(natural log of the chance of so long a run, expected sales in it) of each series."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    share = np.minimum(_recent(columns), 1.0) * np.minimum(_elsewhere(columns), 1.0)
    clusters = _clusters(_dispersion(columns))
    log_chance = np.zeros(len(share))
    expected = np.zeros(len(share))
    for kind in ("plain", "promoted"):
        days, sales, gap = columns[f"{kind}_days"], columns[f"{kind}_sales"], columns[f"{kind}_gap"]
        odds = np.divide(gap, days, out=np.zeros(len(gap)), where=days > 0) * share
        log_chance -= sales * clusters * np.log1p(odds)
        expected += sales * odds
    return log_chance, expected


def _recent(columns: "Columns") -> "Numbers":
    """Rate of the last weeks before the run as a share of the half year's."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    days = columns["plain_days"] + columns["promoted_days"]
    sales = columns["plain_sales"] + columns["promoted_sales"]
    recent = np.divide(columns["recent_sales"], columns["recent_days"], out=np.ones(len(days)), where=days > 0)
    return np.divide(recent * days, sales, out=np.ones(len(days)), where=sales > 0)


def _elsewhere(columns: "Columns") -> "Numbers":
    """Daily sales of other locations during the run as a share of those before; 1 where they sell too little."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    before, during = columns["elsewhere_before"], columns["elsewhere_during"]
    days, gap = columns["plain_days"] + columns["promoted_days"], columns["plain_gap"] + columns["promoted_gap"]
    asked = (before >= columns["least_elsewhere"]) & (gap > 0)
    return np.divide(during * days, before * gap, out=np.ones(len(days)), where=asked)


def _dispersion(columns: "Columns") -> "Numbers":
    """Variance over mean of weekly sales: the series' own or all series' together, whichever is greater, at least 1."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    blocks, total, squares = columns["blocks"], columns["block_sales"], columns["block_squares"]
    usable = (blocks >= _LEAST_BLOCKS) & (total > 0)
    mean = np.divide(total, blocks, out=np.zeros(len(blocks)), where=usable)
    variance = np.divide(squares - total * mean, blocks - 1, out=np.zeros(len(blocks)), where=usable)
    own = np.divide(variance, mean, out=np.ones(len(blocks)), where=usable)
    means = float(np.sum(mean[usable]))
    pooled = significant(float(np.sum(variance[usable])) / means) if means else 1.0
    return np.maximum(np.maximum(own, pooled), 1.0)


def _clusters(dispersion: "Numbers") -> "Numbers":
    """Clusters per sale of a negative binomial with this variance over mean: ln(d) / (d - 1), 1 for a Poisson."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    excess = dispersion - 1.0
    return np.divide(np.log1p(excess), excess, out=np.ones(len(excess)), where=excess > 1e-9)


_TOLD = ("product", "location", "run_start", "ends", "last_sale", "qty", "stock_value")


def _violation(table: "pa.Table", row: int, chance: float, expected: float) -> Mapping[str, Any]:
    told = {name: table.column(name)[row].as_py() for name in _TOLD}
    gap = sum(int(table.column(name)[row].as_py()) for name in ("plain_gap", "promoted_gap"))
    history = sum(int(table.column(name)[row].as_py()) for name in ("plain_sales", "promoted_sales"))
    history_days = sum(int(table.column(name)[row].as_py()) for name in ("plain_days", "promoted_days"))
    return {
        "product": told["product"],
        "location": told["location"],
        "period_start": told["run_start"],
        "period_end": told["ends"],
        "last_sale": told["last_sale"],
        "qty": told["qty"],
        "open_days": gap,
        "expected_sales": f"{expected:.1f}",
        "chance": f"{chance:.2g}",
        "sales_before": history,
        "days_before": history_days,
        "impact": told["stock_value"],
    }
