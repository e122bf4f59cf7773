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
    usual = {"grain_of_balances": "product, location", "sign_of_quantities": "in positive"} | {
        "instants_with_several_movements": "1237"
    }
    said = caveat(books(tmp_path / "usual", C_001=usual))
    assert "are read per product and location, with what comes in positive (rule C-002" in said
    assert "Of 1,237 instants with several movements the order is not given" in said
    other = {
        "grain_of_balances": "product",
        "sign_of_quantities": "in negative",
        "instants_with_several_movements": "0",
    }
    said = caveat(books(tmp_path / "other", C_001=other))
    assert "are read per product, with what goes out positive" in said
    assert "The order of all its movements is known." in said


def test_balances_that_follow_the_order_of_entry_are_stated(tmp_path: Path) -> None:
    read = {"grain_of_balances": "product", "sign_of_quantities": "in positive", "keys": "2240"}
    said = caveat(books(tmp_path / "late", C_001={**read, "keys_in_order_of_entry": "1105"}))
    assert "The balances of 1,105 of 2,240 stock records follow each other in the order of entry" in said
    assert "order of entry" not in caveat(books(tmp_path / "none", C_001={**read, "keys_in_order_of_entry": "0"}))


def test_it_is_said_how_many_signs_contradict_their_kind(tmp_path: Path) -> None:
    for failed, told in (
        (3, "3 of 1,200 rows have a sign that contradicts their kind of movement"),
        (0, "No sign contradicts its kind of movement, in 1,200 rows"),
    ):
        upstream = books(tmp_path / str(failed))
        upstream.headers = [*upstream.headers, header("V-015")]
        upstream.outcomes["V-015"] = RuleOutcome("V-015", "1", RuleStatus.PASSED, evaluated=1200, failed=failed)
        assert told in caveat(upstream)


def test_a_reading_that_mends_the_bridge_is_named(tmp_path: Path) -> None:
    found = {"taken": "1", "explained": "1622", "breaks": "1700"}
    said = caveat(books(tmp_path / "found", C_007=found))
    assert "1,622 of 1,700 breaks of the roll-forward close under another reading" in said
    assert "another reading" not in caveat(books(tmp_path / "none", C_007={"taken": "0", "breaks": "12"}))
