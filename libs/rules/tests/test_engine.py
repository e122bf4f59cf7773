"""The engine turns violations into findings that can be proven, and a rule that breaks takes nobody with it."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.errors import Invalid
from perito_kernel.findings import fingerprint
from perito_kernel.phases import RuleStatus
from perito_rules.loader import parse_rule
from perito_rules.model import Rule
from perito_rules.trial import try_rules

SET_RULE = """/* ---
id: {id}
version: 1
kind: set
title: {{en: Low stock, es: Poca existencia}}
severity: high
grain: key
unit: cells
identity: [product, location]
needs:
  inventory: [snapshot_date, product, location, qty]
uses: [{uses}]
parameters:
  floor: {{default: "5", type: decimal, meaning: least quantity}}
{parameters}
impact: column
texts:
  finding:
    en: "{{product}} at {{location}} holds {{observed}}, worth {{impact:,}}"
    es: "{{product}} en {{location}} tiene {{observed}}, valor {{impact:,}}"
explanation: {{en: Why., es: Por qué.}}
remedy: {{en: Count it., es: Contarlo.}}
source: test
--- */
-- section: violations
{violations}
-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (qty IS NULL) AS unknown FROM inventory
-- section: facts
SELECT sum(observed) AS total, NULL AS nothing FROM violations
-- section: evidence
SELECT product, location, 'snapshot' AS role, 'inventory' AS table_name, _file_id, _record, _line,
       product AS key_product, qty AS value_qty, lot AS value_lot
FROM inventory WHERE qty < $floor
"""
VIOLATIONS = """SELECT product, location, snapshot_date AS period_start, qty AS observed, $floor AS expected,
       qty - $floor AS delta_qty, (5 - qty) * 1000.25::DECIMAL(9,2) AS impact, 'low' AS mood
FROM inventory WHERE qty < $floor"""


def set_rule(rule_id: str = "C-901", violations: str = VIOLATIONS, parameters: str = "", uses: str = "") -> Rule:
    text = SET_RULE.format(id=rule_id, violations=violations, parameters=parameters, uses=uses)
    return parse_rule(text, f"{rule_id}.sql")


def stock(product: str, qty: object, **more: object) -> Mapping[str, Any]:
    return {"snapshot_date": "2024-07-01", "product": product, "location": "L1", "qty": qty, **more}


CURRENCY = [{"name": "currency", "value": "NGN"}]


def test_a_violation_becomes_a_finding_with_its_rows(tmp_path: Path) -> None:
    tables = {"inventory": [stock("A", 9), stock("B", "2.5"), stock("C", None)], "conventions": CURRENCY}
    trial = try_rules([set_rule()], tables, tmp_path)
    outcome = trial.outcomes["C-901"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 3, 1, 1)
    assert outcome.facts == {"total": "2.5"}
    (finding,) = trial.findings
    assert finding["fingerprint"] == fingerprint("C-901", {"product": "B", "location": "L1"}, "2024-07-01")
    assert finding["identity"] == {"product": "B", "location": "L1"}
    assert finding["title_en"] == "B at L1 holds 2.5, worth 2,500.625"
    assert finding["title_es"] == "B en L1 tiene 2,5, valor 2.500,625"
    assert finding["measures"] == {"mood": "low"}
    assert (finding["impact"], finding["currency"]) == (Decimal("2500.6250"), "NGN")
    assert (finding["observed"], finding["expected"], finding["delta_qty"]) == ("2.5", "5", Decimal("-2.5000"))
    assert finding["confidence"] == Decimal("0.5")
    (row,) = trial.evidence
    assert (row["file_id"], row["record"], row["line"], row["ordinal"]) == (0, 2, 3, 1)
    assert (row["key"], row["values"]) == ({"product": "B"}, {"qty": "2.5"})


def test_a_clean_neighbour_passes(tmp_path: Path) -> None:
    trial = try_rules([set_rule()], {"inventory": [stock("A", 9)]}, tmp_path)
    assert trial.outcomes["C-901"].status is RuleStatus.PASSED
    assert not trial.findings


def test_parameters_move_the_threshold_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    tables = {"inventory": [stock("A", 9)]}
    assert try_rules([set_rule()], tables, tmp_path, params={"C-901": {"floor": 10}}).findings
    with pytest.raises(Invalid, match="PARAMETER_UNKNOWN"):
        try_rules([set_rule()], tables, tmp_path, params={"C-901": {"flor": 10}})
    with pytest.raises(Invalid, match="PARAMETER_TYPE"):
        try_rules([set_rule()], tables, tmp_path, params={"C-901": {"floor": "NaN"}})


@pytest.mark.parametrize(
    ("tables", "reason", "spanish"),
    [
        ({"conventions": CURRENCY}, "needs table inventory", "necesita la tabla inventory (existencias)"),
        (
            {"inventory": [{"product": "A", "location": "L"}]},
            "needs column inventory.snapshot_date",
            "necesita la columna inventory.snapshot_date (fecha del saldo)",
        ),
        ({"inventory": []}, "no cells to evaluate", "no hay nada que evaluar"),
    ],
)
def test_what_cannot_be_tested_says_what_it_needs(tables: Any, reason: str, spanish: str, tmp_path: Path) -> None:
    outcome = try_rules([set_rule()], tables, tmp_path).outcomes["C-901"]
    assert outcome.status is RuleStatus.NOT_APPLICABLE
    assert outcome.reason.startswith(reason)
    assert outcome.reason_es.startswith(spanish)


@pytest.mark.parametrize(
    ("violations", "reason"),
    [
        ("SELECT no_such_column FROM inventory", "violations: BinderException"),
        ("SELECT product, location, 1 AS observed, 'x'::INTEGER AS impact FROM inventory", "violations: Conversion"),
        ("SELECT product, 1 AS observed, 1 AS impact FROM inventory", "findings: violations lack the identity column"),
        ("SELECT product, location, 1 AS observed FROM inventory", "findings: violations lack the column impact"),
        (
            "SELECT product, location, 1 AS observed, 1.5::DOUBLE AS share, 1 AS impact FROM inventory",
            "findings: violations.share",
        ),
        (
            "SELECT 'same' AS product, location, 1 AS observed, 1 AS impact FROM inventory",
            "findings: 1 violations share their identity",
        ),
        (
            "SELECT product, location, 1 AS observed, 1 AS impact FROM inventory, range(3)",
            "evaluated: 6 failed and 0 unknown of 2 evaluated",
        ),
        ("SELECT 1 AS product, location, 1 AS observed, 1 AS impact FROM inventory LIMIT 1", "findings: evidence.prod"),
    ],
)
def test_a_broken_rule_is_errored_and_the_others_give_their_results(
    violations: str, reason: str, tmp_path: Path
) -> None:
    rules = [set_rule("C-900", violations), set_rule("C-901")]
    trial = try_rules(rules, {"inventory": [stock("A", 1), stock("B", 9)]}, tmp_path)
    assert trial.outcomes["C-900"].status is RuleStatus.ERRORED
    assert trial.outcomes["C-900"].reason.startswith(reason)
    assert trial.outcomes["C-901"].findings == 1
    assert {finding["rule_id"] for finding in trial.findings} == {"C-901"}
    assert len(trial.evidence) == 1
