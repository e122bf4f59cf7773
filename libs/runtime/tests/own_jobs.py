"""What stands in for the check and the run of own rules: the rule's text says what becomes of it."""

import json
import os
import time
from pathlib import Path

from compute_jobs import eats_in_one_bite, segfaults
from perito_kernel.phases import Job, Outcome, OutputFile, Report, RuleOutcome, RuleStatus


def check(job: Job, report: Report) -> Outcome:
    """Refuses what says so, and dies of what says so; `elsewhere` is another phase's."""
    entries: list[dict[str, object]] = []
    for place, file in enumerate(job.files):
        text = Path(file.path).read_text()
        if "kills the check" in text:
            os._exit(3)
        problem = {"line": 3, "column": 7, "reason": "RULE_TABLE_REFUSED", "message": "no such table: name another"}
        phase = "elsewhere" if "elsewhere" in text else "double"
        refused = [problem] if "refused" in text else []
        about = {"name": file.name, "id": f"U-00{file.name[0]}", "version": "2", "phase": phase}
        entries.append({**about, "severity": "low", "needs": ["sales.qty"], "problems": refused})
        Path(job.out, f"said-{place}.json").write_text(json.dumps(about))
    Path(job.out, "checked.json").write_text(json.dumps(entries))
    return Outcome("", [])


def examine(job: Job, report: Report) -> Outcome:
    """Finds one thing, or does what its text says."""
    (file,) = job.files
    text = Path(file.path).read_text()
    if "sleeps" in text:
        time.sleep(3600)
    if "crashes" in text:
        return segfaults(job, report)
    if "eats" in text:
        return eats_in_one_bite(job, report)
    if "breaks" in text:
        raise ValueError("secret of a client")
    Path(job.out, "findings.parquet").write_text(text)
    account = RuleOutcome(f"U-00{file.name[0]}", "2", RuleStatus.FAILED, findings=1)
    return Outcome("", [OutputFile("findings.parquet", "x", 1)], [account], {"pid": os.getpid()})


def tells_own(job: Job, report: Report) -> Outcome:
    """The phase's work: says what own rules left for it, and by whom it was done."""
    own = [
        {
            "id": one.rules[0].rule_id,
            "status": one.rules[0].status.value,
            "reason": one.rules[0].reason,
            "reason_es": one.rules[0].reason_es,
            "files": {name: Path(path).read_text() for name, path in sorted(one.artifacts.items())},
        }
        for one in job.own
    ]
    return Outcome("d" * 64, [], [account for one in job.own for account in one.rules], {"own": own})
