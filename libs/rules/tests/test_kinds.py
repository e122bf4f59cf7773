"""Row rules share a scan and fall alone; functions, metrics, templates and floods are told as their headers promise."""

import subprocess
import sys
import types
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from perito_kernel.findings import fingerprint
from perito_kernel.phases import RuleStatus
from perito_rules.functions import Judgement, significant
from perito_rules.loader import parse_rule
from perito_rules.metrics import TOO_LARGE
from perito_rules.model import Rule, Value
from perito_rules.trial import try_rules

HEADER = """/* ---
id: {id}
version: 1
kind: {kind}
title: {{en: Bad row, es: Fila mala}}
severity: high
grain: key
unit: rows
impact: {impact}
texts: {{finding: {{en: "{title}", es: "{title}"}}}}
explanation: {{en: Why., es: Por qué.}}
remedy: {{en: Mend it., es: Corregir.}}
source: test
{more}
--- */
{sql}
"""


def rule(rule_id: str, kind: str, more: str, sql: str, title: str = "bad", impact: str = "none, because test") -> Rule:
    text = HEADER.format(id=rule_id, kind=kind, more=more, sql=sql, title=title, impact=impact)
    return parse_rule(text, f"{rule_id}.sql")


def row_rule(rule_id: str, expression: str, more: str = "") -> Rule:
    fields = "table: movements\nneeds: {movements: [product, qty, type]}\nidentity: [product]\nvalues: [qty]\n" + more
    return rule(rule_id, "row", fields, expression, title="{product}: {row_count} rows")


def moves(*rows: tuple[str, str, Any]) -> list[dict[str, Any]]:
    return [{"movement": str(n), "product": p, "type": t, "qty": q} for n, (p, t, q) in enumerate(rows)]


MOVES = moves(("A", "sale", -1), ("B", "sale", 2), ("B", "sale", 3), ("C", "receipt", -4), ("D", "sale", None))
SIGN = "where: \"type = 'sale'\""


def test_row_rules_count_what_they_are_about_and_prove_each_row(tmp_path: Path) -> None:
    more = SIGN + "\nselect: {impact: sum(qty) * $price, observed: max(qty)}\n"
    more += "parameters: {price: {type: decimal, default: 2, meaning: money}}"
    trial = try_rules(
        [row_rule("V-915", "qty > 0", more), row_rule("V-916", "qty < -3")], {"movements": MOVES}, tmp_path
    )
    first, second = trial.outcomes["V-915"], trial.outcomes["V-916"]
    assert (first.evaluated, first.failed, first.unknown, first.findings) == (4, 2, 1, 1)
    assert (second.evaluated, second.failed, second.unknown, second.findings) == (5, 1, 1, 1)
    by_rule = {finding["rule_id"]: finding for finding in trial.findings}
    assert by_rule["V-915"]["title_en"] == "B: 2 rows"
    assert (by_rule["V-915"]["row_count"], by_rule["V-915"]["impact"]) == (2, Decimal(10))
    assert [row["record"] for row in trial.proof(by_rule["V-915"])] == [2, 3]
    assert trial.proof(by_rule["V-916"])[0]["values"] == {"qty": "-4"}
    assert trial.proof(by_rule["V-916"])[0]["key"] == {"movement": "3"}


def test_a_row_rule_that_breaks_the_fused_query_falls_alone(tmp_path: Path) -> None:
    rules = [row_rule(f"V-92{n}", "qty > 0") for n in range(7)]
    rules.insert(3, row_rule("V-930", "product::INTEGER > 0"))
    rules.insert(5, row_rule("V-931", "no_such_column"))
    trial = try_rules(rules, {"movements": MOVES}, tmp_path)
    statuses = {rule_id: outcome.status for rule_id, outcome in trial.outcomes.items()}
    assert {k for k, v in statuses.items() if v is RuleStatus.ERRORED} == {"V-930", "V-931"}
    assert {trial.outcomes[f"V-92{n}"].failed for n in range(7)} == {2}
    assert trial.outcomes["V-930"].reason == "expression: ConversionException"


FLOOD = "parameters: {flood_minimum: {default: 3}}"


@pytest.mark.parametrize(("of_each", "of_all"), [("qty > 0", True), ("qty > 1", False)])
def test_a_flood_can_be_claimed_back_only_where_each_part_of_it_can(tmp_path: Path, of_each: str, of_all: bool) -> None:
    many = moves(*[(f"P{n}", "sale", 1 + n % 5) for n in range(40)], *[("Q", "sale", -1)] * 60)
    more = f"{FLOOD}\nselect: {{impact: sum(qty), recoverable: bool_and({of_each})}}"
    told = try_rules([row_rule("V-915", "qty > 0", more)], {"movements": many}, tmp_path / "told").findings
    assert [finding["recoverable"] for finding in told] == [of_all]
    single = try_rules([row_rule("V-915", "qty > 4", more)], {"movements": many}, tmp_path / "one").findings
    assert [finding["recoverable"] for finding in single] == [True] * 8


def test_a_flood_is_told_once_with_the_true_total(tmp_path: Path) -> None:
    many = moves(*[(f"P{n}", "sale", 1 + n % 5) for n in range(40)], *[("Q", "sale", -1)] * 60)
    # A measure may have any name, `place` too, by which the samples are ranked.
    more = FLOOD + "\nselect: {impact: sum(qty), place: count(*)}"
    trial = try_rules([row_rule("V-915", "qty > 0", more)], {"movements": many}, tmp_path)
    outcome = trial.outcomes["V-915"]
    assert (outcome.evaluated, outcome.failed, outcome.findings) == (100, 40, 1)
    (finding,) = trial.findings
    assert finding["systemic"]
    assert finding["fingerprint"] == fingerprint("V-915", {})
    assert (finding["row_count"], finding["impact"]) == (40, Decimal(120))
    assert finding["title_en"] == "Bad row: 40 of 100 rows (40.0 %)"
    assert finding["title_es"].endswith("40 de 100 (40,0 %)")
    assert (finding["measures"]["different_product"], finding["measures"]["same_product"]) == ("40", None)
    assert len(finding["measures"]["samples"]) == len(trial.evidence) == 3
    assert {row["values"]["qty"] for row in trial.evidence} == {"5"}


def test_below_the_share_or_the_minimum_each_is_told(tmp_path: Path) -> None:
    many = moves(*[(f"P{n}", "sale", 1) for n in range(20)], *[("Q", "sale", -1)] * 80)
    assert len(try_rules([row_rule("V-915", "qty > 0", FLOOD)], {"movements": many}, tmp_path).findings) == 20
    assert len(try_rules([row_rule("V-915", "qty > 0")], {"movements": many[:30]}, tmp_path).findings) == 20


KEYS = """-- section: violations
SELECT '{table}' AS table_name, {key_text} AS key, count(*) AS row_count, {key_null} AS has_null
FROM {table} GROUP BY {key_list} HAVING count(*) > 1 OR {key_null}
-- section: evaluated
SELECT count(*) AS evaluated FROM {table}
-- section: facts
SELECT count(*) AS keys FROM violations
-- section: evidence
SELECT '{table}' AS table_name, {key_text} AS key, 'row' AS role, _file_id, _record, _line, {key_list} FROM {table}
"""


def test_a_template_is_spread_over_the_keyed_tables_that_are_there(tmp_path: Path) -> None:
    unique = rule("V-908", "set", "each: keyed_table\nidentity: [table_name, key]", KEYS, title="{table_name} {key}")
    tables = {
        "products": [{"product": "A"}, {"product": "A"}, {"product": "B, x=1"}, {"product": None}],
        "suppliers": [{"supplier": "S"}, {"supplier": "T"}],
        "inventory": [{"product": "A", "qty": 1}],
    }
    trial = try_rules([unique], tables, tmp_path)
    outcome = trial.outcomes["V-908"]
    assert (outcome.evaluated, outcome.failed, outcome.findings) == (6, 2, 2)
    assert outcome.facts == {"products.keys": "2", "suppliers.keys": "0"}
    assert outcome.reason.startswith("not tested: inventory, which needs column")
    assert sorted(finding["title_en"] for finding in trial.findings) == ["products product=A", "products product=blank"]
    assert len(trial.evidence) == 3


def test_a_flood_names_its_table_as_readers_call_it(tmp_path: Path) -> None:
    header = f"each: keyed_table\nidentity: [table_name, key]\n{FLOOD}"
    unique = rule("V-908", "set", header, KEYS, title="{table_name} {key}")
    twice = [{"product": f"P{n}"} for n in range(5)] * 2
    (finding,) = try_rules([unique], {"products": twice}, tmp_path).findings
    assert (finding["systemic"], "(products): " in finding["title_en"]) == (True, True)
    assert "(productos): " in finding["title_es"]


def test_what_a_template_entered_before_it_broke_is_taken_out(tmp_path: Path) -> None:
    sql = KEYS.replace("{key_null} AS has_null", "('{table}' = 'suppliers' AND 'x'::INTEGER = 1) AS has_null")
    broken = rule("V-908", "set", "each: keyed_table\nidentity: [table_name, key]", sql)
    tables = {"products": [{"product": "A"}] * 2, "suppliers": [{"supplier": "S"}] * 2}
    trial = try_rules([broken], tables, tmp_path)
    assert trial.outcomes["V-908"].status is RuleStatus.ERRORED
    assert not trial.findings
    assert not trial.evidence


CELLS = """-- section: violations
SELECT '{table}' AS table_name, '{column}' AS column_name, count(*) AS row_count FROM {table}
WHERE "{column}_source" IS NOT NULL HAVING count(*) > 0
-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER ("{column}_source" IS NOT NULL) AS failed FROM {table}
-- section: evidence
SELECT '{table}' AS table_name, '{column}' AS column_name, 'cell' AS role, _file_id, _record, _line,
       '{type}' AS value_type FROM {table} WHERE "{column}_source" IS NOT NULL
"""


def test_a_template_is_spread_over_the_typed_columns_that_are_there(tmp_path: Path) -> None:
    repaired = rule("V-905", "set", "each: typed_column\nidentity: [table_name, column_name]", CELLS)
    tables = {
        "products": [{"product": "A", "name": "free text", "unit_cost": 1, "unit_cost_source": "1,00"}],
        "inventory": [{"product": "A", "qty": 1}, {"product": "A", "qty": 1, "qty_source": "1 000"}],
    }
    trial = try_rules([repaired], tables, tmp_path)
    outcome = trial.outcomes["V-905"]
    assert (outcome.evaluated, outcome.failed, outcome.findings) == (6, 2, 2)
    told = {(f["identity"]["table_name"], f["identity"]["column_name"]) for f in trial.findings}
    assert told == {("products", "unit_cost"), ("inventory", "qty")}
    assert {row["values"]["type"] for row in trial.evidence} == {"money", "quantity"}


def test_a_rule_that_names_an_unknown_table_harms_nobody(tmp_path: Path) -> None:
    wrong = rule("V-909", "set", "identity: [key]\nneeds: {movments: [qty]}", KEYS)
    trial = try_rules([wrong, row_rule("V-915", "qty > 0")], {"movements": MOVES}, tmp_path)
    assert trial.outcomes["V-909"].reason == "needs table movments"
    assert trial.outcomes["V-915"].failed == 2


def test_heavy_libraries_wait_for_the_compute_child() -> None:
    heavy = "{'duckdb', 'pyarrow', 'numpy', 'sqlglot'}"
    code = f"import sys, perito_rules.compute; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def spread(table: pa.Table, parameters: dict[str, Value]) -> Judgement:
    """Products that moved more than the threshold."""
    rows = table.to_pylist()
    found = [
        {"product": r["product"], "observed": float(r["total"]) / 3, "period_start": date(2024, 1, 1)}
        for r in rows
        if r["total"] and significant(float(r["total"])) > float(str(parameters["least"]))
    ]
    return Judgement(found, evaluated=len(rows), unknown=sum(r["total"] is None for r in rows), facts={"most": 1})


FUNCTION = """-- section: input
SELECT product, sum(qty) AS total FROM movements GROUP BY product ORDER BY product
-- section: evidence
SELECT product, 'row' AS role, 'movements' AS table_name, _file_id, _record, _line, qty AS value_qty FROM movements
"""


def test_a_function_judges_what_sql_has_aggregated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = "function: perito_rules_trial_function:spread\nidentity: [product]\nneeds: {movements: [product, qty]}\n"
    fields += "parameters: {least: {type: decimal, default: 4, meaning: units}}"
    made = types.ModuleType("perito_rules_trial_function")
    made.__dict__["spread"] = spread
    monkeypatch.setitem(sys.modules, "perito_rules_trial_function", made)
    trial = try_rules([rule("P-901", "function", fields, FUNCTION)], {"movements": MOVES}, tmp_path)
    outcome = trial.outcomes["P-901"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown, outcome.facts) == (4, 1, 1, {"most": "1"})
    (finding,) = trial.findings
    assert finding["observed"] == "1.66666667"
    assert finding["fingerprint"] == fingerprint("P-901", {"product": "B"}, "2024-01-01")
    assert len(trial.evidence) == 2


KPI = """-- section: kpis
SELECT 'total' AS scope, '' AS key, 'share' AS measure, ratio(count(*) FILTER (qty > 0), {n}) AS value, '%' AS unit,
       count(*) FILTER (qty > 0) AS numerator, {n} AS denominator, count(*) AS n{reason} FROM movements
-- section: evaluated
SELECT count(*) AS evaluated FROM movements
"""


def test_a_metric_comes_with_what_it_is_made_of(tmp_path: Path) -> None:
    needs = "needs: {movements: [qty]}"
    good = rule("K-91", "metric", needs, KPI.format(n="count(qty)", reason=""))
    silent = rule("K-92", "metric", needs, KPI.format(n="0", reason=""))
    told = rule("K-93", "metric", needs, KPI.format(n="0", reason=", 'nothing counted' AS reason"))
    trial = try_rules([good, silent, told], {"movements": MOVES}, tmp_path)
    assert trial.outcomes["K-91"].status is RuleStatus.PASSED
    assert trial.outcomes["K-92"].reason == "kpis: 1 rows of kpis have neither a value nor a reason"
    first, second = trial.kpis
    assert (first["id"], first["value"], first["numerator"], first["denominator"]) == ("K-91", Decimal("0.5"), 2, 4)
    assert (second["id"], second["value"], second["reason"]) == ("K-93", None, "nothing counted")


HUGE = """-- section: kpis
SELECT 'total' AS scope, '' AS key, 'share' AS measure, ratio({a}, {b}) AS value, '%' AS unit,
       {a} AS numerator, {b} AS denominator
FROM (SELECT count(*) AS n FROM movements) AS m
-- section: evaluated
SELECT count(*) AS evaluated FROM movements
"""


def test_a_quotient_that_no_books_have_is_told_as_such(tmp_path: Path) -> None:
    """A barcode typed as a quantity breaks no key figure; it has no value, and says why."""
    body = HUGE.format(a="12345678901234::DECIMAL(38, 4) * 1234567890123 * n", b="1::DECIMAL(38, 4)")
    trial = try_rules([rule("K-94", "metric", "needs: {movements: [qty]}", body)], {"movements": MOVES}, tmp_path)
    assert trial.outcomes["K-94"].status is RuleStatus.PASSED
    (row,) = trial.kpis
    assert (row["value"], row["reason"]) == (None, TOO_LARGE["en"])


@pytest.mark.parametrize(
    ("day", "cost", "source"),
    [("2024-03-01", "3", "products"), ("2024-03-05", "5", "receipts"), ("2024-03-31", "7", "receipts")],
)
def test_unit_cost_is_the_last_one_known_on_the_day(day: str, cost: str, source: str, tmp_path: Path) -> None:
    sql = f"""-- section: violations
SELECT m.product, u.unit_cost AS observed, u.cost_source AS expected
FROM (SELECT *, DATE '{day}' AS day FROM movements) AS m
ASOF LEFT JOIN unit_costs AS u ON u.product = m.product AND m.day >= u.valid_from
-- section: evaluated
SELECT count(*) AS evaluated FROM movements
-- section: evidence
SELECT product, 'row' AS role, 'movements' AS table_name, _file_id, _record, _line FROM movements
"""  # noqa: S608  # a rule's text
    costed = rule("C-901", "set", "uses: [unit_costs]\nidentity: [product]\nneeds: {movements: [product]}", sql)
    receipts = [("2024-03-05", 4), ("2024-03-05", 5), ("2024-03-20", 7), ("2024-03-25", 0)]
    tables = {
        "movements": moves(("A", "sale", 1), ("Z", "sale", 1)),
        "products": [{"product": "A", "unit_cost": 3}],
        "receipts": [
            {"document": str(n), "product": "A", "ts": f"{d} 10:00", "ts_date": d, "unit_cost": c}
            for n, (d, c) in enumerate(receipts)
        ],
        "purchases": [
            {
                "document": "P",
                "product": "A",
                "ordered_at": "2024-03-05 11:00",
                "ordered_at_date": "2024-03-05",
                "unit_cost": 9,
            }
        ],
    }
    trial = try_rules([costed], tables, tmp_path)
    told = {f["identity"]["product"]: (f["observed"], f["expected"]) for f in trial.findings}
    assert told == {"A": (cost, source), "Z": (None, None)}
