"""Judges sales to a cashier's own account, to one and the same customer, and to customers made for tests (P-030).

The first two are habits, compared with peers. A test customer is told by its name, whoever sold to it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement
from perito_rules.model import Value
from perito_rules.terms import spanish_number

from perito_pattern.cashiers import judge_rows, terms_of

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """Rows of cashiers (see `cashiers`), and of kind `test` one per customer, whose code stands in `user`."""
    rows: Sequence[Row] = table.to_pylist()
    tests = [row for row in rows if row["kind"] == "test"]
    judged = judge_rows([row for row in rows if row["kind"] != "test"], terms_of(values), together=True)
    told = [*map(_cashier, judged.violations), *map(_customer, tests)]
    return Judgement(told, judged.evaluated + len(tests), judged.unknown, judged.facts)


def _cashier(row: Row) -> Row:
    count, of_all, usual = row["events"], row["trials"], row["expected_events"]
    return {
        **{name: value for name, value in row.items() if not name.startswith(("kind_", "basis_"))},
        "customer": None,
        "what_en": f"Cashier {row['user']}: {row['kind_en']} in {count} of {of_all} tickets; about {usual}"
        f" were to be expected, by {row['basis_en']}",
        "what_es": f"Cajero {row['user']}: {row['kind_es']} en {count} de {of_all} tiques; eran de esperar unos"
        f" {spanish_number(usual)}, según {row['basis_es']}",
    }


def _customer(row: Row) -> Row:
    blank = dict.fromkeys(("expected_events", "chance", "robust_z", "peers", "also", "impact"))
    return {
        "user": None,
        "kind": "test",
        "period_start": row["first_day"],
        "period_end": row["last_day"],
        "events": row["events"],
        "trials": row["trials"],
        **blank,
        "row_count": row["events"],
        "customer": row["user"],
        "what_en": f"Customer {row['user']} has the name of a test and {row['events']} sales",
        "what_es": f"El cliente {row['user']} tiene nombre de prueba y {row['events']} ventas",
    }
