"""How long each rule takes on books that have all tables: a simulated retailer, in a process of its own.

Run as `python -m tests.load.rule_times ROWS`; prints one JSON object. Processor seconds, each of them counted once:
what several rules need is made once and stands by itself, as does the scan of a table that its row rules share.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from perito_rules.canonical import SYSTEM_TABLES, load_canonical
from perito_rules.engine import run_rules
from perito_rules.loader import load_rules
from perito_simulator import generate, size_of
from perito_simulator.faults.catalogue import chosen
from perito_simulator.oddities.catalogue import ODDITIES
from perito_simulator.planter import Planter

from tests.lookalikes.examined import read_books

PHASES = ("validation", "consistency", "pattern", "performance")
SEED = 1
MEMORY = 1 << 30
_ROWS = 25
"""Rules and views that the table names; the others are told together."""


class Clock:
    """Processor seconds by what was at work; `""` is all that is no rule's. What is within another is not its own."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._name, self._since = "", time.process_time()

    @contextmanager
    def at(self, name: str) -> Generator[None]:
        """While `name` is at work."""
        before = self._turn(name)
        try:
            yield
        finally:
            self._turn(before)

    def _turn(self, name: str) -> str:
        now, before = time.process_time(), self._name
        self.seconds[before] += now - self._since
        self._name, self._since = name, now
        return before


def measure(rows: int) -> dict[str, Any]:
    """`rows` of the ledger, `books` (seconds to make them), `reading` (the whole of validation's reading and rules) and
    `rules`: seconds by phase and name, see `perito_rules.watch`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.rule_times", str(rows)], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


def main(rows: int) -> None:
    """Entry point of the process."""
    with tempfile.TemporaryDirectory(prefix="perito-rule-times-") as name:
        folder = Path(name)
        began = time.process_time()
        planter = Planter(chosen("all"), chosen("all", ODDITIES))
        made = generate(folder / "books", size_of(rows), SEED, hooks=planter)
        written = time.process_time()
        tables = _tables(read_books(folder / "books", folder / "books" / "mapping.yaml", folder / "work"))
        read = time.process_time()
        rules = {phase: _of_phase(phase, tables, folder / phase) for phase in PHASES}
    said = {"rows": sum(made.ledger_rows.values()), "books": written - began, "reading": read - written, "rules": rules}
    print(json.dumps(said))


def _tables(folder: Path) -> dict[str, Path]:
    paths = {name: folder / f"{name}.parquet" for name in (*load_canonical(), *SYSTEM_TABLES)}
    return {name: path for name, path in paths.items() if path.exists()}


def _of_phase(phase: str, tables: Mapping[str, Path], folder: Path) -> dict[str, float]:
    clock, out = Clock(), folder / "out"
    out.mkdir(parents=True)
    with clock.at(""):
        run_rules(
            load_rules(f"perito_{phase}.rules"),
            tables,
            {},
            out,
            folder / "scratch",
            phase=phase,
            threads=2,
            memory_bytes=MEMORY,
            report=lambda _fraction, _step: None,
            watch=clock.at,
        )
    return dict(clock.seconds)


def table(figures: Mapping[str, Any]) -> str:
    """The rules and views that take most, with their share of all rules' time."""
    rules = cast("Mapping[str, Mapping[str, float]]", figures["rules"])
    taken = [(seconds, phase, name) for phase, of_phase in rules.items() for name, seconds in of_phase.items()]
    whole = sum(seconds for seconds, _, _ in taken)
    named = sorted((row for row in taken if row[2]), reverse=True)
    rows, reading = int(figures["rows"]), float(figures["reading"])
    head = (
        f"A simulated retailer with all tables, {rows:,} rows of ledger and sales. Processor time: all rules"
        f" {whole:.1f} s, validation whole, which reads the files, {reading:.1f} s."
    )
    lines = [
        head,
        "",
        "| rule, shared view or scan | phase | seconds | share |",
        "|---|---|---|---|",
    ]
    lines += [_line(name, phase, seconds, whole) for seconds, phase, name in named[:_ROWS]]
    others = named[_ROWS:]
    lines.append(_line(f"{len(others)} others together", "", sum(row[0] for row in others), whole))
    rest = sum(seconds for seconds, _, name in taken if not name)
    lines.append(_line("opening, planning and writing", "", rest, whole))
    return "\n".join(lines)


def _line(name: str, phase: str, seconds: float, whole: float) -> str:
    return f"| {name} | {phase} | {seconds:.2f} | {100 * seconds / whole:.1f} % |"


if __name__ == "__main__":
    main(int(sys.argv[1]))
