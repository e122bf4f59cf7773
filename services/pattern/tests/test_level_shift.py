"""P-047: sales that move to another level and stay are told; seasons, promotions, new shops and chance are not."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from math import comb
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from perito_pattern.level_shifts import best_shift
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-047"]
BEGINS = date(2025, 1, 6)  # a Monday
WEEKS = 40

Row = Mapping[str, Any]


def array(*levels: tuple[int, int]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """So many weeks of each number."""
    return np.array([float(sales) for sales, weeks in levels for _ in range(weeks)])


def test_two_levels_by_hand() -> None:
    shift = best_shift(array((10, 8), (20, 8)), array((100, 16)), 8)
    assert shift is not None
    assert (shift.week, shift.before, shift.after, shift.change, shift.dispersion) == (8, 0.1, 0.2, 1.0, 1.0)
    # 160 of 240 sales or more in the second half, and as many in the first.
    half = sum(comb(240, n) for n in range(160, 241)) / 2**240
    assert shift.chance == pytest.approx(2 * half)


def test_what_all_else_sold_is_taken_into_account() -> None:
    level = best_shift(array((10, 8), (20, 8)), array((100, 8), (200, 8)), 8)
    assert level is not None
    assert (level.change, level.chance) == (0.0, 1.0)
    assert best_shift(array((10, 15)), array((100, 15)), 8) is None


def test_scattered_weeks_count_for_less() -> None:
    scattered = np.tile(np.array([0.0, 20.0]), 8) * array((1, 8), (2, 8))
    shift = best_shift(scattered, array((100, 16)), 8)
    assert shift is not None
    # Squares over the mean: 16 weeks off by their whole mean of 10 or 20, less two levels.
    assert shift.dispersion == pytest.approx((8 * 10 + 8 * 20) / 14)
    assert shift.chance > 0.01


def selling(product: str, weekly: Callable[[int], int], location: str = "L1") -> list[Row]:
    """`weekly(n)` sales in week n, spread over its days."""
    row = {"product": product, "location": location, "type": "sale", "qty": 1}
    rows: list[Row] = []
    for week in range(WEEKS):
        for n in range(weekly(week)):
            day = (BEGINS + timedelta(days=7 * week + n % 7)).isoformat()
            rows.append({**row, "document": f"{product}{location}{week}-{n}", "ts": day, "ts_date": day})
    return rows


OTHERS = [*selling("X", lambda _: 70), *selling("Y", lambda _: 70)]


def run(folder: Path, sales: Sequence[Row], **more: Sequence[Row]) -> Trial:
    return try_rules(RULE, {"sales": sales, **more}, folder)


def told(trial: Trial) -> list[str]:
    return sorted(f["identity"]["product"] for f in trial.findings)


def test_a_third_of_what_it_sold(tmp_path: Path) -> None:
    trial = run(tmp_path, [*OTHERS, *selling("A", lambda week: 12 if week < 20 else 4)])
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "A"}
    assert (finding["period_start"], finding["period_end"]) == (
        BEGINS + timedelta(weeks=20),
        BEGINS + timedelta(weeks=39),
    )
    assert finding["title_en"] == (
        "A: sales fell by 67 % in the week of 2025-05-26 and stayed there (12.0 a week before, 4.0 since)"
    )
    assert (finding["impact"], finding["severity"], finding["measures"]["expected_after"]) == (None, "low", "240")
    assert {row["values"]["date"][:7] for row in trial.proof(finding)} <= {"2025-05", "2025-06"}
    outcome = trial.outcomes["P-047"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (3, 1, 0)


def test_one_sale_under_a_date_that_nobody_meant_hides_no_level(tmp_path: Path) -> None:
    falls = [row for place in ("L1", "L2") for row in selling("A", lambda week: 12 if week < 20 else 4, place)]
    others = [row for name in "XY" for place in ("L1", "L2") for row in selling(name, lambda _: 70, place)]
    for day in ("2026-04-13", "2062-01-01"):
        slip = {**others[0], "document": "SLIP", "ts": day, "ts_date": day}
        (finding,) = run(tmp_path / day, [*others, *falls, slip]).findings
        assert finding["identity"] == {"product": "A"}
        assert finding["period_start"] == BEGINS + timedelta(weeks=20)


def test_honest_series_are_left_alone(tmp_path: Path) -> None:
    cases: dict[str, Callable[[int], int]] = {
        "season": lambda week: 12 if 10 <= week < 25 else 3,
        "new": lambda week: 12 if week >= 20 else 0,
        "ended": lambda week: 12 if week < 20 else 0,
        "a little": lambda week: 12 if week < 20 else 10,
        "one wild week": lambda week: 60 if week == 20 else 8,
        "too late": lambda week: 8 if week < 35 else 3,
    }
    for name, weekly in cases.items():
        assert told(run(tmp_path / name, [*OTHERS, *selling("A", weekly)])) == [], name


def test_promotions_and_new_places_explain_themselves(tmp_path: Path) -> None:
    offered = selling("A", lambda week: 4 if week < 20 else 12)
    offer = {"promotion": "N", "product": "A", "starts": (BEGINS + timedelta(weeks=20)).isoformat(), "ends": None}
    assert told(run(tmp_path / "no promotion", [*OTHERS, *offered])) == ["A"]
    assert told(run(tmp_path / "promotion", [*OTHERS, *offered], promotions=[offer])) == []
    opened = [row for name in "XYA" for row in selling(name, lambda week: 40 * (week >= 20), "L2")]
    assert told(run(tmp_path / "opened", [*OTHERS, *selling("A", lambda _: 8), *opened])) == []


def test_a_smooth_season_and_a_seasons_kind_are_left_alone(tmp_path: Path) -> None:
    bell = selling("A", lambda week: round(2 + 28 * math.exp(-(((week - 17) / 6) ** 2) / 2)))
    assert told(run(tmp_path / "bell", [*OTHERS, *bell])) == []
    kinds = {"A": "ice", "B": "ice", "X": "dry", "Y": "dry"}
    goods = [{"product": name, "category": kind} for name, kind in kinds.items()]
    summer = [row for name in "AB" for row in selling(name, lambda week: 12 if week < 20 else 26)]
    assert told(run(tmp_path / "no kind", [*OTHERS, *summer])) == ["A", "B"]
    assert told(run(tmp_path / "kind", [*OTHERS, *summer], products=goods)) == []


def summery(most: int) -> Callable[[int], int]:
    """Sales of something for the summer: a bell around the middle of the books."""
    return lambda week: round(most * (0.3 + 1.2 * math.exp(-(((week - 17) / 7) ** 2) / 2)))


def test_a_product_that_falls_within_its_season_is_told_against_its_kind(tmp_path: Path) -> None:
    kinds = {"A": "ice", "B": "ice", "C": "ice", "X": "dry", "Y": "dry"}
    goods = [{"product": name, "category": kind} for name, kind in kinds.items()]
    ice = [row for name in "BC" for row in selling(name, summery(30))]
    falls = selling("A", lambda week: summery(30)(week) // (1 if week < 20 else 3))
    assert told(run(tmp_path / "kind", [*OTHERS, *ice, *falls], products=goods)) == ["A"]
    assert told(run(tmp_path / "no kind", [*OTHERS, *ice, *falls])) == []
    whole = [*OTHERS, *ice, *selling("A", summery(30))]
    assert told(run(tmp_path / "season", whole, products=goods)) == []


def test_what_is_left_of_a_kind_does_not_rise_because_its_largest_product_falls(tmp_path: Path) -> None:
    goods = [{"product": name, "category": "ice" if name in "AB" else "dry"} for name in "ABXY"]
    steady = selling("B", lambda week: 11 + week % 3)
    falls = selling("A", lambda week: 40 if week < 20 else 12)
    assert told(run(tmp_path, [*OTHERS, *steady, *falls], products=goods)) == ["A"]


def test_a_place_where_it_stopped_says_nothing_of_its_level(tmp_path: Path) -> None:
    elsewhere = [row for name in "XY" for row in selling(name, lambda _: 70, "L2")]
    stopped = selling("A", lambda week: 12 if week < 20 else 0, "L2")
    rows = [*OTHERS, *elsewhere, *selling("A", lambda _: 6), *stopped]
    assert told(run(tmp_path, rows)) == []


def test_clean_series_raise_no_alarm() -> None:
    """Three hundred products, each with weeks of its own scatter."""
    chance = Random(47)  # noqa: S311  # a simulation, not a secret
    draw = np.random.default_rng(47)
    others = draw.poisson(5000, 52).astype(np.float64)
    smallest = 1.0
    for _ in range(300):
        scatter = draw.gamma(4, 0.25, 52)
        shift = best_shift(draw.poisson(chance.uniform(1, 40) * scatter).astype(np.float64), others, 8)
        assert shift is not None
        smallest = min(smallest, shift.chance)
    assert smallest > 0.01 / 300


def test_a_single_wild_day_is_told_with_its_sales(tmp_path: Path) -> None:
    usual = selling("A", lambda _: 14)
    day = (BEGINS + timedelta(days=150)).isoformat()
    wild = [{**usual[0], "document": f"wild{n}", "ts": day, "ts_date": day} for n in range(40)]
    trial = run(tmp_path / "wild", [*OTHERS, *usual, *wild])
    (finding,) = trial.findings
    assert (finding["identity"], str(finding["period_start"]), finding["severity"]) == ({"product": "A"}, day, "low")
    assert finding["title_en"].startswith(f"A: 42 sales on {day}, where about 1.9 ")
    assert "cuando cabía esperar unas 1,9" in finding["title_es"]
    assert len(trial.proof(finding)) == 42
    assert trial.outcomes["P-047"].facts["days_told"] == "1"
    offer = {"promotion": "N", "product": "A", "starts": day, "ends": day}
    assert told(run(tmp_path / "offer", [*OTHERS, *usual, *wild], promotions=[offer])) == []
