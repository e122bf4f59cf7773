"""Scores: the formula, the parts, and when there is no number."""

from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleOutcome, RuleStatus
from perito_reporting.scores import scores
from perito_reporting.sources import open_sources

from .upstream import Upstream, header


def outcome(rule: str, status: RuleStatus, evaluated: int = 0, failed: int = 0) -> RuleOutcome:
    return RuleOutcome(rule, "1", status, evaluated=evaluated, failed=failed, reason="because")


def scored(tmp_path: Path, *rules: tuple[str, RuleOutcome], missing: str = "") -> dict[str, Any]:
    upstream = Upstream(
        tmp_path,
        headers=[header(result.rule_id, severity=severity) for severity, result in rules],
        outcomes={result.rule_id: result for _, result in rules},
        missing={missing: "it ran out of time"} if missing else {},
    )
    with open_sources(upstream.job()) as sources:
        return scores(sources)


def test_scores_weigh_rules_by_severity_and_round_half_up(tmp_path: Path) -> None:
    result = scored(
        tmp_path,
        ("critical", outcome("V-008", RuleStatus.FAILED, 200, 1)),
        ("medium", outcome("V-010", RuleStatus.PASSED, 50)),
        ("high", outcome("C-006", RuleStatus.FAILED, 4, 1)),
        ("info", outcome("K-16", RuleStatus.FAILED, 10, 10)),
    )
    # Quality is (1 x 0.995 + 0.3) / 1.3 = 0.99615, which is not 100; integrity is 0.75, and health
    # (0.995 + 0.3 + 0.45) of 1.9, which is 0.91842.
    assert [result[name]["value"] for name in ("quality", "integrity", "health")] == [99, 75, 92]
    assert result["health"]["weight_evaluated"] == "1.9"
    assert result["quality"]["parts"] == [
        {"rule_id": "V-008", "weight": "1", "evaluated": 200, "failed": 1},
        {"rule_id": "V-010", "weight": "0.3", "evaluated": 50, "failed": 0},
    ]


@pytest.mark.parametrize(
    ("failed", "value"), [(199, 1), (198, 1), (200, 0), (0, 100), (1, 99), (2, 99), (3, 99), (4, 98), (400, 0)]
)
def test_a_half_rounds_up_and_a_share_is_at_most_one(tmp_path: Path, failed: int, value: int) -> None:
    result = scored(tmp_path, ("high", outcome("C-006", RuleStatus.FAILED, 200, failed)))
    assert result["integrity"]["value"] == value


def test_no_number_where_half_of_the_weight_broke(tmp_path: Path) -> None:
    kept = ("medium", outcome("C-006", RuleStatus.PASSED, 10))
    lost = ("high", outcome("C-035", RuleStatus.ERRORED))
    result = scored(tmp_path, kept, lost)["integrity"]
    assert result["value"] is None
    assert "less than half" in result["reason"]["en"]
    assert (result["weight_evaluated"], result["weight_applicable"]) == ("0.3", "0.9")


def test_what_does_not_apply_does_not_weigh(tmp_path: Path) -> None:
    kept = ("low", outcome("C-006", RuleStatus.PASSED, 10))
    beside = ("critical", outcome("C-035", RuleStatus.NOT_APPLICABLE))
    assert scored(tmp_path, kept, beside)["integrity"]["value"] == 100


def test_no_number_without_rules_or_without_the_phase(tmp_path: Path) -> None:
    kept = ("high", outcome("C-006", RuleStatus.PASSED, 10))
    result = scored(tmp_path, kept, missing="pattern")
    assert result["quality"]["value"] is None
    assert result["integrity"]["value"] == 100
    assert result["health"] | {"parts": []} == {
        "value": None,
        "reason": {"en": "there is no result from pattern", "es": "no hay resultado de patrones"},
        "weight_evaluated": "0.6",
        "weight_applicable": "0.6",
        "parts": [],
    }
