"""How sure a finding is: less where validation doubts its rows, and never more than its rule allows."""

from decimal import Decimal
from pathlib import Path

from perito_rules.confidence import Earlier
from perito_rules.trial import try_rules

from .test_kinds import MOVES, row_rule


def test_confidence_falls_where_validation_doubts_the_rows(tmp_path: Path) -> None:
    doubt = try_rules([row_rule("V-915", "product = 'B'")], {"movements": MOVES}, tmp_path / "validation")
    earlier = Earlier(doubt.out / "findings.parquet", doubt.out / "evidence.parquet")
    trial = try_rules([row_rule("C-901", "qty <> 0")], {"movements": MOVES}, tmp_path / "next", earlier=earlier)
    told = {finding["identity"]["product"]: finding["confidence"] for finding in trial.findings}
    assert told == {"A": Decimal("0.5"), "B": Decimal("0.35"), "C": Decimal("0.5")}


def test_confidence_is_never_above_what_the_rule_allows_of_itself(tmp_path: Path) -> None:
    rules = [row_rule("C-901", "qty <> 0", "confidence_limit: 0.4"), row_rule("C-902", "qty <> 0")]
    trial = try_rules(rules, {"movements": MOVES}, tmp_path / "sure")
    told = {finding["rule_id"]: finding["confidence"] for finding in trial.findings}
    assert told == {"C-901": Decimal("0.4"), "C-902": Decimal("0.5")}
    doubt = try_rules([row_rule("V-915", "product = 'B'")], {"movements": MOVES}, tmp_path / "validation")
    earlier = Earlier(doubt.out / "findings.parquet", doubt.out / "evidence.parquet")
    trial = try_rules(rules, {"movements": MOVES}, tmp_path / "doubted", earlier=earlier)
    (low,) = {f["confidence"] for f in trial.findings if f["identity"]["product"] == "B"}
    assert low == Decimal("0.35"), "doubt is below the limit as it is"
