"""Measures the whole road: a ledger from submit to completed through REST, beside DuckDB alone on the same files.

Both are measured in one run, in turn. `./taskw bench -- --rows 100000` is a quick look that writes nothing; the figures
in docs/performance.md come from `./taskw trials:load`.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perito_client import PeritoClient, connect
from perito_runtime.logs import configure_logs
from perito_standalone.analyze import temporary_directory
from perito_standalone.supervisor import Supervisor, SupervisorSettings

from tests.load import alone
from tests.load.books import FILES, write_books
from tests.load.turns import Turns, watch_turns
from tests.load.watch import Usage, watched


@dataclass
class Run:
    """Seconds of one analysis; `phases` by name, from claim to commit; `alone` as `tests.load.alone.measure`."""

    upload: float = 0.0
    total: float = 0.0
    phases: dict[str, float] = field(default_factory=dict[str, float])
    usage: Usage = field(default_factory=Usage)
    turns: Turns = field(default_factory=Turns)
    alone: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def ratio(self) -> float:
        """Submit to completed, in times of DuckDB's CSV to Parquet."""
        return self.total / self.alone["parquet"]


async def measure(perito: Supervisor, books: Path, folder: Path, *, beside: bool = True) -> Run:
    """One analysis through REST, then (with `beside`) DuckDB alone on the same files in a process of its own."""
    run = Run()
    async with connect(perito.address, str(perito.first_key)) as client:
        began = time.perf_counter()
        dataset = await client.upload([books / name for name in FILES], books / "mapping.yaml")
        run.upload = time.perf_counter() - began
        with watched() as run.usage, watch_turns(asyncio.get_running_loop()) as run.turns:
            began = time.perf_counter()
            analysis = await client.submit(dataset.dataset_id, name="load")
            run.phases = await completed(client, str(analysis.id))
            run.total = time.perf_counter() - began
    if beside:
        run.alone = await asyncio.to_thread(alone.measure, books, folder, list(FILES))
    return run


async def completed(client: PeritoClient, analysis: str) -> dict[str, float]:
    """Waits for the end; seconds of each phase. An analysis that does not complete, or in which a rule broke, ends the
    measurement: what was left out costs no time."""
    status = await client.wait(analysis)
    if status.status != "completed":
        raise AssertionError(f"the analysis ended {status.status}: {status.error}")
    answer = await client.analysis(analysis)
    broken = [phase.phase for phase in answer.summaries if phase.rules and phase.rules.errored]
    if broken:
        raise AssertionError(f"rules broke in {', '.join(broken)}")
    return {phase.phase: phase.execution_seconds or 0.0 for phase in answer.summaries}


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def table(runs: Sequence[Run]) -> str:
    """Markdown: seconds of each step, and in times of DuckDB's CSV to Parquet."""
    unit = middle([run.alone["parquet"] for run in runs])
    steps = [
        ("DuckDB alone, CSV to Parquet", unit),
        ("DuckDB alone, scan of the Parquet", middle([run.alone["scan"] for run in runs])),
        ("submit to completed", middle([run.total for run in runs])),
        *((f"{name}, claim to commit", middle([run.phases[name] for run in runs])) for name in runs[0].phases),
    ]
    lines = [f"| {name} | {seconds:.2f} s | {seconds / unit:.2f} |" for name, seconds in steps]
    return "\n".join(["| step | time | ratio |", "|---|---|---|", *lines])


async def main() -> int:
    """Entry point."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000, help="ledger rows, a multiple of 50")
    arguments.add_argument("--runs", type=int, default=3, help="analyses to measure; medians are printed")
    options = arguments.parse_args()
    configure_logs("WARNING")
    async with temporary_directory() as data_dir:
        with tempfile.TemporaryDirectory(prefix="perito-bench-") as name:
            folder = Path(name)
            print(f"writing books of {options.rows:,} ledger rows", flush=True)
            await asyncio.to_thread(write_books, folder / "books", options.rows)
            async with Supervisor(SupervisorSettings(data_dir=data_dir)) as perito:
                runs: list[Run] = []
                for number in range(options.runs):
                    runs.append(await measure(perito, folder / "books", folder))
                    print(f"run {number + 1}: {runs[-1].total:.2f} s, {runs[-1].ratio:.1f} times DuckDB", flush=True)
    print(table(runs))
    print(f"{options.rows / middle([run.total for run in runs]):,.0f} ledger rows/s")
    processor = middle([run.usage.processor / run.alone["parquet_cpu"] for run in runs])
    print(f"processor time {processor:.1f} times DuckDB's")
    print(f"all processes {max(run.usage.peak_tree for run in runs) / 2**20:,.0f} MiB")
    print(f"largest compute child {max(run.usage.peak_child for run in runs) / 2**20:,.0f} MiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
