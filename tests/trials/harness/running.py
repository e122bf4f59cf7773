"""Runs one trial: progress while it works, its record when it passed, and what was not kept when it did not."""

import json
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.trials.harness import record
from tests.trials.harness.catalogue import Figures, Say, Trial, TrialFailed
from tests.trials.harness.machine import machine
from tests.trials.harness.sources import ROOT, changes, digest, digests


def run(trial: Trial, seed: int, say: Say, folder: Path = record.FOLDER, longest: int = record.LONGEST) -> bool:
    """Whether it passed. Only then is its record written; sources that change meanwhile make it fail."""
    files = digests(trial.SOURCES)
    begun = time.monotonic()

    def progress(line: str) -> None:
        say(f"{time.monotonic() - begun:7.1f} s  {line}")

    try:
        with _no_longer_than(longest):
            figures = trial.run(seed, progress)
        if changed := changes(files, digests(trial.SOURCES)):
            raise TrialFailed(f"its sources changed while it ran ({', '.join(changed)}): run it again", figures)
    except TrialFailed as failure:
        return _failed(trial, str(failure), failure.figures, progress)
    except AssertionError as failure:
        return _failed(trial, f"an assertion did not hold: {_where(failure)}{failure}", {}, progress)
    kept = record.Record(
        name=trial.NAME,
        commit=_commit(),
        date=datetime.now(UTC).replace(microsecond=0),
        seed=seed,
        seconds=round(time.monotonic() - begun, 1),
        machine=machine(),
        figures=dict(figures),
        sources=list(trial.SOURCES),
        sources_digest=digest(files),
        files=dict(files),
    )
    path = record.save(kept, folder)
    progress(f"trial {trial.NAME} passed; its figures are in {path}")
    return True


def _failed(trial: Trial, reason: str, figures: Figures, say: Say) -> bool:
    if figures:
        say(json.dumps(figures, indent=1, ensure_ascii=False, default=str))
    say(f"trial {trial.NAME} FAILED: {reason}")
    say("Its record was left as it was.")
    return False


def _where(failure: AssertionError) -> str:
    """File and line of the assertion, since plain ones say nothing of themselves."""
    at = failure.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return f"{Path(at.tb_frame.f_code.co_filename).name}, line {at.tb_lineno}: " if at else ""


@contextmanager
def _no_longer_than(seconds: int) -> Generator[None]:
    """Interrupts the main thread when the time is over, so that what the trial started is cleaned up by it."""

    def over(_signal: int, _frame: object) -> None:
        raise TrialFailed(f"it was not done after {seconds / 60:.0f} minutes, and no trial may take longer")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _commit() -> str:
    changed = _git("status", "--porcelain", "--", ":!docs/trials")
    return _git("rev-parse", "HEAD")[:12] + (" with changes" if changed else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
