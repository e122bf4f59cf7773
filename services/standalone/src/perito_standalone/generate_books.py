"""Makes books with the simulator and shows how it goes."""

import time
from dataclasses import dataclass
from pathlib import Path

from perito_simulator import Generated, generate, size_of
from perito_simulator import Progress as Made
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

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


def generate_books(wanted: Wanted, console: Console) -> Generated:
    """Writes the books, says how far it is and at which speed, and at the end what there is.

    Raises `Invalid` where an option or the folder is refused.
    """
    size = size_of(wanted.rows, days=wanted.days, shops=wanted.shops, products=wanted.products)
    console.print(
        f"{size.shops:,} shops, a warehouse, {size.suppliers:,} suppliers, {size.products:,} products,"
        f" {size.days:,} days to {size.last_day} ..."
    )
    begun = time.monotonic()
    with _Shown(console) as shown:
        made = generate(
            wanted.folder, size, wanted.seed, style=wanted.style, mapping=wanted.mapping, progress=shown.show
        )
    seconds = time.monotonic() - begun
    rows, bytes_ = sum(made.ledger_rows.values()), sum(file.size for file in made.files)
    console.print(
        f"{rows:,} ledger rows ({made.ledger_rows['movements']:,} movements, {made.ledger_rows['sales']:,} sale lines)"
        f" in {len(made.files)} files, {bytes_ / 2**20:,.1f} MiB, {seconds:.1f} s, {rows / seconds:,.0f} rows/s."
    )
    console.print(
        f"Books: {wanted.folder}. Next: perito analyze {wanted.folder} --out out", soft_wrap=True, markup=False
    )
    return made


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
