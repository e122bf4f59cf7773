"""Before anything else the page says how the books are read: level and sign of balances, and a reading that mends."""

from pathlib import Path

from perito_kernel.phases import RuleOutcome, RuleStatus

from .test_page import drawn
from .upstream import Upstream, header


def caveat(upstream: Upstream) -> str:
    return drawn(upstream).split('<section class="sheet caveat">')[1].split("</section>")[0]


def books(folder: Path, **facts: dict[str, str]) -> Upstream:
    folder.mkdir()
    upstream = Upstream(folder)
    upstream.headers = [header("C-001"), header("C-007")]
    for rule in ("C-001", "C-007"):
        told = facts.get(rule.replace("-", "_"), {})
        upstream.outcomes[rule] = RuleOutcome(rule, "1", RuleStatus.PASSED, evaluated=9, facts=told)
    return upstream


def test_the_level_and_sign_of_balances_are_stated(tmp_path: Path) -> None:
    usual = {"grain_of_balances": "product, location", "sign_of_quantities": "in positive"}
    said = caveat(books(tmp_path / "usual", C_001=usual))
    assert "are read per product, location, with what comes in positive (rule C-002" in said
    other = {"grain_of_balances": "product", "sign_of_quantities": "in negative"}
    assert "are read per product, with what goes out positive" in caveat(books(tmp_path / "other", C_001=other))


def test_a_reading_that_mends_the_bridge_is_named(tmp_path: Path) -> None:
    found = {"taken": "1", "explained": "1622", "breaks": "1700"}
    said = caveat(books(tmp_path / "found", C_007=found))
    assert "1,622 of 1,700 breaks of the roll-forward close under another reading" in said
    assert "another reading" not in caveat(books(tmp_path / "none", C_007={"taken": "0", "breaks": "12"}))
