"""Judges values that stand far above their group on a logarithmic scale (P-013, P-014).

A ratio of ten says little by itself: amounts that span powers of ten have such pairs by nature. So the logarithm of a
value is held against the mean and the standard deviation of the others in its group, those left out that come into
question too (`candidate`; the rule's SQL says which): Grubbs' test. Where the largest of a group is looked at, it is
the largest of as many chances.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

_LEAST_SPREAD = 0.25
"""Of logarithms: amounts that differ by less than a quarter are all alike, and yet may honestly double."""
_LEAST_OTHERS = 3
_MOST_TERMS = 100_000
_NEARLY_NORMAL = 10_000
_READ = {"value", "candidate", "largest_of", "tested", "groups", "grp", "product_key"}


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per value: `grp`, `value` above 0, `candidate` (0 or 1), `largest_of` (values of which it is the largest,
    1 where it was not picked for that), `tested` and `groups` (the same in all rows: how many were tested, and how many
    there are). Other columns are told as they are; with grp NULL a row only carries the counts."""
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
    others = [math.log(float(row["value"])) for row in members if not row["candidate"]]
    if len(others) < _LEAST_OTHERS:
        return []
    middle = math.fsum(others) / len(others)
    spread = math.sqrt(math.fsum((one - middle) ** 2 for one in others) / (len(others) - 1))
    return [
        (row, chance_of(math.log(float(row["value"])) - middle, spread, len(others), int(row["largest_of"])))
        for row in members
        if row["candidate"]
    ]


def chance_of(above: float, spread: float, others: int, largest_of: int) -> float:
    """Chance that the largest of so many logarithms lies so far above the mean of `others`."""
    t = significant(above / (max(spread, _LEAST_SPREAD) * math.sqrt(1 + 1 / others)))
    return min(1.0, significant(largest_of * student_tail(t, others - 1)))


def student_tail(t: float, freedom: int) -> float:
    """Chance that Student's t with so many degrees of freedom exceeds `t`; 0.5 below 0."""
    if t <= 0:
        return 0.5
    if freedom >= _NEARLY_NORMAL:
        return 0.5 * math.erfc(t / math.sqrt(2))
    a, b, x = freedom / 2, 0.5, freedom / (freedom + t * t)
    log_first = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a + 1) - math.lgamma(b)
    total = term = 1.0
    for n in range(_MOST_TERMS):
        term *= (a + b + n) / (a + 1 + n) * x
        total += term
        if term < 1e-14 * total * (1 - x):
            break
    return min(0.5, 0.5 * math.exp(log_first) * total)


def _violation(row: Row, chance: float) -> Row:
    return {**{name: cell for name, cell in row.items() if name not in _READ}, "chance": f"{chance:.2g}"}
