"""1 and 10 million ledger rows from submit to completed, beside DuckDB alone; what mesh and edge add and bear.

Goals of speed are told with whether they were reached; what fails the trial is an analysis that does not complete, or
one that takes more memory than an all-in-one is given. The books are the same for every seed.
"""

import asyncio
import json
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from perito_client import connect
from perito_runtime.logs import configure_logs
from perito_standalone.analyze import temporary_directory
from perito_standalone.memory import default_budget
from perito_standalone.supervisor import Supervisor, SupervisorSettings

from tests.load import edge, edge_figures, large_upload, mesh_figures, rule_times
from tests.load.books import FILES, write_books
from tests.load.large_upload import LargeUpload
from tests.load.small import json_books, submit
from tests.load.thread import Run, completed, measure, middle
from tests.trials.harness.catalogue import Figures, Say, TrialFailed

NAME = "load"
SOURCES = [
    *("libs/kernel/src/**/*.py", "libs/rules/src/**/*.*", "libs/runtime/src/**/*.py", "libs/simulator/src/**/*.py"),
    *("services/*/src/**/*.py", "services/*/src/**/*.sql", "tests/load/*.py", "tests/trials/load.py"),
    *("protos/**/*", "tests/mesh/*.py"),
]

MILLION = 1_000_000
RUNS: Mapping[int, int] = {MILLION: 3, 10 * MILLION: 1}
"""Analyses by number of ledger rows; medians are told."""
SMALL_ROWS = 10_000
SMALL_RUNS = 5
MEMORY = 4 * 2**30


@dataclass(frozen=True)
class Goal:
    """A figure and the most that it should be."""

    words: str
    value: float
    most: float
    unit: str

    def row(self) -> dict[str, object]:
        """For the record."""
        return {"goal": self.words, "measured": self.value, "at_most": self.most, "unit": self.unit}


def run(seed: int, say: Say) -> Figures:
    """See `Trial.run`."""
    configure_logs("WARNING")
    upload = large_upload.measure(say)
    say(f"rules on a simulated retailer of {MILLION:,} rows")
    rules = rule_times.measure(MILLION)
    found = _Found(mesh_figures.measure(say), edge.measure(say), upload, rules)
    with tempfile.TemporaryDirectory(prefix="perito-load-") as name:
        return asyncio.run(_measured(Path(name), found, say))


@dataclass
class _Found:
    """All that was measured; seconds where nothing else is said. `mesh`, `edge` and `rules` as their `measure` has
    them."""

    mesh: Mapping[str, Any]
    edge: Mapping[str, Any]
    upload: LargeUpload
    rules: Mapping[str, Any]
    sizes: dict[int, list[Run]] = field(default_factory=dict[int, list[Run]])
    started: list[float] = field(default_factory=list[float])
    small: list[float] = field(default_factory=list[float])
    careful: list[Run] = field(default_factory=list[Run])


async def _measured(folder: Path, found: _Found, say: Say) -> Figures:
    for rows in RUNS:
        say(f"writing books of {rows:,} ledger rows")
        await asyncio.to_thread(write_books, folder / f"{rows}", rows)
        async with temporary_directory() as data_dir:
            began = time.perf_counter()
            async with Supervisor(SupervisorSettings(data_dir=data_dir, memory_bytes=_budget())) as perito:
                found.started.append(time.perf_counter() - began)
                found.sizes[rows] = [await _one(perito, folder, rows, say) for _ in range(RUNS[rows])]
                if rows == MILLION:
                    found.careful.append(await _carefully(perito, folder, say))
                    found.small += [await _small(perito, say) for _ in range(SMALL_RUNS)]
    figures = _figures(folder, found)
    peak = max(run.usage.peak_tree for runs in found.sizes.values() for run in runs)
    if peak > MEMORY:
        raise TrialFailed(f"it took {peak / 2**20:,.0f} MiB of {MEMORY / 2**20:,.0f}", figures)
    return figures


def _figures(folder: Path, found: _Found) -> Figures:
    (careful,) = found.careful
    figures: dict[str, object] = {
        "sizes": {f"{rows}": _size(folder / f"{rows}", rows, runs) for rows, runs in found.sizes.items()},
        "careful": {"validation": careful.phases["validation"], "total": careful.total},
        "start": found.started,
        "small": found.small,
        "mesh": found.mesh,
        "edge": found.edge,
        "upload": asdict(found.upload),
        "rules": found.rules,
        "goals": [goal.row() for goal in _goals(found)],
    }
    return cast(Figures, json.loads(json.dumps(figures), parse_float=lambda text: round(float(text), 4)))


def _budget() -> int:
    return min(MEMORY, default_budget())


async def _one(perito: Supervisor, folder: Path, rows: int, say: Say) -> Run:
    done = await measure(perito, folder / f"{rows}", folder)
    memory = done.usage.peak_tree / 2**20
    say(f"{rows:,} rows: {done.total:.1f} s, {done.ratio:.1f} times DuckDB alone, {memory:,.0f} MiB at most")
    return done


async def _small(perito: Supervisor, say: Say) -> float:
    """Seconds from sending 10,000 rows as JSON to completed."""
    content = json.dumps(json_books(SMALL_ROWS)).encode()
    async with connect(perito.address, str(perito.first_key)) as client:
        began = time.perf_counter()
        await completed(client, await submit(perito, content))
        seconds = time.perf_counter() - began
    say(f"{SMALL_ROWS:,} rows as JSON: {seconds:.2f} s")
    return seconds


async def _carefully(perito: Supervisor, folder: Path, say: Say) -> Run:
    """The ledger of a million rows with a line above its header, which only the careful reader can read."""
    plain, books = folder / f"{MILLION}", folder / "careful"
    books.mkdir()
    for name in (*FILES, "mapping.yaml"):
        text = (plain / name).read_bytes()
        (books / name).write_bytes(b"Ledger of the first quarter\n" + text if name == "ledger.csv" else text)
    done = await measure(perito, books, folder, beside=False)
    say(f"{MILLION:,} rows by the careful reader: {done.total:.1f} s")
    return done


def _size(books: Path, rows: int, runs: Sequence[Run]) -> dict[str, Any]:
    alone = middle([run.alone["parquet"] for run in runs])
    total = middle([run.total for run in runs])
    return {
        "csv_bytes": sum((books / name).stat().st_size for name in FILES),
        "runs": len(runs),
        "upload": middle([run.upload for run in runs]),
        "total": total,
        "rows_per_second": rows / total,
        "ratio": middle([run.ratio for run in runs]),
        "processor_ratio": middle([run.usage.processor / run.alone["parquet_cpu"] for run in runs]),
        "scan_ratio": middle([run.total / run.alone["scan"] for run in runs]),
        "alone": {name: middle([run.alone[name] for run in runs]) for name in runs[0].alone},
        "phases": {
            name: {"seconds": seconds, "ratio": seconds / alone}
            for name in runs[0].phases
            for seconds in [middle([run.phases[name] for run in runs])]
        },
        "peak_tree": max(run.usage.peak_tree for run in runs),
        "peak_child": max(run.usage.peak_child for run in runs),
        "turn_by_clock": max(run.turns.by_clock for run in runs),
        "turn_of_processor": max(run.turns.worst for run in runs),
    }


def _goals(found: _Found) -> list[Goal]:
    sizes = found.sizes
    least, most = min(sizes), max(sizes)
    totals = {rows: middle([run.total for run in runs]) for rows, runs in sizes.items()}
    growth = math.log(totals[most] / totals[least]) / math.log(most / least)
    runs = [run for of_size in sizes.values() for run in of_size]
    large = sizes[most]
    return [
        Goal(f"{most:,} rows, times DuckDB's CSV to Parquet", middle([run.ratio for run in large]), 12, "times"),
        Goal(f"{most:,} rows, memory of all processes", max(r.usage.peak_tree for r in large) / 2**30, 4, "GiB"),
        Goal(f"exponent of growth from {least:,} to {most:,} rows", growth, 1.1, ""),
        Goal(f"{SMALL_ROWS:,} rows as JSON, sent to completed", middle(found.small), 2, "s"),
        Goal("the all-in-one ready, new data directory", max(found.started), 5, "s"),
        Goal(
            "the mesh, beyond the all-in-one, for such an analysis",
            mesh_figures.added_milliseconds(found.mesh),
            mesh_figures.MOST_ADDED_MILLISECONDS,
            "ms",
        ),
        Goal("an upload of 2 GiB, growth of the serving process", found.upload.growth / 2**20, 100, "MiB"),
        Goal("longest turn of the event loop", 1000 * max(r.turns.worst for r in runs), 50, "ms"),
    ]


def tables(figures: Figures) -> Mapping[str, str]:
    """See `tables_of`."""
    sizes = cast("Mapping[str, Mapping[str, Any]]", figures["sizes"])
    return {
        "goals": _goal_table(figures),
        "phases": _phase_table(sizes),
        "careful reader": _careful_table(figures),
        "mesh": mesh_figures.table(cast("Mapping[str, Any]", figures["mesh"])),
        "edge": _edge_table(figures),
        "rules": _rule_table(figures),
    }


def _rule_table(figures: Figures) -> str:
    if "rules" not in figures:
        return "*Not in this record: `./taskw trials:load` measures it.*"
    return rule_times.table(cast("Mapping[str, Any]", figures["rules"]))


def _edge_table(figures: Figures) -> str:
    """A record of before it was measured says nothing of it."""
    if "edge" not in figures:
        return "*Not in this record: `./taskw trials:load` measures it.*"
    return edge_figures.table(cast("Mapping[str, Any]", figures["edge"]))


def _goal_table(figures: Figures) -> str:
    lines = ["| goal | at most | measured | reached |", "|---|---|---|---|"]
    for goal in cast("Sequence[Mapping[str, Any]]", figures["goals"]):
        measured, most, unit = float(goal["measured"]), float(goal["at_most"]), str(goal["unit"])
        reached = "yes" if measured <= most else "**no**"
        lines.append(f"| {goal['goal']} | {most:g} {unit} | {measured:.2f} {unit} | {reached} |")
    return "\n".join(lines)


def _phase_table(sizes: Mapping[str, Mapping[str, Any]]) -> str:
    heads = [f"{int(rows):,} rows" for rows in sizes]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]

    def add(title: str, cells: Sequence[str]) -> None:
        lines.append(f"| {title} | {' | '.join(cells)} |")

    all_sizes = list(sizes.values())
    add("CSV, all files", [f"{size['csv_bytes'] / 1e6:,.0f} MB" for size in all_sizes])
    add("DuckDB alone, CSV to Parquet", [f"{size['alone']['parquet']:.2f} s" for size in all_sizes])
    add("DuckDB alone, scan of the Parquet", [f"{size['alone']['scan']:.3f} s" for size in all_sizes])
    add("submit to completed", [f"{size['total']:.2f} s, {size['ratio']:.1f} times" for size in all_sizes])
    for phase in all_sizes[0]["phases"]:
        found = [size["phases"][phase] for size in all_sizes]
        add(f"{phase}, claim to commit", [f"{each['seconds']:.2f} s, {each['ratio']:.1f} times" for each in found])
    add("ledger rows per second", [f"{size['rows_per_second']:,.0f}" for size in all_sizes])
    add("submit to completed, times the scan", [f"{size['scan_ratio']:,.0f}" for size in all_sizes])
    add("processor time, times DuckDB alone", [f"{size['processor_ratio']:.1f}" for size in all_sizes])
    add("memory at most, all processes", [f"{size['peak_tree'] / 2**20:,.0f} MiB" for size in all_sizes])
    add("memory at most, one compute child", [f"{size['peak_child'] / 2**20:,.0f} MiB" for size in all_sizes])
    add("upload, before all this", [f"{size['upload']:.2f} s" for size in all_sizes])
    return "\n".join(lines)


def _careful_table(figures: Figures) -> str:
    careful = cast("Mapping[str, float]", figures["careful"])
    plain = cast("Mapping[str, Mapping[str, Any]]", figures["sizes"])[f"{MILLION}"]
    validation, total = float(plain["phases"]["validation"]["seconds"]), float(plain["total"])
    price = f"{careful['validation'] / validation:.1f} times | {careful['total'] / total:.1f} times"
    return (
        f"| {MILLION:,} rows | validation | submit to completed |\n|---|---|---|\n"
        f"| fast reader | {validation:.2f} s | {total:.2f} s |\n"
        f"| careful reader | {careful['validation']:.2f} s | {careful['total']:.2f} s |\n"
        f"| price | {price} |"
    )
