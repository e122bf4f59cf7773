"""Judges shifts and days of cashiers by how often something was done in them (P-024, P-027).

Each shift is compared with the shifts of all who work in the same role, store format and weekday band, its own left
out, and with those at the same place where these all have more. That needs other people, not only other shifts: where
fewer cashiers than `least_peers` are there to compare with, nothing is said. Shifts that stand out are told together,
one finding for each cashier. Fixed numbers per shift are floors: they decide nothing where all shifts exceed them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value

from perito_pattern.cashiers import BASES, terms_of
from perito_pattern.peers import Cell, Standing, Terms, stand, standing_out
from perito_pattern.tails import Model

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

_SHOWN = 50
"""Shifts of a cashier whose rows are shown."""


def judge_numbers(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per shift; events are a number per shift, whatever was sold in it."""
    return _judge(table, values, Model.POISSON)


def judge_shares(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per shift; events are a share of its tickets."""
    return _judge(table, values, Model.BINOMIAL)


def _judge(table: "pa.Table", values: Mapping[str, Value], model: Model) -> Judgement:
    rows: Sequence[Row] = table.to_pylist()
    terms = terms_of(values, model)
    floor = int(str(values["floor_events"]))
    crowded = _crowded(rows, terms)
    of_key = {_key(row): row for row in rows}
    standings = stand([_cell(row) for row in rows if row["trials"] and _peer_group(row) in crowded], terms)
    out = [s for s in standing_out(standings, terms) if s.events > floor]
    of_user: dict[str, list[Standing]] = defaultdict(list)
    for standing in sorted(out, key=lambda standing: standing.member):
        of_user[of_key[standing.member]["user"]].append(standing)
    told = [_violation(user, found, of_key) for user, found in sorted(of_user.items())]
    facts = {"tested": len(standings), "shifts_told": len(out)}
    return Judgement(told, len(rows), len(rows) - len(standings), facts)


def _crowded(rows: Sequence[Row], terms: Terms) -> set[tuple[str | None, str | None]]:
    """Groups in which enough people work to compare one with the others."""
    people: dict[tuple[str | None, str | None], set[str]] = defaultdict(set)
    for row in rows:
        people[_peer_group(row)].add(row["user"])
    return {group for group, users in people.items() if len(users) > terms.least_peers}


def _peer_group(row: Row) -> tuple[str | None, str | None]:
    return row["role"], row["format"]


def _key(row: Row) -> str:
    return f"{row['user']}\0{row['stretch']}"


def _cell(row: Row) -> Cell:
    return Cell(
        _key(row),
        row["location"],
        row["role"],
        row["format"],
        row["band"],
        int(row["trials"]),
        int(row["events"]),
    )


def _violation(user: str, found: Sequence[Standing], of_key: Mapping[str, Row]) -> Row:
    rows = [of_key[standing.member] for standing in found]
    days = [day for row in rows if isinstance(day := row["day"], date)]
    events = sum(standing.events for standing in found)
    expected = significant(sum(standing.expected for standing in found))
    basis_en, basis_es = BASES[found[0].basis]
    return {
        "user": user,
        "period_start": min(days, default=None),
        "period_end": max(days, default=None),
        "shifts": len(found),
        "events": events,
        "most": max(standing.events for standing in found),
        "expected_events": f"{expected:.1f}",
        "chance": f"{min(standing.chance for standing in found):.2g}",
        "stretches": " | ".join(row["stretch"] for row in rows[:_SHOWN]),
        "basis_en": basis_en,
        "basis_es": basis_es,
        "row_count": events,
        **({"tiny": rows[0]["tiny"]} if "tiny" in rows[0] else {}),
    }
