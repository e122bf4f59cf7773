"""Compares people (or tills, places, suppliers) with their peers, so that one of them does not hide himself.

Each member's events are counted in cells of one role, store format and weekday band. What is expected of a member in a
cell is what its other members do there, never itself: the median of their rates or their rate together, whichever is
more, without those that plainly stand above. Where the colleagues at its own place all do more of it than that, so may
the member. Expected and observed are added up over the cells of a member, and three things must agree before it stands
out: the chance of so many events, the peers' own differences allowed for (a beta-binomial, or a negative binomial where
events are no share of anything), of all members tested (Benjamini-Hochberg); the lower bound of its rate, some robust
standard deviations above the peers' median; and a least number of events. The busiest day does not count as evidence,
for one odd day is no habit. A known role is never compared with another; where roles or formats are not known, those of
whom they are not known are compared with each other, which `Standing.basis` says.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from perito_rules.functions import significant

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.robust import leave_one_out_medians, leave_one_out_spreads
from perito_pattern.tails import Model, lower_bound, upper_tail

_EVIDENT = 3.09
"""Normal quantile of one in a thousand: who is above twice the usual by this bound is no yardstick for others."""
_ROUNDS = 3
_COLLEAGUES = 3
"""Colleagues at a place from which it may have a practice of its own."""
_LEAST_SEEN = 0.5
"""Events that peers who have none are taken to have together: what nobody did yet is rare and not impossible."""
_AT_PLACE = 2
"""Colleagues at a place from which a rate is taken that is asked for by place."""
_USUAL_BOUND = 1.645
"""Normal quantile of one in twenty, of the lower bound that is compared with peers."""

Group = tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class Cell:
    """What one member did at one place in one weekday band: `events` in `trials` (documents, lines, shifts), of them
    `busiest` on the day with most. Role, format and band are None where they are not known or do not matter."""

    member: str
    place: str | None
    role: str | None
    format: str | None
    band: str | None
    trials: int
    events: int
    busiest: int = 0


@dataclass(frozen=True)
class Terms:
    """When a member stands out. `least_ratio` is what the lower bound must reach, as a multiple of the expected rate,
    where the peers show no spread. With `by_place` what is expected of a member is what those of its role do at the
    same place, so that only the spread is that of peers everywhere."""

    model: Model = Model.BINOMIAL
    q: float = 0.01
    least_peers: int = 8
    least_trials: int = 50
    least_events: int = 5
    least_z: float = 3.5
    least_ratio: float = 2.0
    by_place: bool = False

    def with_trials(self, least: int) -> "Terms":
        """The same with another least number of trials."""
        return replace(self, least_trials=least)


@dataclass(frozen=True)
class Standing:
    """A member among its peers. `z` is None where the peers show no spread; `basis` is `place`, `role_and_format`,
    `role`, `format` or `all`: what is known to be the same of the peers."""

    member: str
    trials: int
    events: int
    busiest: int
    expected: float
    peers: int
    basis: str
    lower: float
    chance: float
    z: float | None

    @property
    def excess(self) -> float:
        """Events beyond those expected, at least 0."""
        return max(0.0, significant(self.events - self.expected))

    @property
    def excess_share(self) -> float:
        """The part of the member's events that is beyond those expected, 0 to 1."""
        return significant(self.excess / self.events) if self.events else 0.0


@dataclass(frozen=True)
class _Sum:
    """A member's cells with enough peers, added up."""

    member: str
    home: str | None
    peers_of: Group
    trials: int
    events: int
    busiest: int
    expected: float
    peers: int

    @property
    def ratio(self) -> float:
        return self.events / self.expected


def stand(cells: Sequence[Cell], terms: Terms) -> list[Standing]:
    """The standing of each member that has enough peers and trials, by member; others are not to be judged."""
    sums = _sums(cells, terms)
    if not terms.by_place:
        sums = _with_places(sums)
    groups: dict[Group, list[_Sum]] = defaultdict(list)
    for one in sums:
        groups[one.peers_of].append(one)
    enough = [group for group in groups.values() if len(group) > terms.least_peers or not terms.by_place]
    found = [standing for group in enough for standing in _among(group, terms)]
    return sorted(found, key=lambda standing: standing.member)


def standing_out(standings: Sequence[Standing], terms: Terms) -> list[Standing]:
    """Those of all members tested that stand out from their peers."""
    threshold = benjamini_hochberg([s.chance for s in standings], terms.q, max(1, len(standings)))
    return [s for s in standings if s.chance <= threshold and _is_far(s, terms)]


def _is_far(standing: Standing, terms: Terms) -> bool:
    if standing.events - standing.busiest < terms.least_events:
        return False
    if standing.z is not None:
        return standing.z >= terms.least_z
    return significant(standing.lower * standing.trials) >= significant(terms.least_ratio * standing.expected)


def _sums(cells: Sequence[Cell], terms: Terms) -> list[_Sum]:
    """Members with the events that their peers' rates make expected. A band with too few peers is taken with the
    others."""
    fine = _rates(cells, terms, banded=True)
    coarse = _rates(cells, terms, banded=False)
    of_member: dict[str, list[tuple[Cell, float, int]]] = defaultdict(list)
    for cell in cells:
        by_band, by_all = ((cell.member, _rate_group(cell, terms, banded=banded)) for banded in (True, False))
        rated = fine.get(by_band) or coarse.get(by_all)
        if rated:
            of_member[cell.member].append((cell, *rated))
    found = [_added(member, rated) for member, rated in sorted(of_member.items())]
    return [one for one in found if one.trials >= terms.least_trials and one.expected > 0]


def _added(member: str, rated: Sequence[tuple[Cell, float, int]]) -> _Sum:
    main = max((cell for cell, _, _ in rated), key=lambda cell: (cell.trials, str(cell.place), str(cell.band)))
    return _Sum(
        member,
        main.place,
        _group(main, banded=False),
        sum(cell.trials for cell, _, _ in rated),
        sum(cell.events for cell, _, _ in rated),
        max(cell.busiest for cell, _, _ in rated),
        significant(sum(cell.trials * rate for cell, rate, _ in rated)),
        min(peers for _, _, peers in rated),
    )


def _group(cell: Cell, *, banded: bool) -> Group:
    return (cell.role, cell.format, cell.band if banded else "*")


def _rate_group(cell: Cell, terms: Terms, *, banded: bool) -> Group:
    """What the rate is taken from: role and place, or role and format."""
    known = _group(cell, banded=banded)
    return (known[0], cell.place, known[2]) if terms.by_place else known


def _rates(cells: Sequence[Cell], terms: Terms, *, banded: bool) -> Mapping[tuple[str, Group], tuple[float, int]]:
    """By member and group: the rate that is expected of it there, and how many peers say so; only where enough do."""
    counts: dict[Group, dict[str, tuple[int, int]]] = defaultdict(dict)
    for cell in cells:
        of_group = counts[_rate_group(cell, terms, banded=banded)]
        trials, events = of_group.get(cell.member, (0, 0))
        of_group[cell.member] = (trials + cell.trials, events + cell.events)
    found: dict[tuple[str, Group], tuple[float, int]] = {}
    for group, members in counts.items():
        names = sorted(members)
        rates = _group_rates([members[name] for name in names], terms)
        found |= {(name, group): rate for name, rate in zip(names, rates, strict=True) if rate is not None}
    return found


def _group_rates(counts: Sequence[tuple[int, int]], terms: Terms) -> list[tuple[float, int] | None]:
    """(expected rate, number of peers) of each of a group's members, given its (trials, events)."""
    enough = [at for at, (trials, _) in enumerate(counts) if trials >= terms.least_trials]
    least_peers = _AT_PLACE if terms.by_place else terms.least_peers
    if len(enough) < least_peers:
        return [None] * len(counts)
    own = [counts[at][1] / counts[at][0] for at in enough]
    middles = dict(zip(enough, leave_one_out_medians(own), strict=True))
    plain = set(enough)
    for _ in range(_ROUNDS):
        trials, events = (sum(counts[at][part] for at in plain) for part in (0, 1))
        bound = 2 * events / trials if trials else 0.0
        plain = {at for at in enough if lower_bound(terms.model, *counts[at], _EVIDENT) <= bound}
    trials, events = (sum(counts[at][part] for at in plain) for part in (0, 1))
    everyone = median(own)
    found: list[tuple[float, int] | None] = []
    for at, (own_trials, own_events) in enumerate(counts):
        peers = len(enough) - (at in middles)
        left = trials - own_trials * (at in plain)
        seen = max(events - own_events * (at in plain), _LEAST_SEEN)
        together = seen / left if left > 0 else 0.0
        rate = significant(max(middles.get(at, everyone), together))
        found.append((rate, peers) if peers >= least_peers else None)
    return found


def _with_places(sums: Sequence[_Sum]) -> list[_Sum]:
    """With more expected of those whose colleagues at the same place all do more than peers elsewhere."""
    at_place: dict[str, list[_Sum]] = defaultdict(list)
    for one in sums:
        if one.home is not None:
            at_place[one.home].append(one)
    factors: dict[str, float] = {}
    for colleagues in at_place.values():
        if len(colleagues) > _COLLEAGUES:
            medians = leave_one_out_medians([one.ratio for one in colleagues])
            factors |= {one.member: max(1.0, middle) for one, middle in zip(colleagues, medians, strict=True)}
    return [replace(one, expected=significant(one.expected * factors.get(one.member, 1.0))) for one in sums]


def _among(group: Sequence[_Sum], terms: Terms) -> list[Standing]:
    """Members of one role and format, each against the spread of the others' observed to expected."""
    plain = [lower_bound(terms.model, o.trials, o.events, _EVIDENT) * o.trials <= 2 * o.expected for o in group]
    spreads = leave_one_out_spreads([one.ratio for one in group], plain)
    lowers = [lower_bound(terms.model, one.trials, one.events - one.busiest, _USUAL_BOUND) for one in group]
    variances = _variances(group, [spread for _, spread in spreads], plain, terms)
    found: list[Standing] = []
    for one, lower, (middle, spread), variance in zip(group, lowers, spreads, variances, strict=True):
        above = lower * one.trials / one.expected - middle
        found.append(
            Standing(
                one.member,
                one.trials,
                one.events,
                one.busiest,
                one.expected,
                one.peers,
                "place" if terms.by_place else _basis(one.peers_of),
                significant(lower),
                upper_tail(terms.model, one.trials, one.events - one.busiest, one.expected, variance),
                None if spread is None else significant(above / spread),
            )
        )
    return found


def _variances(
    group: Sequence[_Sum], spreads: Sequence[float | None], plain: Sequence[bool], terms: Terms
) -> list[float]:
    """The peers' squared coefficient of variation, beyond chance: by their median deviation or, without those plainly
    above, by their squares, whichever is more."""
    by_chance = [max(0.0, 1 - one.expected / one.trials) / one.expected for one in group]
    if terms.model is Model.POISSON:
        by_chance = [1 / one.expected for one in group]
    usual = median(by_chance)
    gaps = [
        ((o.events - o.expected) ** 2 - chance * o.expected**2) * counts
        for o, chance, counts in zip(group, by_chance, plain, strict=True)
    ]
    weights = [o.expected**2 * counts for o, counts in zip(group, plain, strict=True)]
    gap, weight = sum(gaps), sum(weights)
    found: list[float] = []
    for own_gap, own_weight, spread in zip(gaps, weights, spreads, strict=True):
        left = weight - own_weight
        by_squares = (gap - own_gap) / left if left > 1e-9 else 0.0
        by_median = (spread or 0.0) ** 2 - usual
        found.append(significant(max(0.0, by_squares, by_median)))
    return found


def _basis(group: Group) -> str:
    role, format_, _ = group
    return {(True, True): "role_and_format", (True, False): "role", (False, True): "format"}.get(
        (role is not None, format_ is not None), "all"
    )
