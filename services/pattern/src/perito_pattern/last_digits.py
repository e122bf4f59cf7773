"""Judges the last two digits of what people count and enter (P-003).

Expected of an ending is a hundredth, the share it has among the numbers of all others, or its share among what the
books had for the same rows, whichever is most. A person's numbers count for (sum of n)^2 / sum of n^2 over products
or suppliers.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.tails import Model, upper_tail

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

ENDINGS = 100
_WHO = {"counted": ("Counter", "Contador"), "entered": ("User", "Usuario")}


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per person and ending; see section `input` of the rule."""
    rows: Sequence[Row] = table.to_pylist()
    least = int(str(values["least_rows"]))
    people = {(row["kind"], row["user"]): int(row["rows"]) for row in rows}
    totals: dict[tuple[str, str], int] = defaultdict(int)
    numbers: dict[str, int] = defaultdict(int)
    for row in rows:
        totals[row["kind"], row["digits"]] += int(row["events"])
        numbers[row["kind"]] += int(row["events"])
    tested = {key for key, size in people.items() if size >= least and numbers[key[0]] - size >= least}
    fit = [row for row in rows if (row["kind"], row["user"]) in tested]
    shares = [expected_share(row, totals[row["kind"], row["digits"]], numbers[row["kind"]]) for row in fit]
    chances = [chance_of(row, share) for row, share in zip(fit, shares, strict=True)]
    threshold = benjamini_hochberg(chances, float(str(values["q"])), max(1, len(tested) * ENDINGS))
    told = [
        _violation(row, share, chance)
        for row, share, chance in zip(fit, shares, chances, strict=True)
        if chance <= threshold and _is_large(row, share, values)
    ]
    return Judgement(told, len(people), len(people) - len(tested), {"tested": len(tested)})


def expected_share(row: Row, events: int, numbers: int) -> float:
    """The share of an ending that is to be expected; `events` of `numbers` are those of everybody, this person too."""
    others = (events - row["events"]) / (numbers - row["rows"])
    return significant(max(1 / ENDINGS, others, row["in_books"] / row["rows"]))


def chance_of(row: Row, share: float) -> float:
    """Chance of as many numbers with that ending, of as many as are independent."""
    independent = max(1, int(row["rows"]) ** 2 // max(1, int(row["squares"])))
    return upper_tail(
        Model.BINOMIAL, independent, int(row["events"]) * independent // int(row["rows"]), independent * share
    )


def _is_large(row: Row, share: float, values: Mapping[str, Value]) -> bool:
    expected = significant(row["rows"] * share)
    return row["events"] - expected >= int(str(values["least_excess"])) and row["events"] >= significant(
        float(str(values["least_ratio"])) * expected
    )


def _violation(row: Row, share: float, chance: float) -> Row:
    word_en, word_es = _WHO[row["kind"]]
    return {
        "kind": row["kind"],
        "user": row["user"],
        "digits": row["digits"],
        "who_en": word_en,
        "who_es": word_es,
        "period_start": row["first_day"],
        "period_end": row["last_day"],
        "events": row["events"],
        "rows": row["rows"],
        "independent": max(1, int(row["rows"]) ** 2 // max(1, int(row["squares"]))),
        "expected_events": f"{significant(row['rows'] * share):.1f}",
        "chance": f"{chance:.2g}",
        "row_count": row["events"],
    }
