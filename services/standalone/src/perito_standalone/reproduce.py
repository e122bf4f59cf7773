"""`perito reproduce`: one finding of a report computed again from the books, without services and database.

Validation and the finding's rule run as jobs in a compute child, as they do in service, on copies of the books whose
hashes are those of the report. Nothing is written to the report's folder.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perito_kernel.errors import Internal, Invalid, NotFound, Precondition
from perito_kernel.phases import InputFile, Job, Outcome, Phase, UpstreamResult
from perito_rules.loader import load_rules
from perito_rules.model import Rule
from perito_runtime.compute import ComputePool, Slot

from perito_standalone.books_folder import DEFAULT_MAPPING, Books
from perito_standalone.reproduce_child import RESULT, SOURCE
from perito_standalone.reproduce_compare import EVIDENCE, FINDINGS, Line, compare
from perito_standalone.reproduce_inputs import (
    check_proposal,
    hints_of,
    other_engines,
    read_kept,
    run_parameters,
    take_books,
)
from perito_standalone.run_files import RUN_JSON, TABLES
from perito_standalone.supervisor import PHASES, load_phase

_PREFIX = re.compile(r"[0-9a-f]{8,64}")
_LOCATE, _RECOMPUTE = (f"perito_standalone.reproduce_child:{name}" for name in ("locate", "recompute"))
Say = Callable[[str], None]


@dataclass(frozen=True)
class Match:
    """The finding that is meant: its phase, rule, the report's account of the rule, and the report's entry of the
    finding (None where it stands in the tables only)."""

    phase: Phase
    rule: Rule
    account: Mapping[str, Any]
    fingerprint: str
    finding: Mapping[str, Any] | None


@dataclass(frozen=True)
class Reproduction:
    """A finding computed again: every value beside what is kept, and `found`, the child's answer."""

    match: Match
    lines: Sequence[Line]
    found: Mapping[str, Any]

    @property
    def agrees(self) -> bool:
        """Every value agrees, and every row of evidence."""
        rows = self.found["evidence"]["only_recomputed"] + self.found["evidence"]["only_kept"]
        return not rows and all(line.agrees for line in self.lines)


async def reproduce(
    finding: str, out: Path, books: Books, memory_bytes: int, pseudonym_key: str, say: Say
) -> Reproduction:
    """Computes the finding again whose fingerprint begins with `finding`, from the books and what `out` keeps.

    Raises Invalid FINDING_INVALID, REPORT_UNREADABLE, TABLES_UNREADABLE; NotFound FINDING_UNKNOWN; Precondition
    REPORT_MISSING, TABLES_MISSING, VERSION_DIFFERS, INPUT_DIFFERS, FINDING_AMBIGUOUS; and what validation raises.
    """
    prefix = finding.lower()
    if not _PREFIX.fullmatch(prefix):
        raise Invalid("FINDING_INVALID", f"{finding[:80]} is no fingerprint: give at least its first 8 hex digits.")
    report, run = await asyncio.to_thread(read_kept, out)
    for note in other_engines(run):
        say(note)
    async with ComputePool(1, memory_bytes) as pool:
        slot = pool.try_acquire()
        if slot is None:
            raise Internal("NO_SLOT", "A new compute pool had no free slot.")
        with slot:
            say("Hashing the books ...")
            files, mapping, known = await asyncio.to_thread(take_books, books, report, run, slot.inputs)
            if not known:
                say(f"Whether the mapping is that of the run is not known: its hash stood in {RUN_JSON}.")
            work = _Work(pool, slot, report, out, pseudonym_key)
            match = await work.match(prefix)
            say("Reading the books again ...")
            validation = await work.validate(files, mapping, hints_of(run))
            if not mapping:
                await asyncio.to_thread(check_proposal, out, run, Path(validation.artifacts[DEFAULT_MAPPING]))
            say(f"Running {match.rule.id} again ...")
            return await work.recompute(match, files, mapping, validation)


class _Work:
    """The jobs of one reproduction, one after another in one child."""

    def __init__(self, pool: ComputePool, slot: Slot, report: Mapping[str, Any], out: Path, pseudonym_key: str) -> None:
        self._pool = pool
        self._slot = slot
        self._report = report
        self._pseudonym_key = pseudonym_key
        self._tables = (out / TABLES).absolute()
        self._phases = {phase.name: phase for phase in map(load_phase, PHASES) if phase.rules}
        self._rules = {
            phase.name: {rule.id: rule for rule in load_rules(phase.rules)} for phase in self._phases.values()
        }
        self._params = {"rules": run_parameters(report, self._rules), "as_of": report.get("as_of") or ""}

    async def match(self, prefix: str) -> Match:
        """The one finding that is meant. The tables hold them all; the report lists the first of each rule."""
        kept = {phase: self._tables / phase / FINDINGS for phase in self._phases}
        tables = {phase: str(path) for phase, path in kept.items() if path.is_file()}
        outcome = await self._slot_run(_LOCATE, self._job("locate", params={"prefix": prefix, "tables": tables}))
        listed = {f["fingerprint"]: f for f in self._report["findings"] if str(f["fingerprint"]).startswith(prefix)}
        found = {mark: (phase, rule) for phase, rule, mark in outcome.summary["matches"]}
        found |= {mark: (f["phase"], f["rule_id"]) for mark, f in listed.items() if mark not in found}
        if not found:
            text = f"No finding of the report has a fingerprint that begins with {prefix}."
            raise NotFound("FINDING_UNKNOWN", f"{text} Take it from report.json, of the same folder.")
        if len(found) > 1:
            some = ", ".join(mark[: len(prefix) + 8] for mark in sorted(found)[:3])
            raise Precondition("FINDING_AMBIGUOUS", f"Several findings begin with {prefix}: {some}. Give more digits.")
        [(mark, (phase, rule))] = found.items()
        return self._known(mark, phase, rule, listed.get(mark))

    def _known(self, mark: str, phase: str, rule_id: str, finding: Mapping[str, Any] | None) -> Match:
        rule = self._rules.get(phase, {}).get(rule_id)
        account = next((entry for entry in self._report["rules"] if entry["id"] == rule_id), None)
        if rule is None or account is None:
            text = f"The finding is said to be of {rule_id} in {phase}; this Perito or the report has no such rule."
            raise Invalid("REPORT_UNREADABLE", f"{text} Take the folder as the analysis left it.")
        for path in (self._tables / phase / FINDINGS, self._tables / phase / EVIDENCE):
            if not path.is_file():
                text = f"{path} is missing. Take the whole folder as the analysis left it."
                raise Precondition("TABLES_MISSING", text, {"file": str(path)})
        return Match(self._phases[phase], rule, account, mark, finding)

    async def validate(self, files: Sequence[InputFile], mapping: str, hints: Mapping[str, str]) -> UpstreamResult:
        """Runs validation with its own rules, whose findings lower the confidence of others."""
        phase = self._phases[SOURCE]
        params = {"hints": dict(hints)} if hints else {}
        job = self._job(SOURCE, phase.rules, files=files, mapping=mapping, params=params)
        outcome = await self._slot_run(phase.compute, job)
        paths = {file.name: str(Path(job.out) / file.name) for file in outcome.artifacts}
        return UpstreamResult(SOURCE, phase.version, paths, outcome.rules)

    async def recompute(
        self, match: Match, files: Sequence[InputFile], mapping: str, validation: UpstreamResult
    ) -> Reproduction:
        """Runs the finding's rule and compares."""
        folder = self._tables / match.phase.name
        params = {
            "rule": match.rule.id,
            "fingerprint": match.fingerprint,
            "findings": str(folder / FINDINGS),
            "evidence": str(folder / EVIDENCE),
            "shown": len(match.finding["evidence"]) if match.finding else 0,
        }
        job = self._job(
            match.phase.name, match.phase.rules, files=files, mapping=mapping, upstream=[validation], params=params
        )
        await self._slot_run(_RECOMPUTE, job)
        text = await asyncio.to_thread((Path(job.out) / RESULT).read_text, "utf-8")
        found: dict[str, Any] = json.loads(text)
        return Reproduction(match, compare(found, match.rule, match.account, match.finding), found)

    def _job(
        self,
        phase: str,
        rules: str = "",
        *,
        files: Sequence[InputFile] = (),
        mapping: str = "",
        upstream: Sequence[UpstreamResult] = (),
        params: Mapping[str, Any] | None = None,
    ) -> Job:
        folder = self._slot.folder / f"{phase}-{len(upstream)}"  # validation runs, and its rule may be the one
        out, scratch = folder / "out", folder / "scratch"
        for path in (folder, out, scratch):
            path.mkdir(mode=0o700)
        return Job(
            phase=phase,
            rules=rules,
            files=files,
            mapping=mapping,
            upstream=upstream,
            params={**self._params, **(params or {})},
            out=str(out),
            scratch=str(scratch),
            threads=self._pool.threads,
            memory_bytes=self._pool.job_memory_bytes,
            pseudonym_key=self._pseudonym_key,
        )

    async def _slot_run(self, compute: str, job: Job) -> Outcome:
        return await self._slot.run(compute, job, lambda _share, _step: None, self._pool.kill_after_seconds)
