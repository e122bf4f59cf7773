"""Whether movements of one instant can be put into an order that yields the balances they state (rule C-003).

Each movement leads from the balance before it to the balance it states. An order exists where these steps form one path
from the balance before the instant: an Eulerian path, for which counting ends and connecting balances is enough.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from perito_rules.functions import Judgement
from perito_rules.model import Value

_TEXTS = {
    "ORDER_AMBIGUOUS": (
        "the balances fit an order that is not the file's",
        "los saldos encajan con un orden que no es el del archivo",
    ),
    "NO_ORDER_FITS": (
        "the balances between fit no order at all",
        "los saldos intermedios no encajan con ningún orden",
    ),
}


def judge(table: Any, _values: Mapping[str, Value]) -> Judgement:
    """`table` (Arrow) has one row per instant with several movements; see the rule's input for its columns."""
    violations: list[dict[str, Any]] = []
    rows = table.to_pylist()
    unknown = 0
    for row in rows:
        if row["balance_before"] is None:
            unknown += 1
        elif not row["fits"] and row["expected_balance"] in row["balances"]:
            violations.append(_violation(row))
    ambiguous = sum(found["code"] == "ORDER_AMBIGUOUS" for found in violations)
    facts = {"instants": len(rows), "ambiguous": ambiguous, "no_order_fits": len(violations) - ambiguous}
    return Judgement(violations, len(rows), unknown, facts)


def has_order(before: Decimal, quantities: Sequence[Decimal], balances: Sequence[Decimal]) -> bool:
    """True where the movements, in some order and starting at `before`, yield the balances stated beside them."""
    starts = [balance - qty for qty, balance in zip(quantities, balances, strict=True)]
    ends = Counter(balances)
    ends.subtract(Counter(starts))
    end = before + sum(quantities, Decimal(0))
    wanted = Counter({end: 1})
    wanted.subtract({before: 1})
    if any(ends[value] != wanted[value] for value in ends.keys() | wanted.keys()):
        return False
    return _reached(before, list(zip(starts, balances, strict=True))) >= set(starts)


def _reached(before: Decimal, steps: Sequence[tuple[Decimal, Decimal]]) -> set[Decimal]:
    """Balances connected with `before`, whichever way the steps lead."""
    beside: dict[Decimal, set[Decimal]] = {}
    for one, other in steps:
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    seen, waiting = {before}, [before]
    while waiting:
        new = beside.get(waiting.pop(), set()) - seen
        seen |= new
        waiting.extend(new)
    return seen


def _violation(row: Mapping[str, Any]) -> dict[str, Any]:
    fits_some = has_order(row["balance_before"], row["quantities"], row["balances"])
    code = "ORDER_AMBIGUOUS" if fits_some else "NO_ORDER_FITS"
    reason_en, reason_es = _TEXTS[code]
    return {
        **{name: row[name] for name in ("product", "location", "ts", "movement", "rows", "balance_before")},
        "period_start": row["day"],
        "code": code,
        "reason_en": reason_en,
        "reason_es": reason_es,
        "expected": row["expected_balance"],
        "severity": "info" if fits_some else "medium",
        "row_count": row["rows"],
    }
