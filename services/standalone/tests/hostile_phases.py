"""Phases whose queries do what no good rule does. Compute children import them by name from this folder."""

import duckdb
from perito_kernel.phases import Job, Outcome, Phase, Report

_EATS = "SELECT len(range(400_000_000))"  # 3.2 GB, whatever the engine's own limit says
_ENDLESS = "SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b, range(10_000_000) c"


def eat(job: Job, report: Report) -> Outcome:
    """More memory than a child may have."""
    return _asked(job, _EATS)


def never_end(job: Job, report: Report) -> Outcome:
    """A query that would take years."""
    return _asked(job, _ENDLESS)


def _asked(job: Job, query: str) -> Outcome:
    engine = duckdb.connect(config={"memory_limit": f"{job.memory_bytes}B", "threads": job.threads})
    return Outcome(str(engine.execute(query).fetchall()), [])


EATS = Phase("eats", 6, "1", "hostile_phases:eat")
ENDLESS = Phase("endless", 7, "1", "hostile_phases:never_end")
