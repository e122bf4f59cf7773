"""Judges refunds that come in bursts, and refunds that a cashier gives to one card again and again (P-023).

A burst is the most refunds of a cashier within some minutes. How unlikely it is depends on the pace (the cashier's own
without the burst, or that of all of the same role and store format, whichever is faster) and on how far refunds come
together for everybody else: the pairs within the minutes, over those that an even pace would give, are one plus the
squared coefficient of variation of the pace. It must also be more than twice the densest minutes that half of the
others have, for where all have bursts nobody stands out. Each refund may begin a burst, so its chance counts that many
times. A card is a binomial: of all refunds to it, those by one cashier, who gives a known share of the place's
refunds.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.robust import leave_one_out_medians
from perito_pattern.tails import Model, upper_tail

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per cashier with refunds, and per cashier and card; see section `input` of the rule."""
    rows: Sequence[Row] = table.to_pylist()
    judged = [*_of_bursts(_of_kind(rows, "burst")), *map(_of_card, _of_kind(rows, "card"))]
    threshold = benjamini_hochberg([chance for _, chance, _ in judged], float(str(values["q"])), max(1, len(judged)))
    told = [
        _violation(row, chance, expected)
        for row, chance, expected in judged
        if chance <= threshold and row["events"] > row["floor_refunds"]
    ]
    return Judgement(told, len(rows), 0, {"tested": len(judged)})


def _of_kind(rows: Sequence[Row], kind: str) -> Sequence[Row]:
    return [row for row in rows if row["kind"] == kind]


def _of_bursts(rows: Sequence[Row]) -> list[tuple[Row, float, float]]:
    """(row, chance, refunds to be expected in the minutes) of each cashier."""
    groups: dict[tuple[str | None, str | None], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["role"], row["format"]].append(row)
    return [judged for group in groups.values() for judged in _of_group(group)]


def _of_group(rows: Sequence[Row]) -> list[tuple[Row, float, float]]:
    refunds, minutes, pairs = (sum(row[name] for row in rows) for name in ("trials", "minutes", "pairs"))
    even = sum(_even_pairs(row) for row in rows)
    judged: list[tuple[Row, float, float]] = []
    usual = leave_one_out_medians([float(row["events"]) for row in rows])
    for row, densest in zip(rows, usual, strict=True):
        others = max(1, minutes - row["minutes"])
        theirs = (refunds - row["trials"]) / others
        own = (row["trials"] - row["events"]) / row["minutes"]
        expected = significant(max(own, theirs, 0.5 / max(1, minutes)) * row["window_minutes"])
        together = even - _even_pairs(row)
        clustered = (pairs - row["pairs"]) / together if together >= 1 else 1.0
        # The first refund of a burst is given: the chance is that of the others.
        chance = upper_tail(Model.POISSON, 1, row["events"] - 1, expected, max(0.0, clustered - 1))
        if row["events"] <= 2 * densest:
            chance = 1.0
        judged.append((row, significant(min(1.0, chance * row["trials"])), expected))
    return judged


def _even_pairs(row: Row) -> float:
    """Pairs within the minutes where the cashier's refunds came at an even pace."""
    return row["trials"] * max(0, row["trials"] - 1) / max(1, row["minutes"]) * row["window_minutes"]


def _of_card(row: Row) -> tuple[Row, float, float]:
    """`pairs` are the cashier's refunds and `minutes` the place's, of which they are a share."""
    expected = significant(row["trials"] * row["pairs"] / row["minutes"])
    return row, upper_tail(Model.BINOMIAL, row["trials"], row["events"], expected), expected


def _violation(row: Row, chance: float, expected: float) -> Row:
    count, burst = row["events"], row["kind"] == "burst"
    what_en = f"{count} refunds within {row['window_minutes']} minutes" if burst else f"{count} refunds to one card"
    what_es = (
        f"{count} devoluciones en {row['window_minutes']} minutos" if burst else f"{count} devoluciones a una tarjeta"
    )
    return {
        "user": row["user"],
        "kind": row["kind"],
        "card": row["card"],
        "period_start": row["first_day"],
        "period_end": row["last_day"],
        "events": count,
        "refunds": row["trials"],
        "expected_events": f"{expected:.1f}",
        "chance": f"{chance:.2g}",
        "what_en": what_en,
        "what_es": what_es,
        "impact": row["amount"],
        "row_count": count,
    }
