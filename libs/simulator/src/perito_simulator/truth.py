"""What was planted in made-up books: the file `truth.json`, which lies beside them and is never uploaded.

A fault names the rule that should tell it, what the finding must be about (entities as the books print them), its days,
its rows and what it costs. An oddity is honest: it names the rules that must not tell it. Whoever plants writes this;
`perito_simulator.evaluation` holds a report against it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.metadata import version
from pathlib import Path
from typing import Any

from perito_kernel.errors import Invalid, NotFound

TRUTH = "truth.json"
ROWS_KEPT = 1_000
"""Rows of one fault that are listed; their number is always told."""


@dataclass(frozen=True, order=True)
class SourceRow:
    """A row of the books: its file's name and its record, the first below the header being 1."""

    file: str
    record: int


@dataclass(frozen=True)
class Days:
    """First and last day concerned, inclusive; None leaves that side open."""

    start: date | None = None
    end: date | None = None

    def meet(self, other: "Days") -> bool:
        """True where the two have a day in common."""
        return _not_after(self.start, other.end) and _not_after(other.start, self.end)


@dataclass(frozen=True)
class Fault:
    """One planted fault. `money` is in `currency`, never negative; None where it has none, with the reason why. `goods`
    are the products, by location, whose shelves it emptied while the books know nothing, or filled beyond all need:
    rules of `also` may tell so."""

    id: str
    kind: str
    rule: str
    entities: Mapping[str, str]
    currency: str
    money: Decimal | None = None
    no_money: str = ""
    also: tuple[str, ...] = ()
    days: Days = Days()
    rows: tuple[SourceRow, ...] = ()
    rows_count: int = 0
    goods: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])


@dataclass(frozen=True)
class Oddity:
    """Something unusual and honest. No rule of `must_not` may tell it; an empty `must_not` means no rule at all."""

    id: str
    kind: str
    entities: Mapping[str, str]
    must_not: tuple[str, ...] = ()
    days: Days = Days()
    rows: tuple[SourceRow, ...] = ()


@dataclass(frozen=True)
class Habit:
    """How a style writes a whole file. A rule that tells it mildly tells the truth, and nothing that was planted."""

    rule: str
    entities: Mapping[str, str]


@dataclass(frozen=True)
class Truth:
    """All that was planted, and the `habits` of the style. `rows` counts the rows of each table of the books."""

    seed: int
    style: str
    rows: Mapping[str, int]
    faults: Sequence[Fault] = field(default_factory=tuple[Fault, ...])
    oddities: Sequence[Oddity] = field(default_factory=tuple[Oddity, ...])
    habits: Sequence[Habit] = field(default_factory=tuple[Habit, ...])


def write_truth(books: Path, truth: Truth) -> None:
    """Writes `truth.json` into the folder of the books. The same truth gives the same bytes."""
    content = {
        "made_by": f"perito generate {version('perito-simulator')}",
        "seed": truth.seed,
        "style": truth.style,
        "rows": dict(sorted(truth.rows.items())),
        "faults": [_fault_json(fault) for fault in truth.faults],
        "oddities": [_oddity_json(oddity) for oddity in truth.oddities],
        "habits": [{"rule": habit.rule, "entities": dict(habit.entities)} for habit in truth.habits],
    }
    (books / TRUTH).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_truth(books: Path) -> Truth:
    """The truth of a folder of books. Raises NotFound TRUTH_MISSING, Invalid TRUTH_UNREADABLE."""
    path = books / TRUTH
    if not path.is_file():
        raise NotFound(
            "TRUTH_MISSING",
            f"{path} is not there: only books of `perito generate` say what was planted in them.",
            {"file": str(path)},
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Truth(
            int(content["seed"]),
            str(content["style"]),
            {str(table): int(rows) for table, rows in content["rows"].items()},
            tuple(_fault(entry) for entry in content["faults"]),
            tuple(_oddity(entry) for entry in content["oddities"]),
            # Books of earlier versions declare none.
            tuple(Habit(str(entry["rule"]), _texts(entry["entities"])) for entry in content.get("habits", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise Invalid(
            "TRUTH_UNREADABLE",
            f"{path} is no truth of `perito generate` ({type(error).__name__}: {error}). Generate the books again.",
            {"file": str(path)},
        ) from error


def _not_after(start: date | None, end: date | None) -> bool:
    return start is None or end is None or start <= end


def _fault_json(fault: Fault) -> dict[str, Any]:
    money = {"money": None, "no_money": fault.no_money} if fault.money is None else {"money": f"{fault.money:f}"}
    return {
        "id": fault.id,
        "kind": fault.kind,
        "rule": fault.rule,
        "also": list(fault.also),
        "entities": dict(fault.entities),
        **_days_json(fault.days),
        "rows": [[row.file, row.record] for row in fault.rows[:ROWS_KEPT]],
        "rows_count": fault.rows_count,
        **({"goods": {place: sorted(goods) for place, goods in sorted(fault.goods.items())}} if fault.goods else {}),
        **money,
        "currency": fault.currency,
    }


def _oddity_json(oddity: Oddity) -> dict[str, Any]:
    return {
        "id": oddity.id,
        "kind": oddity.kind,
        "entities": dict(oddity.entities),
        "must_not": list(oddity.must_not),
        **_days_json(oddity.days),
        "rows": [[row.file, row.record] for row in oddity.rows[:ROWS_KEPT]],
    }


def _days_json(days: Days) -> dict[str, str]:
    bounds = {"period_start": days.start, "period_end": days.end}
    return {name: day.isoformat() for name, day in bounds.items() if day is not None}


def _fault(entry: Mapping[str, Any]) -> Fault:
    money = entry["money"]
    return Fault(
        id=str(entry["id"]),
        kind=str(entry["kind"]),
        rule=str(entry["rule"]),
        entities=_texts(entry["entities"]),
        currency=str(entry["currency"]),
        money=None if money is None else Decimal(str(money)),
        no_money=str(entry.get("no_money", "")),
        also=tuple(str(rule) for rule in entry["also"]),
        days=_days(entry),
        rows=_rows(entry),
        rows_count=int(entry["rows_count"]),
        goods={str(place): frozenset(map(str, goods)) for place, goods in entry.get("goods", {}).items()},
    )


def _oddity(entry: Mapping[str, Any]) -> Oddity:
    must_not = tuple(str(rule) for rule in entry["must_not"])
    return Oddity(str(entry["id"]), str(entry["kind"]), _texts(entry["entities"]), must_not, _days(entry), _rows(entry))


def _texts(entities: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in entities.items()}


def _days(entry: Mapping[str, Any]) -> Days:
    start, end = (entry.get(name) for name in ("period_start", "period_end"))
    return Days(date.fromisoformat(start) if start else None, date.fromisoformat(end) if end else None)


def _rows(entry: Mapping[str, Any]) -> tuple[SourceRow, ...]:
    return tuple(SourceRow(str(file), int(record)) for file, record in entry["rows"])
