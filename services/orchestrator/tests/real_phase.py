"""Compute functions for the tests that run a real phase service: one counts bytes, one never ends and will not stop."""

import hashlib
import json
import os
import signal
import subprocess
import sys
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


def stubborn(job: Job, report: Report) -> Outcome:
    """Ignores every signal that can be ignored, has a child that does too, and counts for years in one native call.

    With the parameter `end` it ends at once. Its step is `pids` and the two process ids.
    """
    if not job.params.get("end"):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
        report(0.5, f"pids {os.getpid()} {other.pid}")
        sum(range(10**15))
    return Outcome(hashlib.sha256(b"").hexdigest(), [])
