"""Judges where counted losses gather (P-035): a place, a category, or one category at one place.

Each of the three grains is compared with the rest of the books at its own grain, as `peer_shares` does. What is told of
a category at a place is not told of the place or the category again, unless three or more of its parts stand out: then
the whole is told and its parts are not.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perito_rules.functions import Judgement
from perito_rules.model import Value

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.peer_shares import Row, Terms, Told, compare, violation

if TYPE_CHECKING:
    import pyarrow as pa

_PARTS = 3


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per category at a place (both named), per place and per category (the other NULL)."""
    rows: Sequence[Row] = table.to_pylist()
    terms = Terms.of(values)
    grains = [
        [row for row in rows if row["location"] is not None and row["category"] is not None],
        [row for row in rows if row["category"] is None],
        [row for row in rows if row["location"] is None],
    ]
    compared = [compare(grain, terms) for grain in grains]
    tested = sum(number for number, _ in compared)
    told = [one for _, found in compared for one in found]
    # Three families were tested: each told chance has to hold among all of them.
    threshold = benjamini_hochberg([one.chance for one in told], terms.q, max(1, tested))
    kept = _once([one for one in told if one.chance <= threshold])
    facts = {"groups_tested": tested, "losses": sum(row["events"] for row in grains[1])}
    return Judgement([_violation(one) for one in kept], len(rows), len(rows) - tested, facts)


def _once(told: Sequence[Told]) -> list[Told]:
    parts = [one for one in told if one.row["location"] is not None and one.row["category"] is not None]
    wholes = [one for one in told if one not in parts]
    kept_wholes = [one for one in wholes if len(_within(one, parts)) >= _PARTS or not _within(one, parts)]
    covered = [part for whole in kept_wholes for part in _within(whole, parts)]
    return [*kept_wholes, *(part for part in parts if part not in covered)]


def _within(whole: Told, parts: Sequence[Told]) -> list[Told]:
    name = "location" if whole.row["location"] is not None else "category"
    return [part for part in parts if part.row[name] == whole.row[name]]


def _violation(told: Told) -> Mapping[str, object]:
    location, category = told.row["location"], told.row["category"]
    where_en = [f"at {location}"] * (location is not None) + [f"of category {category}"] * (category is not None)
    where_es = [f"en {location}"] * (location is not None) + [f"de la categoría {category}"] * (category is not None)
    return {**violation(told), "where_en": " ".join(where_en), "where_es": " ".join(where_es)}
