"""Made-up books with planted faults, taken through all phases, and the mark that their report deserves.

The phases run in this process: what is measured is what the rules tell, not how services pass it on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from perito_simulator import generate, size_of
from perito_simulator.evaluation.report import read_report
from perito_simulator.evaluation.score import Score, evaluate
from perito_simulator.faults.catalogue import FAULTS, chosen
from perito_simulator.faults.strength import Strength
from perito_simulator.oddities.catalogue import ODDITIES
from perito_simulator.planter import Planter
from perito_simulator.size import Size
from perito_simulator.truth import read_truth, write_truth

from tests.lookalikes.examined import PHASES, examine_books

MAPPING = "mapping.yaml"
_CHAIN = {"shops": 24, "products": 240}
_SUPPLIERS = 40


@dataclass(frozen=True)
class Sown:
    """Which books: `rows` ledger rows of a seed in a style, read with their mapping or as they are. `strength` makes
    every fault as strong; of kinds of the pattern phase there are then `least` plants at least, where there is room,
    and the retailer is a chain of more shops and suppliers: several of each kind must stay few among their peers."""

    rows: int
    seed: int
    style: str = "plain"
    mapped: bool = True
    faults: str = "all"
    oddities: str = "all"
    strength: Strength | None = None
    least: int = 1


def scored(sown: Sown, folder: Path) -> Score:
    """Makes the books below `folder`, examines them and holds the report against what was planted."""
    books, work, out = folder / "books", folder / "work", folder / "out"
    planter = Planter(_faults(sown), chosen(sown.oddities, ODDITIES), sown.strength)
    made = generate(books, _size(sown), sown.seed, style=sown.style, hooks=planter)
    write_truth(books, planter.truth(sown.seed, sown.style, made.ledger_rows, made.habits))
    examine_books(books, books / MAPPING if sown.mapped else None, work)
    _lay_out(work, out)
    return evaluate(read_truth(books), read_report(out))


def _size(sown: Sown) -> Size:
    if sown.strength is None:
        return size_of(sown.rows)
    return replace(size_of(sown.rows, **_CHAIN), suppliers=_SUPPLIERS)


def _faults(sown: Sown) -> Mapping[str, int]:
    counts = chosen(sown.faults)
    return {
        name: max(count, sown.least) if FAULTS[name].rule.startswith("P") else count for name, count in counts.items()
    }


def _lay_out(work: Path, out: Path) -> None:
    """What the phases wrote, where `perito analyze` would have put it."""
    (out / "tables").mkdir(parents=True)
    for phase in PHASES:
        (out / "tables" / phase).symlink_to(work / phase)
    (out / "report.json").symlink_to(work / "reporting" / "report.json")
