"""Ranks people and products by how far they stand out in several features at once (P-048).

A feature is a share: of so many rows, so many show it. It is held against the share of the others of the same role or
category, in usual deviations: chance and the peers' own differences together, so that few rows never stand far out.
Then each feature is turned into the part of all people (or products) that stand as far out or further, and the score is
the sum of minus the logarithms of these parts, as ECOD has it. Only much of a feature counts: little of it is
what is wanted. A feature that is not known counts as it does on average, which is 1.

Of any books somebody is first. Told is a small part, of which two features at least stand out by themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any

from perito_rules.functions import Judgement, significant
from perito_rules.model import Value
from perito_rules.terms import spanish_number

from perito_pattern.one_sided import by_peers

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]

FEATURES: Mapping[str, tuple[str, str]] = {
    "void": ("voided lines", "líneas anuladas"),
    "return": ("lines brought back", "líneas devueltas"),
    "override": ("prices typed over", "precios tecleados"),
    "typed": ("quantities typed over", "cantidades tecleadas"),
    "cash": ("sales paid in cash", "ventas en efectivo"),
    "down": ("stock adjusted away", "ajustes a la baja"),
    "waste": ("waste", "mermas"),
    "short": ("counts that find less", "conteos con falta"),
}
_WORDS = {"user": ("User", "Usuario"), "product": ("Product", "Producto")}
_NAMED = 3
_LEAST_EVENTS = 0.5
"""Events that the others are taken to have where they have none."""


@dataclass(frozen=True)
class Terms:
    """The rule's parameters."""

    share: Decimal
    least_members: int
    least_rows: int
    outer: float
    least_z: float


@dataclass(frozen=True)
class Feature:
    """One feature of all members: deviation above what is expected (0 where it is not known), the part of those known
    that stand as far out or further (1 where not known), and what was to be expected, in events."""

    name: str
    known: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
    z: "Numbers"
    tail: "Numbers"
    events: "Numbers"
    trials: "Numbers"
    expected: "Numbers"


def judge(table: "pa.Table", values: Mapping[str, Value]) -> Judgement:
    """One row per person or product with the events and trials of each feature; see section `input` of the rule."""
    terms = Terms(
        Decimal(str(values["share"])),
        int(str(values["least_members"])),
        int(str(values["least_rows"])),
        float(str(values["outer"])),
        float(str(values["least_z"])),
    )
    told: list[Mapping[str, Any]] = []
    ranked: dict[str, int] = {}
    for subject in _WORDS:
        members, features = read_features(table, subject, terms)
        found, ranked[subject] = _told(subject, members, features, terms)
        told += found
    facts = {"people_ranked": ranked["user"], "products_ranked": ranked["product"]}
    return Judgement(told, table.num_rows, table.num_rows - sum(ranked.values()), facts)


def read_features(table: "pa.Table", subject: str, terms: Terms) -> tuple[list[str], list[Feature]]:
    """The members of a kind in order, and their features."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    kinds = np.array(table["subject"].to_pylist(), dtype=object)
    rows = np.flatnonzero(kinds == subject)
    names, peers = (np.array(table[name].to_pylist(), dtype=object)[rows] for name in ("member", "peers"))
    groups = [np.flatnonzero(peers == group) for group in sorted({str(p) for p in peers if p is not None})]
    groups.append(np.flatnonzero(peers == None))  # noqa: E711  # cell by cell
    features: list[Feature] = []
    for name in FEATURES:
        events, trials = (
            np.array([cell or 0 for cell in table[f"{name}_{part}"].to_pylist()], np.float64)[rows]
            for part in ("events", "trials")
        )
        features.append(_feature(name, events, trials, groups, terms))
    return [str(name) for name in names], features


def _feature(name: str, events: "Numbers", trials: "Numbers", groups: Sequence[Any], terms: Terms) -> Feature:
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    size = len(events)
    known, z, expected = np.zeros(size, np.bool_), np.zeros(size), np.zeros(size)
    for group in groups:
        at = group[trials[group] >= terms.least_rows]
        if len(at) >= terms.least_members:
            known[at] = True
            expected[at], z[at] = _deviations(events[at], trials[at])
    tail = np.ones(size)
    order = np.sort(z[known])
    tail[known] = (len(order) - np.searchsorted(order, z[known], side="left")) / max(1, len(order))
    return Feature(name, known, z, tail, events, trials, expected)


def _deviations(events: "Numbers", trials: "Numbers") -> "tuple[Numbers, Numbers]":
    """What was to be expected of each by the share of all others, and how many usual deviations there are more."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    others = np.maximum(events.sum() - events, _LEAST_EVENTS) / (trials.sum() - trials)
    share = np.minimum(others, 1.0)
    own = by_peers([(int(t), int(e)) for t, e in zip(trials.tolist(), events.tolist(), strict=True)]).variance
    variance = trials * share * (1 - share) + trials * (trials - 1) * own
    z = np.zeros(len(events), np.float64)
    np.divide(events - trials * share, np.sqrt(variance), out=z, where=variance > 0)
    return trials * share, z.round(9)


def _told(
    subject: str, members: Sequence[str], features: Sequence[Feature], terms: Terms
) -> tuple[list[Mapping[str, Any]], int]:
    """The first of the list, and how many were ranked: those of whom at least two features are known."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    if not members:
        return [], 0
    known = np.sum([feature.known for feature in features], axis=0)
    parts: Any = np.array([np.where(feature.known, -np.log(feature.tail), 1.0) for feature in features])
    score: list[float] = parts.sum(axis=0).round(9).tolist()
    ranked = int(np.sum(known > 1))
    most = int((terms.share * ranked).to_integral_value(ROUND_CEILING))
    out = np.sum([(f.tail <= terms.outer) & (f.z >= terms.least_z) for f in features], axis=0)
    listed = sorted(np.flatnonzero(known > 1).tolist(), key=lambda at: (-score[at], members[at]))
    told = [
        _violation(subject, members[at], place, ranked, score[at], _reasons(at, features, parts))
        for place, at in enumerate(listed[:most], 1)
        if out[at] > 1
    ]
    return told, ranked


def _reasons(at: int, features: Sequence[Feature], parts: Any) -> list[tuple[Feature, int]]:
    """The features that count most, with the member's place in them: three at most, those above the expected only."""
    above = [n for n, feature in enumerate(features) if feature.known[at] and feature.z[at] > 0]
    above.sort(key=lambda n: (-float(parts[n][at]), features[n].name))
    return [(features[n], at) for n in above[:_NAMED]]


def _violation(
    subject: str, member: str, place: int, ranked: int, score: float, reasons: Sequence[tuple[Feature, int]]
) -> Mapping[str, Any]:
    said = [
        (int(f.events[at]), int(f.trials[at]), f"{significant(float(f.expected[at])):.1f}", FEATURES[f.name])
        for f, at in reasons
    ]
    return {
        **{kind: member if kind == subject else None for kind in _WORDS},
        "who_en": f"{_WORDS[subject][0]} {member}",
        "who_es": f"{_WORDS[subject][1]} {member}",
        "place": place,
        "ranked": ranked,
        "score": f"{significant(score):.2f}",
        "features": ", ".join(f.name for f, _ in reasons),
        "reasons_en": ", ".join(
            f"{en} {events} of {trials} (others {usual})" for events, trials, usual, (en, _) in said
        ),
        "reasons_es": ", ".join(
            f"{es} {events} de {trials} (los demás, {spanish_number(usual)})" for events, trials, usual, (_, es) in said
        ),
    }
