"""Makes books with the simulator and shows how it goes."""

import time
from dataclasses import dataclass
from pathlib import Path

from perito_simulator import Generated, generate, size_of
from perito_simulator import Progress as Made
from perito_simulator.faults.catalogue import FAULTS, chosen, told
from perito_simulator.oddities.catalogue import ODDITIES
from perito_simulator.planter import Planter
from perito_simulator.truth import write_truth
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

_QUIET_SECONDS = 5.0


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    folder: Path
    rows: int
    seed: int
    style: str
    days: int | None = None
    shops: int | None = None
    products: int | None = None
    mapping: bool = True
    faults: str = "none"
    oddities: str = "none"


def generate_books(wanted: Wanted, console: Console) -> Generated:
    """Writes the books, says how far it is and at which speed, and at the end what there is.

    Raises `Invalid` where an option or the folder is refused.
    """
    planter = Planter(chosen(wanted.faults), chosen(wanted.oddities, ODDITIES, "--oddities"))
    size = size_of(wanted.rows, days=wanted.days, shops=wanted.shops, products=wanted.products)
    console.print(
        f"{size.shops:,} shops, a warehouse, {size.suppliers:,} suppliers, {size.products:,} products,"
        f" {size.days:,} days to {size.last_day} ..."
    )
    begun = time.monotonic()
    with _Shown(console) as shown:
        made = generate(
            wanted.folder,
            size,
            wanted.seed,
            style=wanted.style,
            mapping=wanted.mapping,
            hooks=planter,
            progress=shown.show,
        )
    write_truth(wanted.folder, planter.truth(wanted.seed, wanted.style, made.ledger_rows, made.habits))
    seconds = time.monotonic() - begun
    rows, bytes_ = sum(made.ledger_rows.values()), sum(file.size for file in made.files)
    console.print(
        f"{rows:,} ledger rows ({made.ledger_rows['movements']:,} movements, {made.ledger_rows['sales']:,} sale lines)"
        f" in {len(made.files)} files, {bytes_ / 2**20:,.1f} MiB, {seconds:.1f} s, {rows / seconds:,.0f} rows/s."
    )
    _say_what_was_planted(console, planter)
    console.print(
        f"Books: {wanted.folder}. Next: perito analyze {wanted.folder} --out out", soft_wrap=True, markup=False
    )
    return made


def list_kinds(console: Console) -> None:
    """Tells every kind of fault and of oddity, with the rule that tells it or must not."""
    for title, kinds, rule in (("Faults", FAULTS, "told by"), ("Honest oddities", ODDITIES, "not to be told by")):
        table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
        for name in ("name", rule, "by default", "what it is"):
            table.add_column(name, justify="right" if name == "by default" else "left", no_wrap=name == "name")
        for name, rules, count, what in told(kinds):
            table.add_row(name, rules, f"{count:,}", what)
        console.print(table)
        console.print()


def _say_what_was_planted(console: Console, planter: Planter) -> None:
    planted, wanted = planter.planted(), planter.wanted
    if not wanted:
        return
    faults = sum(count for name, count in planted.items() if name in FAULTS)
    oddities = sum(planted.values()) - faults
    console.print(f"Planted: {faults:,} faults, {oddities:,} honest oddities (truth.json says where).")
    short = [f"{name} {planted[name]:,} of {count:,}" for name, count in wanted.items() if planted[name] < count]
    if short:
        console.print(f"These books have no room for all of: {', '.join(short)}. Take more rows or days.")


class _Shown:
    """A bar on a terminal, elsewhere a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = self._said = time.monotonic()
        self._bar = Progress(
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=1.0)

    def __enter__(self) -> "_Shown":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, made: Made) -> None:
        """Draws how far it is."""
        now = time.monotonic()
        speed = f"{made.rows:,} rows, {made.rows / max(now - self._begun, 0.001):,.0f} rows/s"
        self._bar.update(self._task, completed=made.day / made.days, description=speed)
        if not self._console.is_terminal and now - self._said > _QUIET_SECONDS:
            self._said = now
            self._console.print(f"Day {made.day:,} of {made.days:,}: {speed}")
