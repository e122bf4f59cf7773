"""Measures the whole road: a ledger from submit to completed, beside DuckDB alone turning the same CSV into Parquet.

Both are measured in one run, in turn, on the same files; the median of the runs is what is written to
`docs/performance.md`. Start-up and upload are said apart. `./taskw bench -- --rows 100000` is a quick look
that writes nothing.
"""

import argparse
import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil
from perito_runtime.logs import configure_logs
from perito_standalone.analyze import temporary_directory
from perito_standalone.edge_client import connect
from perito_standalone.supervisor import Supervisor, SupervisorSettings

from tests.load.books import FILES, write_books

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "performance.md"
FULL = 1_000_000

ALONE = """
import duckdb, sys, time
folder, out, *names = sys.argv[1:]
connection = duckdb.connect(config={"threads": 2})
began = time.perf_counter()
for name in names:
    connection.execute(f"copy (from read_csv('{folder}/{name}')) to '{out}/{name}.parquet' (format parquet)")
print(time.perf_counter() - began)
"""


PAGE = """\
# Performance

Written by `./taskw bench` on {date} at commit {commit}: {cores} cores, {machine}. Books of {rows} ledger rows
({mega} MB of CSV with snapshots and counts) go through the all-in-one by REST; DuckDB alone turns the same files into
Parquet in a process of its own, with 2 threads, right after each analysis. Medians of {runs} runs; the last column is
the ratio to DuckDB alone.

| step | time | ratio |
|---|---|---|
{table}

From submit to completed: **{ratio} times** DuckDB alone (median of the ratios of each run), {rate} ledger rows/s.
Consistency, pattern and performance run at the same time, so the phases add up to more than the whole.

Apart from this: the all-in-one starts in {started} s with a new data directory, and the upload takes {upload} s. The
largest compute child held {peak} MiB.
"""


@dataclass
class Run:
    """Seconds of one analysis. `phases` by name, as the orchestrator's clock saw them; memory in bytes."""

    upload: float = 0.0
    total: float = 0.0
    alone: float = 0.0
    peak_child: int = 0
    phases: dict[str, float] = field(default_factory=dict[str, float])


async def measure(perito: Supervisor, books: Path, folder: Path) -> Run:
    """One analysis through REST, then DuckDB alone on the same files in a process of its own."""
    run = Run()
    async with connect(perito.address, str(perito.first_key)) as client:
        began = time.perf_counter()
        dataset = await client.upload([books / name for name in FILES], books / "mapping.yaml")
        run.upload = time.perf_counter() - began
        watch = asyncio.create_task(_peak_of_children(run))
        began = time.perf_counter()
        analysis = await client.submit(str(dataset["dataset_id"]), "bench")
        status = await client.wait(analysis, lambda _: None)
        run.total = time.perf_counter() - began
        watch.cancel()
        if status["status"] != "completed":
            raise SystemExit(f"the analysis ended {status['status']}: {status['error']}")
        answer = await client.analysis(analysis)
        run.phases = {phase["phase"]: float(phase["execution_seconds"]) for phase in answer["summaries"]}
    run.alone = await asyncio.to_thread(_alone, books, folder)
    return run


async def _peak_of_children(run: Run) -> None:
    """Highest resident memory of one compute child, sampled ten times a second."""
    me = psutil.Process()
    while True:
        for process in me.children(recursive=True):
            try:
                if "perito_runtime.compute_child" in " ".join(process.cmdline()):
                    run.peak_child = max(run.peak_child, process.memory_info().rss)
            except psutil.Error:
                continue  # it ended between the listing and the look
        await asyncio.sleep(0.1)


def _alone(books: Path, folder: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(books), str(folder), *FILES], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


async def main() -> int:
    """Entry point."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=FULL, help="ledger rows, a multiple of 50")
    arguments.add_argument("--runs", type=int, default=3, help="analyses to measure; the median is written")
    options = arguments.parse_args()
    configure_logs("WARNING")
    async with temporary_directory() as data_dir:
        with tempfile.TemporaryDirectory(prefix="perito-bench-") as name:
            folder = Path(name)
            books = folder / "books"
            await asyncio.to_thread(write_books, books, options.rows)
            size = sum((books / file).stat().st_size for file in FILES)
            began = time.perf_counter()
            async with Supervisor(SupervisorSettings(data_dir=data_dir)) as perito:
                started = time.perf_counter() - began
                runs = [await measure(perito, books, folder) for _ in range(options.runs)]
    text = render(options.rows, size, started, runs)
    print(text)
    if options.rows == FULL:
        TARGET.write_text(text, encoding="utf-8")
    return 0


def render(rows: int, size: int, started: float, runs: Sequence[Run]) -> str:
    """The page, from the figures of this run."""
    alone = statistics.median(run.alone for run in runs)
    total = statistics.median(run.total for run in runs)
    ratio = statistics.median(run.total / run.alone for run in runs)
    steps = [
        ("DuckDB alone, CSV to Parquet", alone),
        ("submit to completed", total),
        *((f"{name}, claim to commit", statistics.median(r.phases[name] for r in runs)) for name in runs[0].phases),
    ]
    table = "\n".join(f"| {name} | {seconds:.2f} s | {seconds / alone:.2f} |" for name, seconds in steps)
    return PAGE.format(
        rows=f"{rows:,}",
        mega=f"{size / 1e6:.0f}",
        table=table,
        rate=f"{rows / total:,.0f}",
        ratio=f"{ratio:.1f}",
        runs=len(runs),
        started=f"{started:.2f}",
        upload=f"{statistics.median(run.upload for run in runs):.2f}",
        peak=f"{max(run.peak_child for run in runs) / 2**20:,.0f}",
        cores=os.cpu_count(),
        machine=f"{platform.system()}, {platform.machine()}, Python {platform.python_version()}",
        commit=_git("rev-parse", "--short", "HEAD"),
        date=datetime.now(UTC).date().isoformat(),
    )


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
