"""Judges the cash of tills: shifts far over or short, habits of small shortages, borrowing, and floats that vary
(P-029).

A large difference is money whoever caused it, so it is told shift by shift, where it exceeds a floor and, by many
robust standard deviations, what other people's shifts differ by. The rest are habits, and compared with peers. A
shortage that the next shift of the till has over, to a tenth, is one of a pair and no loss: one is a miscount, several
are told.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value
from perito_rules.terms import spanish_number

from perito_pattern.cashiers import BASES, terms_of
from perito_pattern.peers import Cell, Standing, stand, standing_out
from perito_pattern.robust import leave_one_out_spreads

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]

_TENTH = Decimal("0.1")
_SPREAD_FLOOR = 0.01
"""A cent: where all tills of others agree to the cent, that is the spread."""


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per shift; see section `input` of the rule."""
    rows: Sequence[Row] = table.to_pylist()
    counted = [row for row in rows if row["variance"] is not None]
    amounts = {name: Decimal(str(values[name])) for name in ("large", "small_from", "small_to", "float_spread")}
    spread = _spread(counted)
    standings, small = _small(counted, values, amounts)
    told = [
        *_large(counted, spread, amounts["large"], float(str(values["large_z"]))),
        *small,
        *_swings(counted, spread, values),
        *_floats(rows, values, amounts["float_spread"]),
    ]
    facts = {"tested": standings, "shifts_over_or_short": sum(row["variance"] != 0 for row in counted)}
    return Judgement(told, len(rows), len(rows) - len(counted), facts)


def _spread(rows: Sequence[Row]) -> float:
    """Robust standard deviation of all shifts' differences; shifts so many that one person's do not bend it."""
    values = sorted(float(row["variance"]) for row in rows)
    if len(values) < 2:
        return math.inf
    _, spread = leave_one_out_spreads(values)[len(values) // 2]
    return max(_SPREAD_FLOOR, spread or 0.0)


def _is_swing(variance: Decimal, following: Decimal | None) -> bool:
    """A difference that the following shift has the other way round, to a tenth."""
    return following is not None and abs(variance + following) <= _TENTH * abs(variance)


def _large(rows: Sequence[Row], spread: float, floor: Decimal, least_z: float) -> Iterable[Row]:
    known = sorted((row for row in rows if row["shift"] is not None), key=lambda row: -abs(row["variance"]))
    told: set[tuple[str | None, ...]] = set()
    for row in known:
        variance: Decimal = row["variance"]
        z = significant(abs(float(variance)) / spread)
        paired = _is_swing(variance, row["next_variance"]) or _is_swing(variance, row["last_variance"])
        if abs(variance) <= floor or z < least_z or paired or _finding_of(row) in told:
            continue
        told.add(_finding_of(row))
        word_en, word_es = ("short", "faltan") if variance < 0 else ("over", "sobran")
        till_en, till_es = _named("Till", row["till"]), _named("Caja", row["till"])
        yield _violation(
            "large",
            f"{till_en}, shift {row['shift']}: {abs(variance):.2f} {word_en}, cashier {row['user'] or '?'}",
            f"{till_es}, turno {row['shift']}: {word_es} {spanish_number(f'{abs(variance):.2f}')},"
            f" cajero {row['user'] or '?'}",
            [row],
            till=row["till"],
            shift=row["shift"],
            user=row["user"],
            impact=-variance,
            robust_z=f"{z:.1f}",
        )


def _finding_of(row: Row) -> tuple[str | None, ...]:
    """What names the finding: a number that two shifts of a till share is told once, by the larger difference."""
    return (row["user"], row["till"], row["shift"], str(row["day"]))


def _named(word: str, name: str | None) -> str:
    return word if name is None else f"{word} {name}"


def _small(
    rows: Sequence[Row], values: Mapping[str, Value], amounts: Mapping[str, Decimal]
) -> tuple[int, Sequence[Row]]:
    """How many cashiers were compared, and those with far more small shortages than their peers."""

    def is_small(row: Row) -> bool:
        return amounts["small_from"] <= -row["variance"] <= amounts["small_to"]

    of_user = _by([row for row in rows if row["user"] is not None], lambda row: row["user"])
    terms = terms_of(values)
    standings = stand([cell for found in of_user.values() for cell in _cells(found, is_small)], terms)
    floor, window = int(str(values["floor_small"])), int(str(values["window_days"]))
    told: list[Row] = []
    for standing in standing_out(standings, terms):
        shorts = [row for row in of_user[standing.member] if is_small(row)]
        if _densest([row["day"] for row in shorts], window) >= floor:
            told.append(_small_violation(standing, shorts))
    return len(standings), told


def _cells(rows: Sequence[Row], is_event: Callable[[Row], bool]) -> Iterable[Cell]:
    places = _by(rows, lambda row: (row["location"], row["role"], row["format"], row["band"]))
    for (place, role, format_, band), found in places.items():
        yield Cell(found[0]["user"], place, role, format_, band, len(found), sum(map(is_event, found)))


def _by(rows: Iterable[Row], key: Callable[[Row], Any]) -> Mapping[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _densest(days: Iterable[date | None], window: int) -> int:
    """Most days of a list, each as often as it stands there, within so many days."""
    ordered = sorted(day for day in days if day is not None)
    first = most = 0
    for last, day in enumerate(ordered):
        while day - ordered[first] >= timedelta(days=window):
            first += 1
        most = max(most, last - first + 1)
    return most


def _small_violation(standing: Standing, shorts: Sequence[Row]) -> Row:
    basis_en, basis_es = BASES[standing.basis]
    count, of_all, usual = standing.events, standing.trials, f"{standing.expected:.1f}"
    who_en, who_es = f"Cashier {standing.member}", f"Cajero {standing.member}"
    return _violation(
        "small",
        f"{who_en}: small shortages in {count} of {of_all} shifts; about {usual} were to be expected, by {basis_en}",
        f"{who_es}: faltantes pequeños en {count} de {of_all} turnos; eran de esperar unos {spanish_number(usual)},"
        f" según {basis_es}",
        shorts,
        user=standing.member,
        impact=-sum((row["variance"] for row in shorts), Decimal(0)) * Decimal(str(standing.excess_share)),
        trials=of_all,
        expected_events=usual,
        chance=f"{standing.chance:.2g}",
        robust_z=None if standing.z is None else f"{standing.z:.1f}",
    )


def _swings(rows: Sequence[Row], spread: float, values: Mapping[str, Value]) -> Iterable[Row]:
    least_z, floor = float(str(values["least_z"])), int(str(values["floor_swings"]))
    above = Decimal(str(values["small_to"]))
    pairs = [
        row
        for row in rows
        if row["user"] is not None
        and -row["variance"] > above
        and significant(-float(row["variance"]) / spread) >= least_z
        and _is_swing(row["variance"], row["next_variance"])
    ]
    for user, found in sorted(_by(pairs, lambda row: row["user"]).items()):
        if len(found) >= floor:
            yield _violation(
                "swing",
                f"Cashier {user}: {len(found)} shortages that the next shift of the till has over",
                f"Cajero {user}: {len(found)} faltantes que el turno siguiente de la caja tiene de más",
                found,
                user=user,
                impact=Decimal(0),
            )


def _floats(rows: Sequence[Row], values: Mapping[str, Value], floor: Decimal) -> Iterable[Row]:
    """Tills whose opening cash varies far more than that of others."""
    least, peers = int(str(values["least_trials"])), int(str(values["least_peers"]))
    least_z, least_ratio = float(str(values["least_z"])), float(str(values["least_ratio"]))
    known = [row for row in rows if row["opening"] is not None and row["till"] is not None]
    tills = {till: found for till, found in sorted(_by(known, lambda row: row["till"]).items()) if len(found) >= least}
    if len(tills) <= peers:
        return
    deviations = [_deviation([float(row["opening"]) for row in found]) for found in tills.values()]
    spreads = leave_one_out_spreads(deviations)
    for (till, found), deviation, (middle, spread) in zip(tills.items(), deviations, spreads, strict=True):
        z = significant((deviation - middle) / max(_SPREAD_FLOOR, spread or 0.0))
        if deviation > max(float(floor), least_ratio * middle) and z >= least_z:
            yield _violation(
                "float",
                f"Till {till}: the opening cash varies by {deviation:.2f}, that of other tills by {middle:.2f}",
                f"Caja {till}: el fondo inicial varía en {spanish_number(f'{deviation:.2f}')}, el de otras cajas en"
                f" {spanish_number(f'{middle:.2f}')}",
                found,
                till=till,
                impact=Decimal(0),
                robust_z=f"{z:.1f}",
            )


def _deviation(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return significant(math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)))


_BLANK: Row = dict.fromkeys(
    ("user", "till", "shift", "impact", "trials", "expected_events", "chance", "robust_z"),
)


def _violation(kind: str, what_en: str, what_es: str, rows: Sequence[Row], **more: Any) -> Row:
    days = [row["day"] for row in rows if row["day"] is not None]
    return {
        "kind": kind,
        "what_en": what_en,
        "what_es": what_es,
        **_BLANK,
        "period_start": min(days, default=None),
        "period_end": max(days, default=None),
        "events": len(rows),
        "row_count": len(rows),
        "file_of": rows[0]["_file_id"] if kind == "large" else None,
        "record_of": rows[0]["_record"] if kind == "large" else None,
        **more,
    }
