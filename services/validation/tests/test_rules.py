"""V-004, V-008, V-010 and V-012: each finds what was planted and leaves its clean neighbour alone."""

from pathlib import Path

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.linter import lint
from perito_rules.loader import load_rules

from .desk import HEAD, examine, one_table

PRODUCTS = one_table("p.csv", "products", "{product: a, unit_cost: c, name: n}")


def test_the_rules_can_be_reproduced() -> None:
    rules = load_rules("perito_validation.rules")
    assert len(rules) >= 19
    assert [complaint for rule in rules for complaint in lint(rule)] == []


def test_clean_books_pass_all_rules(tmp_path: Path) -> None:
    done = examine(tmp_path, {"p.csv": "a,c,n\nA,1,x\nB,2,x\nC,,\n"}, PRODUCTS)
    assert done.findings == []
    assert {rule.status for rule in done.outcome.rules} == {RuleStatus.PASSED, RuleStatus.NOT_APPLICABLE}
    evaluated = {rule.rule_id: rule.evaluated for rule in done.outcome.rules if rule.status is RuleStatus.PASSED}
    assert evaluated == {
        "V-001": 1,
        "V-002": 3,
        "V-003": 9,
        "V-004": 7,
        "V-005": 2,
        "V-007": 6,
        "V-008": 3,
        "V-010": 3,
        "V-012": 3,
        "V-013": 9,
        "V-016": 2,
        "V-032": 3,
        "V-034": 12,
    }


def test_unreadable_cells_are_one_finding_per_column(tmp_path: Path) -> None:
    text = "a,c,n\nA,n/a,x\nB,2,x\nC,n/a,y\nD,3-4,y\nE,,y\n"
    done = examine(tmp_path, {"p.csv": text}, PRODUCTS)
    (finding,) = done.of("V-004")
    assert finding["identity"] == {"table_name": "products", "column_name": "unit_cost", "file": "p.csv"}
    assert finding["title_en"] == "p.csv: 3 of 4 filled cells of c cannot be read as unit cost (most often a/a)"
    assert finding["row_count"] == 3
    assert [(p["pattern"], p["cells"]) for p in finding["measures"]["patterns"]] == [("a/a", 2), ("9-9", 1)]
    assert [(row["line"], row["values"]["text"]) for row in done.proof(finding)] == [(2, "n/a"), (4, "n/a"), (5, "3-4")]
    assert done.of("V-008") == []


def test_a_finding_lists_ten_patterns_and_tells_how_many_there_are(tmp_path: Path) -> None:
    text = "a,c,n\n" + "".join(f"P{i},{'-' * i}x,y\n" for i in range(1, 13))
    (finding,) = examine(tmp_path, {"p.csv": text}, PRODUCTS).of("V-004")
    assert (len(finding["measures"]["patterns"]), finding["measures"]["distinct_patterns"]) == (10, "12")
    assert finding["row_count"] == 12


def test_keys_missing_or_used_twice_are_found_but_not_exact_repetitions(tmp_path: Path) -> None:
    text = "a,c,n\nA,1,x\nA,2,x\nB,1,x\nB,1,x\n,5,x\nC,1,x\n"
    done = examine(tmp_path, {"p.csv": text}, PRODUCTS)
    found = {finding["identity"]["key"]: finding for finding in done.of("V-008")}
    assert set(found) == {"product=A", "product=blank"}
    assert {finding["severity"] for finding in found.values()} == {"critical"}
    assert [row["line"] for row in done.proof(found["product=A"])] == [2, 3]
    (repeated,) = done.of("V-010")
    assert repeated["row_count"] == 1
    rules = {rule.rule_id: rule for rule in done.outcome.rules}
    assert (rules["V-008"].evaluated, rules["V-008"].failed) == (5, 3)


def test_a_table_whose_key_is_not_mapped_is_not_tested_and_says_so(tmp_path: Path) -> None:
    done = examine(tmp_path, {"p.csv": "a,q\n1,5\n1,6\n"}, one_table("p.csv", "sales", "{document: a, qty: q}"))
    outcome = next(rule for rule in done.outcome.rules if rule.rule_id == "V-008")
    assert outcome.status is RuleStatus.NOT_APPLICABLE
    assert done.of("V-008") == []


def test_repeated_rows_are_one_finding_per_table_with_every_pair_as_evidence(tmp_path: Path) -> None:
    mapping = PRODUCTS + "  q.csv:\n    tables:\n      suppliers:\n        columns: {supplier: s, name: n}\n"
    files = {"p.csv": "a,c,n\nA,1,x\nB,2,y\nA,1,x\nB,2,y\nA,1,x\n", "q.csv": "s,n\n1,x\n2,x\n"}
    done = examine(tmp_path, files, mapping)
    (finding,) = done.of("V-010")
    assert finding["identity"] == {"table_name": "products"}
    assert (finding["row_count"], finding["measures"]["distinct_rows"]) == (3, "2")
    proof = [(row["role"], row["line"]) for row in done.proof(finding)]
    assert proof == [
        *[("repeated", 2), ("repetition", 4)],
        *[("repeated", 3), ("repetition", 5)],
        *[("repeated", 2), ("repetition", 6)],
    ]
    outcome = next(rule for rule in done.outcome.rules if rule.rule_id == "V-010")
    assert (outcome.evaluated, outcome.failed, outcome.facts) == (7, 3, {"repeated_rows": "3", "distinct_rows": "2"})


def test_a_record_that_feeds_two_tables_repeats_once(tmp_path: Path) -> None:
    mapping = one_table(
        "po.csv", "purchases", "{document: d, qty: q}", "      receipts:\n        columns: {document: d, qty: q}\n"
    )
    done = examine(tmp_path, {"po.csv": "d,q\n1,5\n1,5\n2,5\n"}, mapping)
    (finding,) = done.of("V-010")
    assert finding["row_count"] == 1


def test_other_spellings_of_a_key_are_one_finding_per_column_and_file(tmp_path: Path) -> None:
    sales = "        columns: {document: d, product: %s}\n"
    mapping = HEAD + (
        "  p.csv:\n    tables:\n      products:\n        columns: {product: a}\n"
        "  s.csv:\n    tables:\n      sales:\n"
        + sales % "p"
        + "  t.csv:\n    tables:\n      sales:\n"
        + sales % "{column: p, normalise: [trim, upper]}"
        + "  u.csv:\n    tables:\n      sales:\n"
        + sales % "p"
    )
    files = {
        "p.csv": "a\nPRD-1\nPRD-2\nX\n",
        "s.csv": "d,p\n1,prd-1\n2,prd-1\n3,PRD-2\n4,Prd-2\n",
        "t.csv": "d,p\n1,prd-1\n2,PRD-2\n",
        "u.csv": "d,p\n1,PRD-1\n2,X\n3,Y\n",  # Y is unknown, which is another rule's matter
    }
    done = examine(tmp_path, files, mapping)
    found = {finding["identity"]["file"]: finding for finding in done.of("V-012")}
    assert set(found) == {"s.csv", "t.csv"}
    assert (found["s.csv"]["row_count"], found["s.csv"]["measures"]["forms"]) == (3, "2")
    assert found["s.csv"]["measures"]["repaired"] == "0"
    assert found["t.csv"]["measures"]["repaired"] == "1"
    assert {file: finding["severity"] for file, finding in found.items()} == {"s.csv": "high", "t.csv": "medium"}
    assert [row["line"] for row in done.proof(found["s.csv"])] == [2, 5]
    assert {row["values"]["reference"] for row in done.proof(found["s.csv"])} == {"PRD-1", "PRD-2"}


def test_the_masters_form_is_the_reference_however_rare(tmp_path: Path) -> None:
    mapping = HEAD + (
        "  p.csv:\n    tables:\n      products:\n        columns: {product: a}\n"
        "  s.csv:\n    tables:\n      sales:\n        columns: {document: d, product: p}\n"
    )
    done = examine(tmp_path, {"p.csv": "a\nP-1\n", "s.csv": "d,p\n1,p-1\n2,p-1\n3,p-1\n"}, mapping)
    (finding,) = done.of("V-012")
    assert (finding["identity"]["file"], finding["row_count"]) == ("s.csv", 3)
    assert (finding["measures"]["example"], finding["measures"]["example_reference"]) == ("p-1", "P-1")
    alone = one_table("s.csv", "sales", "{document: d, product: p}")
    (finding,) = examine(tmp_path / "alone", {"s.csv": "d,p\n1,p-1\n2,p-1\n3,P-1\n"}, alone).of("V-012")
    assert (finding["row_count"], finding["measures"]["example_reference"]) == (1, "p-1"), "the most frequent"


def test_no_finding_names_a_person(tmp_path: Path) -> None:
    """Users and customers stand in findings by a pseudonym or not at all; file and line lead whoever may see them."""
    mapping = HEAD + (
        "  u.csv:\n    tables:\n      users:\n        columns: {user: u, name: n}\n"
        "  s.csv:\n    tables:\n      sales:\n        columns: {document: d, user: u, customer: c}\n"
    )
    files = {"u.csv": "u,n\nAMARA,x\nAMARA,y\nBOLA,z\n", "s.csv": "d,u,c\n1,amara,CHIDI\n2,AMARA,chidi\n"}
    done = examine(tmp_path, files, mapping)
    told = [*done.of("V-008"), *done.of("V-012")]
    assert [(f["rule_id"], f["row_count"]) for f in told] == [("V-008", 2), ("V-012", 1), ("V-012", 1)]
    words = str([told, done.evidence]).upper()
    assert [name for name in ("AMARA", "BOLA", "CHIDI") if name in words] == []
    assert [[row["line"] for row in done.proof(finding)] for finding in told] == [[2, 3], [3], [2]]


@pytest.mark.parametrize(("columns", "severity"), [("document: d, ", "medium"), ("document: d, line: n, ", "high")])
def test_v_010_scans_of_a_till_without_line_numbers_weigh_less(tmp_path: Path, columns: str, severity: str) -> None:
    """Two equal rows in a ticket of four are an article scanned twice, unless a line number is the same too."""
    rows = "".join(f"T{ticket},{article},A{article},1\n" for ticket in range(9) for article in (1, 2, 3, 3))
    mapping = one_table("s.csv", "sales", f"{{{columns}product: p, qty: q}}")
    (finding,) = examine(tmp_path, {"s.csv": f"d,n,p,q\n{rows}"}, mapping).of("V-010")
    assert (finding["row_count"], finding["severity"]) == (9, severity)


def test_v_010_a_document_that_is_there_twice_is_an_export_that_ran_twice(tmp_path: Path) -> None:
    ticket = "T1,A,1\nT1,B,2\n"
    mapping = one_table("s.csv", "sales", "{document: d, product: p, qty: q}")
    (finding,) = examine(tmp_path, {"s.csv": f"d,p,q\n{ticket}T2,A,1\n{ticket}"}, mapping).of("V-010")
    assert (finding["row_count"], finding["severity"]) == (2, "high")
