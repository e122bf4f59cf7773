"""What every figure is held against: DuckDB alone, in a process of its own, on the same files in the same run.

CSV to Parquet as anybody would write it, and then a plain scan of the ledger's Parquet. Run as
`python -m tests.load.alone BOOKS OUT FILE...`; prints one JSON object.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

THREADS = 2


def measure(books: Path, out: Path, files: Sequence[str]) -> dict[str, float]:
    """Seconds by the clock and of processor time: `parquet`, `parquet_cpu`, `scan`, `scan_cpu`."""
    command = [sys.executable, "-m", "tests.load.alone", str(books), str(out), *files]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def main(books: str, out: str, *files: str) -> None:
    """Entry point of the process."""
    with duckdb.connect(config={"threads": THREADS}) as connection:

        def convert() -> None:
            for name in files:
                select = f"from read_csv('{books}/{name}')"
                connection.execute(f"copy ({select}) to '{out}/{name}.parquet' (format parquet)")

        def scan() -> None:
            ledger = connection.read_parquet(f"{out}/{files[0]}.parquet")
            ledger.aggregate("count(*), sum(qty), sum(unit_cost)").fetchall()

        parquet, scanned = _timed(convert), _timed(scan)
    print(json.dumps({"parquet": parquet[0], "parquet_cpu": parquet[1], "scan": scanned[0], "scan_cpu": scanned[1]}))


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    began, used = time.perf_counter(), _processor_seconds()
    work()
    return time.perf_counter() - began, _processor_seconds() - used


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
