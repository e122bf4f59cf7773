"""Every fault of the table, injected into a real mesh: processes, broker, database, network, clocks.

One mesh with short times plays all rows of a house (a bucket, a cluster of brokers); another one, with the times of
production, plays the rows in which a lease runs out. The tests of the broker's adapter that are too long for every day
run first. What fails the trial is a test, a row or an invariant that does not hold; times are told with whether they
were kept.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from perito_runtime.logs import configure_logs
from pydantic import JsonValue

from tests.faults.play import Outcome, play, standing
from tests.faults.row import Row
from tests.faults.rows import every_row, place
from tests.faults.times import production_settings, settings_for
from tests.mesh import MeshSettings
from tests.trials.harness.catalogue import Figures, Say, TrialFailed
from tests.trials.harness.sources import ROOT

NAME = "faults"
SOURCES = [
    "libs/runtime/src/**/*.py",
    "services/edge/src/**/*.py",
    "services/orchestrator/src/**/*.*",
    "services/orchestrator/tests/test_rabbit_*.py",
    "tests/faults/**/*.py",
    "tests/mesh/house.py",
    "tests/mesh/process.py",
    "tests/servers/*.py",
    "tests/trials/faults.py",
]
PRODUCTION = ("9c", "14")
"""Rows that are played with the times of production, too."""


def run(seed: int, say: Say) -> Figures:
    """Figures: `rows`, each with its promise, its bound, how long it took, and what was not kept; `broker_tests`, how
    many passed.
    """
    configure_logs("ERROR")
    del seed  # nothing is random here
    tests, failures = _broker_tests(say)
    table = every_row()
    rows: list[dict[str, JsonValue]] = []
    for house in dict.fromkeys(row.house for row in table.values()):
        rows += asyncio.run(_played([row for row in table.values() if row.house == house], settings_for, say))
    rows += asyncio.run(_played([table[number] for number in PRODUCTION], production_settings, say, " (production)"))
    rows.sort(key=lambda row: place(str(row["row"])))
    broken = failures + [f"row {row['row']}: {row['broken']}" for row in rows if row["broken"]]
    figures: Figures = {"rows": list[JsonValue](rows), "broker_tests": tests}
    if broken:
        raise TrialFailed("; ".join(broken), figures)
    return figures


def _broker_tests(say: Say) -> tuple[int, list[str]]:
    """How many tests marked `trial_faults` passed, and what the others said."""
    say("the tests of the broker's adapter that are too long for every day (`./taskw test:broker`)")
    command = [sys.executable, "-m", "pytest", "-vv", "--color=no", "-m", "trial_faults", "services/orchestrator/tests"]
    passed, told = 0, list[str]()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        try:
            for line in map(str.rstrip, running.stdout):
                told.append(line)
                if "::" in line and " PASSED" in line:
                    passed += 1
                    say(line.rpartition("::")[2])
        except BaseException:  # the trial's time is over: the tests take their broker down, and end by themselves
            running.send_signal(signal.SIGINT)
            raise
    if running.returncode == 0 and passed:
        return passed, []
    say("\n".join(told[-60:]))
    return passed, [f"tests of the broker's adapter: {told[-1] if told else 'nothing ran'}"]


async def _played(
    rows: Sequence[Row], settings: Callable[..., MeshSettings], say: Say, words: str = ""
) -> list[dict[str, JsonValue]]:
    """Plays rows of one house. Where one leaves a mesh that cannot be made whole, another stands up for the next."""
    played: list[dict[str, JsonValue]] = []
    while len(played) < len(rows):
        async with standing(settings, house=rows[0].house) as scene:
            say(f"a mesh{words} stands ({rows[0].house}); {len(rows) - len(played)} rows are played")
            for row in rows[len(played) :]:
                outcome = await play(scene, row)
                played.append(_told(row, outcome, words))
                took = "" if outcome.seconds is None else f", {outcome.seconds:.1f} s"
                kept = f": NOT KEPT: {'; '.join(outcome.broken)}" if outcome.broken else ""
                say(f"row {row.number}{words}: {row.fault}{took}{kept}")
                if not outcome.whole:
                    break
    return played


def _told(row: Row, outcome: Outcome, words: str) -> dict[str, JsonValue]:
    return {
        "row": f"{row.number}{words}",
        "fault": row.fault,
        "promise": row.promise,
        "bound": None if words else row.bound,
        "seconds": outcome.seconds,
        "broken": "; ".join(outcome.broken),
    }


def tables(figures: Figures) -> Mapping[str, str]:
    """`rows` of the table of faults with what came of each, and how many `broker` tests passed."""
    rows = figures["rows"]
    assert isinstance(rows, list)
    lines = ["| row | what is broken | what is promised | back after |", "|---|---|---|---|"]
    for each in rows:
        assert isinstance(each, dict)
        seconds, bound = each["seconds"], each["bound"]
        took = "kept" if seconds is None else f"{seconds} s"
        if isinstance(seconds, float) and isinstance(bound, int | float):
            took += f" (promised: {bound:.0f} s)" if seconds <= bound else f" (late: {bound:.0f} s are promised)"
        lines.append(f"| {each['row']} | {each['fault']} | {each['promise']} | {took} |")
    broker = f"{figures['broker_tests']} tests of the broker's adapter passed."
    return {"rows": "\n".join(lines), "broker": broker}
