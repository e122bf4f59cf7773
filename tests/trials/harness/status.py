"""Says of each trial when it passed last and whether what it depends on is still the same."""

from collections.abc import Iterator
from pathlib import Path

from tests.trials.harness import record
from tests.trials.harness.catalogue import Trial
from tests.trials.harness.sources import changes, digest, digests

SHOWN = 8
"""Changed files that are listed; of more, their number."""


def status(trial: Trial, folder: Path = record.FOLDER) -> Iterator[str]:
    """One line on the trial, and below it what changed since."""
    kept = record.load(trial.NAME, folder)
    if kept is None:
        yield f"{trial.NAME:12} never passed: ./taskw trials:{trial.NAME}"
        return
    now = digests(trial.SOURCES)
    fresh = digest(now) == kept.sources_digest
    word = "fresh" if fresh else "stale"
    yield f"{trial.NAME:12} {word}  {kept.date:%Y-%m-%d %H:%M} UTC, commit {kept.commit}, {kept.seconds:,.0f} s"
    changed = changes(kept.files, now)
    yield from (f"{'':14}{line}" for line in changed[:SHOWN])
    if len(changed) > SHOWN:
        yield f"{'':14}and {len(changed) - SHOWN} more"
