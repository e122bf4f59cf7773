"""What a run of rules leaves, and what differs between two of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from perito_kernel.phases import RuleOutcome
from perito_rules.engine import run_rules
from perito_rules.model import Kind, Rule
from pyarrow import parquet

TOLD_ONE_BY_ONE: Mapping[str, Any] = {"flood_share": 1}
TOLD_AS_FLOODS: Mapping[str, Any] = {"flood_share": 0, "flood_minimum": 1}
_GIVEN: Mapping[str, Mapping[str, Any]] = {
    "V-026": {"period_start": "2024-02-10"},
    "V-027": {"least_rows": 5},
    "V-029": {"least_rows": 5, "robust_z": "2"},
    "V-031": {"least_rows": 50, "least_lines": 2, "psi": "0.05"},
}
"""Parameters without which a rule does not apply, or which suit books whose days and prices are as good as random."""


@dataclass(frozen=True)
class Run:
    """What a run left, as content."""

    digest: str
    outcomes: Mapping[str, RuleOutcome]
    tables: Mapping[str, pa.Table]
    head: bytes


def run(
    rules: tuple[Rule, ...],
    tables: Mapping[str, Path],
    folder: Path,
    threads: int,
    params: Mapping[str, Any],
    floods: frozenset[str] = frozenset(),
) -> Run:
    """Runs `rules` on `tables` with `params` for each of them, those named `floods` told as such; `folder` is made, and
    takes what is written."""
    folder.mkdir(parents=True)
    result = run_rules(
        rules,
        tables,
        {
            rule.id: {**_GIVEN.get(rule.id, {}), **(TOLD_AS_FLOODS if rule.id in floods else params)}
            for rule in rules
            if rule.kind not in {Kind.METRIC, Kind.GUARD}
        },
        folder / "out",
        folder / "scratch",
        phase="trial",
        threads=threads,
        memory_bytes=2 << 30,
        report=lambda _fraction, _step: None,
    )
    written = {path.name: parquet.read_table(path) for path in sorted((folder / "out").glob("*.parquet"))}  # pyright: ignore[reportUnknownMemberType]  # its stub says IO[Unknown]
    head = (folder / "out" / "findings-head.ndjson").read_bytes()
    return Run(result.content_digest, {o.rule_id: o for o in result.outcomes}, written, head)


def differences(one: Run, other: Run) -> list[str]:
    """Names of what is not the same in two runs."""
    found = [name for name, table in one.tables.items() if not table.equals(other.tables[name])]
    found += ["digest"] if one.digest != other.digest else []
    found += ["head"] if one.head != other.head else []
    return found + (["outcomes"] if one.outcomes != other.outcomes else [])
