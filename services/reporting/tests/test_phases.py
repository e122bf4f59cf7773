"""The report taken apart by phase adds up to the whole."""

from decimal import Decimal
from pathlib import Path

from perito_kernel.phases import RuleOutcome, RuleStatus

from .test_report import run
from .upstream import Upstream, finding, header


def books(folder: Path) -> Upstream:
    upstream = Upstream(folder)
    upstream.headers = [
        header("V-010", explains=["C-006"], entities=["location"]),
        header("C-006"),
        header("C-035"),
        header("P-008", recoverable=True, entities=["supplier"]),
        header("K-16", kind="metric", severity="info", entities=[]),
    ]
    upstream.outcomes["C-035"] = RuleOutcome("C-035", "1", RuleStatus.NOT_APPLICABLE, reason="needs counts")
    upstream.findings = [
        finding("V-010", {"location": "ABJ"}),
        finding("C-006", {"product": "P1", "location": "ABJ"}, "-80.5"),
        finding("C-006", {"product": "P2", "location": "LAG"}, "1000"),
        finding("C-006", {"product": "P3", "location": "LAG"}, "7", currency="EUR"),
        finding("P-008", {"supplier": "S1"}, "500", recoverable=True),
    ]
    kpi = {"id": "K-16", "measure": "exact", "key": "", "period": "", "value": Decimal("88.01"), "unit": "%", "n": 1}
    upstream.kpis = [kpi | {"scope": "total"}, kpi | {"scope": "product", "key": "P1"}]
    upstream.kpis.append(kpi | {"scope": "total", "period": "2025-03"})
    return upstream


def test_a_phase_says_what_it_came_to(tmp_path: Path) -> None:
    document, _ = run(books(tmp_path).job())
    phases = {entry["phase"]: entry for entry in document["phases"]}
    assert list(phases) == ["validation", "consistency", "pattern", "performance"]
    consistency = phases["consistency"]
    assert consistency["metrics"] == {
        "rules": {"passed": 0, "failed": 1, "not_applicable": 1, "errored": 0},
        "evaluated": 1000,
        "failed": 3,
        "unknown": 0,
        "findings": 3,
        "cases": 2,
        "cases_by_severity": {"critical": 0, "high": 2, "medium": 0, "low": 0, "info": 0},
        "exposure": [
            {"currency": "EUR", "cases": 1, "gross": "7", "net": "7", "recoverable": "0"},
            {"currency": "NGN", "cases": 1, "gross": "1000", "net": "1000", "recoverable": "0"},
        ],
    }, "the symptom of V-010 is a finding here and no case"
    assert consistency["score"] == {"value": 99, "reason": None}
    assert [step["rule_id"] for step in consistency["recommendations"]] == ["C-006"]
    assert [(kpi["id"], kpi["value"]) for kpi in phases["performance"]["kpis"]] == [("K-16", "88.01")]
    assert phases["pattern"]["kpis"] == phases["performance"]["recommendations"] == []


def test_phases_add_up_to_the_report(tmp_path: Path) -> None:
    document, _ = run(books(tmp_path).job())
    parts = [entry["metrics"] for entry in document["phases"]]
    whole = document["exposure"]
    assert sum(part["findings"] for part in parts) == whole["findings"] == 5
    assert sum(part["cases"] for part in parts) == whole["cases"] == 4
    for money in whole["by_currency"]:
        own = [row for part in parts for row in part["exposure"] if row["currency"] == money["currency"]]
        for name in ("gross", "net", "recoverable"):
            assert sum(Decimal(row[name]) for row in own) == Decimal(money[name])
    told = [step for entry in document["phases"] for step in entry["recommendations"]]
    assert sorted(step["rule_id"] for step in told) == sorted(s["rule_id"] for s in document["recommendations"])


def test_a_phase_without_a_result_says_why(tmp_path: Path) -> None:
    upstream = books(tmp_path)
    upstream.missing = {"consistency": "consistency failed"}
    document, _ = run(upstream.job())
    entry = next(entry for entry in document["phases"] if entry["phase"] == "consistency")
    assert entry == {
        "phase": "consistency",
        "reason": {"en": "consistency failed", "es": "faltó"},
        **dict.fromkeys(("score", "metrics", "kpis", "recommendations")),
    }
