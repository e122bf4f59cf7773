"""The pipe between a serving process and its compute child loses nothing."""

from perito_kernel.phases import (
    InputFile,
    Job,
    Outcome,
    OutputFile,
    RuleOutcome,
    RuleStatus,
    UpstreamResult,
    job_from_json,
    job_to_json,
    outcome_from_json,
    outcome_to_json,
)

RULE = RuleOutcome("C-006", "1", RuleStatus.FAILED, "cells", 10, 2, 1, 2, "", {"net": "-3.50"}, "", {"high": 2})


def test_job_survives_the_pipe() -> None:
    job = Job(
        phase="consistency",
        rules="perito_consistency.rules",
        files=[InputFile("ventas ñ.csv", "/job/0", "ab" * 32, 12)],
        mapping="/job/mapping.yaml",
        upstream=[UpstreamResult("validation", "1", {"sales.parquet": "/job/s"}, [RULE], {"rows": 3})],
        params={"tolerance": "0.5"},
        out="/job/out",
        scratch="/job/scratch",
        threads=2,
        memory_bytes=1 << 30,
        own=[UpstreamResult("U-001.sql", "1", {"findings.parquet": "/job/own/f"}, [RULE])],
    )
    assert job_from_json(job_to_json(job)) == job
    assert job.artifact("validation", "missing.parquet") is None
    assert job.artifact("pattern", "sales.parquet") is None


def test_outcome_survives_the_pipe() -> None:
    outcome = Outcome(
        "cd" * 32, [OutputFile("findings.parquet", "application/vnd.apache.parquet", 2)], [RULE], {"n": 1}
    )
    assert outcome_from_json(outcome_to_json(outcome)) == outcome
