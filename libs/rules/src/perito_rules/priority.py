"""What a finding weighs, in SQL: the one order in which lists, pages and the database's head put findings.

The columns are those of `findings.parquet`: severity, impact, confidence.
"""

from collections.abc import Mapping

from perito_kernel.findings import Severity


def rank_sql() -> str:
    """SQL of the severity's rank, 0 for info to 4 for critical."""
    return _by_severity({severity: str(severity.rank) for severity in Severity}, "TINYINT")


def weight_sql() -> str:
    """SQL of the share of the impact that counts towards priority."""
    return _by_severity({severity: severity.weight for severity in Severity}, "DECIMAL(2, 1)")


def priority_sql() -> str:
    """SQL of |impact| x confidence x weight; NULL without an impact, or with one beyond 22 digits."""
    amount = "abs(impact)::DECIMAL(26, 4) * confidence::DECIMAL(5, 4)"
    return f"try(({amount} * {weight_sql()})::DECIMAL(34, 9))"


def _by_severity(numbers: Mapping[Severity, str], kind: str) -> str:
    arms = " ".join(f"WHEN '{severity.value}' THEN {number}" for severity, number in numbers.items())
    return f"(CASE severity {arms} END)::{kind}"
