"""Tells which cashiers stand out among their peers by what they do at the till: the judge of most rules on cashiers.

A rule gives rows by cashier, place and weekday band for each kind of thing that it counts: `trials` of which `events`,
`busiest` on the day with most, and what those are worth (`amount`, NULL where not known). Columns that it may leave
out: `above` (0 where the fixed threshold of the rule, which is a floor and decides nothing, is not reached) and
`least` (the trials without which a cashier is not compared). All kinds of a rule are tests of one family. Where kinds
overlap a cashier is told once, with the kind that is worth most.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement
from perito_rules.model import Value

from perito_pattern.peers import Cell, Standing, Terms, stand, standing_out
from perito_pattern.tails import Model

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

_READ = {
    *("kind", "kind_en", "kind_es", "user", "location", "role", "format", "band", "trials", "events", "busiest"),
    *("first_day", "last_day", "amount", "above", "least"),
}
"""Columns that are read here; what else a rule gives is told as it is."""

BASES = {
    "place": ("colleagues at the same place", "los compañeros del mismo lugar"),
    "role_and_format": (
        "cashiers of the same role and store format",
        "cajeros del mismo puesto y formato de tienda",
    ),
    "role": (
        "cashiers of the same role (store formats are not known)",
        "cajeros del mismo puesto (no se conocen los formatos de tienda)",
    ),
    "format": (
        "cashiers of the same store format (roles are not known)",
        "cajeros del mismo formato de tienda (no se conocen los puestos)",
    ),
    "all": (
        "the other cashiers (roles and store formats are not known)",
        "los demás cajeros (no se conocen puestos ni formatos de tienda)",
    ),
}


@dataclass(frozen=True)
class _Told:
    """A cashier who stands out by one kind of thing."""

    standing: Standing
    rows: Sequence[Row]

    @property
    def kind(self) -> str:
        return str(self.rows[0]["kind"])

    @property
    def impact(self) -> Decimal | None:
        """What the events beyond the expected are worth; None where the worth of one is not known."""
        amounts = [row["amount"] for row in self.rows]
        if any(amount is None for amount in amounts):
            return None
        return sum(amounts, Decimal(0)) * Decimal(str(self.standing.excess_share))

    @property
    def rank(self) -> tuple[Decimal, float, str]:
        """Worth most first, then least likely."""
        return (-(self.impact or Decimal(0)), self.standing.chance, self.kind)


def judge_each(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """Each kind by which a cashier stands out is a finding of its own: kinds have no events in common."""
    return judge_rows(table.to_pylist(), terms_of(values), together=False)


def judge_one(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """A cashier is one finding, whatever kinds he stands out by: they have events in common."""
    return judge_rows(table.to_pylist(), terms_of(values), together=True)


def judge_by_place(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """As `judge_one`, with what colleagues of the same place do as what is expected."""
    return judge_rows(table.to_pylist(), terms_of(values, by_place=True), together=True)


def terms_of(values: Mapping[str, Value], model: Model = Model.BINOMIAL, *, by_place: bool = False) -> Terms:
    """The terms of a run from a rule's parameters."""
    return Terms(
        model,
        float(str(values["q"])),
        int(str(values["least_peers"])),
        int(str(values["least_trials"])),
        int(str(values["least_events"])),
        float(str(values["least_z"])),
        float(str(values["least_ratio"])),
        by_place=by_place,
    )


def cell_of(row: Row) -> Cell:
    """The cell of one row of input."""
    return Cell(
        row["user"],
        row["location"],
        row["role"],
        row["format"],
        row["band"],
        int(row["trials"]),
        int(row["events"]),
        int(row["busiest"]),
    )


def judge_rows(given: Sequence[Row], terms: Terms, *, together: bool) -> Judgement:
    """The same of rows that were read already."""
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in given:
        rows[row["kind"], row["user"]].append(row)
    kinds = sorted({kind for kind, _ in rows})
    standings = {kind: _stand([row for key in rows if key[0] == kind for row in rows[key]], terms) for kind in kinds}
    every = [standing for kind in kinds for standing in standings[kind]]
    out = {id(standing) for standing in standing_out(every, terms)}
    told = [
        _Told(standing, rows[kind, standing.member])
        for kind in kinds
        for standing in standings[kind]
        if id(standing) in out and all(row.get("above", 1) for row in rows[kind, standing.member])
    ]
    facts: dict[str, object] = {"tested": len(every)}
    return Judgement(list(_findings(told, together=together)), len(rows), len(rows) - len(every), facts)


def _stand(rows: Sequence[Row], terms: Terms) -> list[Standing]:
    """Standings of one kind. A kind that asks for fewer trials than the terms says so in its rows."""
    least = min((int(row.get("least", terms.least_trials)) for row in rows), default=terms.least_trials)
    return stand([cell_of(row) for row in rows if row["trials"]], terms.with_trials(least))


def _findings(told: Sequence[_Told], *, together: bool) -> Sequence[Row]:
    if not together:
        return [_violation(one, []) for one in told]
    of_user: dict[str, list[_Told]] = defaultdict(list)
    for one in sorted(told, key=lambda one: (one.standing.member, one.rank)):
        of_user[one.standing.member].append(one)
    return [_violation(first, others) for first, *others in of_user.values()]


def _violation(told: _Told, others: Sequence[_Told]) -> Row:
    standing, row = told.standing, told.rows[0]
    started = [first for one in told.rows if isinstance(first := one["first_day"], date)]
    ended = [last for one in told.rows if isinstance(last := one["last_day"], date)]
    basis_en, basis_es = BASES[standing.basis]
    return {
        "user": standing.member,
        "kind": told.kind,
        "kind_en": row["kind_en"],
        "kind_es": row["kind_es"],
        "period_start": min(started, default=None),
        "period_end": max(ended, default=None),
        "events": standing.events,
        "trials": standing.trials,
        "expected_events": f"{standing.expected:.1f}",
        "chance": f"{standing.chance:.2g}",
        "robust_z": None if standing.z is None else f"{standing.z:.1f}",
        "peers": standing.peers,
        "also": ", ".join(other.kind for other in others) or None,
        "basis_en": basis_en,
        "basis_es": basis_es,
        "impact": told.impact,
        "row_count": standing.events,
        **{name: value for name, value in row.items() if name not in _READ},
    }
