"""Judges values that stand far above their group on a logarithmic scale (P-013, P-014).

A ratio of ten says little by itself: amounts that span powers of ten have such pairs by nature. So the logarithm of a value
is held against the median and the robust spread of the others in its group. Where the largest of a group is looked at, it
is the largest of as many chances. Which values come into question (`candidate`) the rule's SQL says.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.robust import leave_one_out_spreads

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

_LEAST_SPREAD = 0.25
"""Of logarithms: amounts that differ by less than a quarter are all alike, and yet may honestly double."""
_READ = {"value", "candidate", "largest_of", "tested", "groups", "grp", "product_key"}


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per value: `grp`, `value` above 0, `candidate` (0 or 1), `largest_of` (values of which it is the largest, 1
    where it was not picked for that), `tested` and `groups` (the same in all rows: how many were tested, and how many there
    are). Other columns are told as they are; with grp NULL a row only carries the counts."""
    rows: Sequence[Row] = table.to_pylist()
    tested, groups = (int(rows[0][name] or 0) if rows else 0 for name in ("tested", "groups"))
    of_group: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["grp"] is not None:
            of_group[row["grp"]].append(row)
    judged = [pair for members in of_group.values() for pair in _chances(members)]
    threshold = benjamini_hochberg([p for _, p in judged], float(str(values["q"])), max(1, tested))
    told = [_violation(row, p) for row, p in judged if p <= threshold]
    return Judgement(told, groups, groups - tested, {"tested": tested})


def _chances(members: Sequence[Row]) -> list[tuple[Row, float]]:
    logs = [math.log(float(row["value"])) for row in members]
    spreads = leave_one_out_spreads(logs)
    return [
        (row, chance_of(log - middle, spread, int(row["largest_of"])))
        for row, log, (middle, spread) in zip(members, logs, spreads, strict=True)
        if row["candidate"]
    ]


def chance_of(above: float, spread: float | None, largest_of: int) -> float:
    """Chance that the largest of so many logarithms lies so far above the median."""
    z = significant(above / max(spread or 0.0, _LEAST_SPREAD))
    return min(1.0, significant(largest_of * 0.5 * math.erfc(z / math.sqrt(2))))


def _violation(row: Row, chance: float) -> Row:
    return {**{name: cell for name, cell in row.items() if name not in _READ}, "chance": f"{chance:.2g}"}
