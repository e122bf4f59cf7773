"""A compute function for the test that runs a real phase service: counts bytes, writes findings."""

import hashlib
import json
from pathlib import Path

from perito_kernel.errors import Invalid
from perito_kernel.phases import Job, Outcome, OutputFile, Report, RuleOutcome, RuleStatus


def count(job: Job, report: Report) -> Outcome:
    """One finding per file; refuses a parameter named `refuse`."""
    if job.params.get("refuse"):
        raise Invalid("REFUSED", "The parameter refuse was given. Leave it out.", {"row": 7})
    report(0.5, "counting")
    lines = [
        {"fingerprint": f.sha256, "rule_id": "T-1", "severity": "high", "confidence": "0.5", "impact": f.bytes,
         "identity_json": {"file": f.name}, "row_count": 1}
        for f in job.files
    ]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (Path(job.out) / "findings-head.ndjson").write_text(text, encoding="utf-8")
    rule = RuleOutcome("T-1", "1", RuleStatus.FAILED, evaluated=len(lines), failed=len(lines), findings=len(lines))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Outcome(digest, [OutputFile("findings-head.ndjson", "application/x-ndjson", len(lines))], [rule])
