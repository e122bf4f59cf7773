"""Takes books on disk through all five phases, as an analysis runs them, and gives back what was found."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from perito_kernel.phases import InputFile, Job, Outcome, Phase, RuleOutcome, UpstreamResult
from perito_rules.trial import read_rows

PHASES = ("validation", "consistency", "pattern", "performance", "reporting")

KEY = "5a" * 32
"""A tenant's key of pseudonyms."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Examined:
    """Outcomes by rule, all findings and KPIs, and for each finding's fingerprint its cause's (its own for a root)."""

    outcomes: Mapping[str, RuleOutcome]
    findings: Sequence[Row]
    kpis: Sequence[Row]
    causes: Mapping[str, str]
    folder: Path

    def of_rule(self, rule_id: str) -> list[Row]:
        """The findings of one rule."""
        return [finding for finding in self.findings if finding["rule_id"] == rule_id]

    def proof(self, finding: Row) -> list[Row]:
        """The rows that prove a finding."""
        return [row for row in _rows(self.folder, "evidence.parquet") if row["fingerprint"] == finding["fingerprint"]]

    def table(self, name: str) -> list[dict[str, Any]]:
        """A table as validation wrote it."""
        return read_rows(self.folder / "validation" / f"{name}.parquet")


def examine_books(books: Path, mapping: Path | None, folder: Path) -> Examined:
    """Runs the phases, below `folder`, over the files that the mapping names; without one over all, as they propose."""
    upstream: list[UpstreamResult] = []
    for name in PHASES:
        outcome = _run(name, _job(books, mapping, folder / name, name, upstream))
        artifacts = {file.name: str(folder / name / file.name) for file in outcome.artifacts}
        upstream.append(UpstreamResult(name, "1", artifacts, outcome.rules))
    members = read_rows(folder / "reporting" / "cases.parquet")
    return Examined(
        outcomes={rule.rule_id: rule for result in upstream for rule in result.rules},
        findings=_rows(folder, "findings.parquet"),
        kpis=_rows(folder, "kpis.parquet"),
        causes={row["fingerprint"]: row["cause"] or row["fingerprint"] for row in members},
        folder=folder,
    )


def read_books(books: Path, mapping: Path | None, folder: Path, hints: Mapping[str, str] | None = None) -> Path:
    """Runs validation alone, below `folder`, and says where the tables are that it wrote. `hints` for books without a
    mapping: currency and timezone."""
    job = _job(books, mapping, folder / "validation", "validation", [])
    _run("validation", replace(job, params={"hints": hints} if hints else {}))
    return folder / "validation"


def _rows(folder: Path, name: str) -> list[Row]:
    return [row for phase in PHASES if (folder / phase / name).exists() for row in read_rows(folder / phase / name)]


def _run(name: str, job: Job) -> Outcome:
    phase: Phase = import_module(f"perito_{name}.phase").PHASE
    module, _, function = phase.compute.partition(":")
    outcome: Outcome = getattr(import_module(module), function)(job, _unwatched)
    return outcome


def _job(books: Path, mapping: Path | None, out: Path, phase: str, upstream: Sequence[UpstreamResult]) -> Job:
    files: list[InputFile] = []
    for name in (
        yaml.safe_load(mapping.read_text("utf-8"))["files"] if mapping else sorted(p.name for p in books.glob("*.csv"))
    ):
        content = (books / name).read_bytes()
        files.append(InputFile(name, str(books / name), hashlib.sha256(content).hexdigest(), len(content)))
    scratch = out.with_name(f"{out.name}-scratch")
    for folder in (out, scratch):
        folder.mkdir(parents=True)
    rules = "" if phase == "reporting" else f"perito_{phase}.rules"
    return Job(
        phase,
        rules,
        files,
        str(mapping or ""),
        list(upstream),
        {},
        str(out),
        str(scratch),
        2,
        1 << 30,
        pseudonym_key=KEY,
    )


def _unwatched(_fraction: float, _step: str) -> None:
    """Progress that nobody watches."""
