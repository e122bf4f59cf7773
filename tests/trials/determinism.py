"""Every rule gives the same bytes with 1, 2 and 4 threads, in any order of rows, told one by one and as floods.

The everyday suite compares one thread with four; here each number of threads reads the rows in an order of its own,
which depends on the seed.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from perito_kernel.phases import RuleStatus
from perito_rules.model import Rule

from tests.determinism.books import every_rule, write_books
from tests.determinism.compare import TOLD_AS_FLOODS, TOLD_ONE_BY_ONE, Run, differences
from tests.determinism.compare import run as examined
from tests.determinism.scale import ROWS
from tests.trials.harness.catalogue import Figures, Say, TrialFailed

NAME = "determinism"
SOURCES = [
    "libs/rules/src/**/*",
    *(f"services/{name}/src/**/*" for name in ("validation", "consistency", "pattern", "performance")),
    "tests/determinism/*.py",
    "tests/trials/determinism.py",
]
THREADS = (1, 2, 4)
WAYS = {"one by one": TOLD_ONE_BY_ONE, "as floods": TOLD_AS_FLOODS}


def run(seed: int, say: Say) -> Figures:
    """See `Trial.run`."""
    rules = every_rule()
    with tempfile.TemporaryDirectory(prefix="perito-determinism-") as name:
        folder = Path(name)
        say(f"writing books of {ROWS:,} rows a table in {len(THREADS)} orders")
        books = write_books(folder, rules, None, *(7_000 * seed + threads for threads in THREADS[1:]))
        return _compared(rules, dict(zip(THREADS, books, strict=True)), folder, say)


def _compared(rules: tuple[Rule, ...], books: Mapping[int, Mapping[str, Path]], folder: Path, say: Say) -> Figures:
    """Runs `rules` in both ways on `books` (by number of threads); figures of what was compared."""
    figures: dict[str, int] = {"rules": len(rules), "rows_of_a_table": ROWS}
    for number, (way, params) in enumerate(WAYS.items()):
        first: Run | None = None
        for threads, tables in books.items():
            done = examined(rules, tables, folder / f"{number}-{threads}", threads, params)
            first = first or done
            _hold(first, done, f"{way}, {threads} threads")
            say(f"{way}, {threads} threads: {done.tables['findings.parquet'].num_rows:,} findings, the same bytes")
        assert first is not None
        figures[f"findings_{way.replace(' ', '_')}"] = first.tables["findings.parquet"].num_rows
        figures[f"evidence_{way.replace(' ', '_')}"] = first.tables["evidence.parquet"].num_rows
    return dict(figures)


def _hold(first: Run, done: Run, what: str) -> None:
    if apart := differences(first, done):
        raise TrialFailed(f"{what}: not the same: {', '.join(apart)}")
    if broken := [rule for rule, outcome in done.outcomes.items() if outcome.status is RuleStatus.ERRORED]:
        raise TrialFailed(f"{what}: rules broke: {', '.join(broken)}")
