"""The clock of rules counts each moment once, and the table names what takes most."""

import time

from tests.load.rule_times import Clock, table


def test_what_is_within_another_is_not_its_own() -> None:
    clock = Clock()
    began = time.process_time()
    with clock.at("P-001"):
        _work(0.02)
        with clock.at("view sold_days"):
            _work(0.04)
        _work(0.02)
    with clock.at("P-002"):
        _work(0.01)
    whole = time.process_time() - began
    assert clock.seconds["view sold_days"] >= 0.04 > clock.seconds["P-002"] >= 0.01
    assert clock.seconds["P-001"] >= 0.04
    assert sum(clock.seconds.values()) <= whole + 0.01


def test_shares_are_of_all_rules_and_the_least_are_told_together() -> None:
    pattern = {"": 1.0, "view sold_days": 4.0, "P-001": 3.0} | {f"P-{n:03}": 0.05 for n in range(2, 42)}
    lines = table({"rows": 1_000_000, "reading": 9.5, "rules": {"pattern": pattern}}).splitlines()
    assert "1,000,000 rows of ledger and sales. Processor time: all rules 10.0 s" in lines[0]
    assert lines[4:6] == ["| view sold_days | pattern | 4.00 | 40.0 % |", "| P-001 | pattern | 3.00 | 30.0 % |"]
    assert lines[-2:] == [
        "| 17 others together |  | 0.85 | 8.5 % |",
        "| opening, planning and writing |  | 1.00 | 10.0 % |",
    ]


def _work(seconds: float) -> None:
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass
