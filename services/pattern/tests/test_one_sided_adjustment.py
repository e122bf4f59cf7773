"""P-036: who writes off more than the others do is told; where all adjustments record losses nobody is."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from perito_pattern.one_sided import Expectation
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-036"]

Row = Mapping[str, Any]


def adjusted(user: str, negative: int, positive: int, **more: object) -> list[dict[str, Any]]:
    """Adjustments of one unit at one place, each of a product of its own."""
    signs = [-1] * negative + [1] * positive
    row = {"type": "adjustment", "user": user, "location": "L1", "unit_cost": 2}
    return [{**row, "product": f"{user}{n}", "qty": sign, **more} for n, sign in enumerate(signs)]


def run(folder: Path, *lists: Sequence[Row]) -> Trial:
    rows = [{**row, "movement": f"M{n}"} for n, row in enumerate(row for rows in lists for row in rows)]
    return try_rules(RULE, {"movements": rows}, folder)


def told(trial: Trial) -> list[str]:
    return sorted(next(key for key in f["identity"].values() if key) for f in trial.findings)


def test_one_who_only_takes_away_among_others_who_do_not(tmp_path: Path) -> None:
    trial = run(tmp_path, adjusted("T", 20, 0), adjusted("A", 10, 10), adjusted("B", 11, 9))
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "location": None, "product": None}
    expected = 20 * 21 / 40
    assert finding["impact"] == Decimal(str(40 * (1 - expected / 20)))
    assert finding["title_en"] == "User T: 20 of 20 stock adjustments take stock away; about 10.5 were to be expected"
    assert finding["title_es"].startswith("Usuario T: 20 de 20 ajustes")
    assert len(trial.proof(finding)) == 20
    outcome = trial.outcomes["P-036"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (3 + 1 + 60, 1, 61)


def test_where_the_worth_of_one_adjustment_is_unknown_so_is_that_of_all(tmp_path: Path) -> None:
    written_off = [*adjusted("T", 19, 0), {**adjusted("T", 1, 0)[0], "product": "unpriced", "unit_cost": None}]
    (finding,) = run(tmp_path, written_off, adjusted("A", 10, 10), adjusted("B", 11, 9)).findings
    assert finding["identity"]["user"] == "T"
    assert (finding["row_count"], finding["impact"]) == (20, None)


def test_where_adjustments_record_losses_only_nobody_stands_out(tmp_path: Path) -> None:
    assert told(run(tmp_path / "few", *(adjusted(user, 30, 0) for user in "ABC"))) == []
    assert told(run(tmp_path / "many", *(adjusted(user, 30, 0) for user in "ABCDEFGHIJ"))) == []
    usual = [adjusted(user, 26 + n % 3, 4 - n % 3) for n, user in enumerate("ABCDEFGHIJ")]
    assert told(run(tmp_path / "loss-heavy", *usual, adjusted("T", 30, 0))) == []


def test_a_few_thieves_among_many_do_not_hide_each_other(tmp_path: Path) -> None:
    honest = [adjusted(user, 12 + n % 5, 12 - n % 5) for n, user in enumerate("ABCDEFGHIJKL")]
    assert told(run(tmp_path, *honest, adjusted("T", 60, 2), adjusted("U", 45, 1), adjusted("V", 50, 0))) == [
        "T",
        "U",
        "V",
    ]


def test_too_few_or_too_even_are_left_alone(tmp_path: Path) -> None:
    others = [adjusted("A", 20, 20), adjusted("B", 20, 20)]
    assert told(run(tmp_path / "nine", *others, adjusted("T", 9, 0))) == []
    assert told(run(tmp_path / "four in five", *others, adjusted("T", 80, 20))) == []
    assert told(run(tmp_path / "waste", *others, adjusted("T", 40, 0, type="waste"))) == []


def test_who_books_what_counts_found_chooses_nothing(tmp_path: Path) -> None:
    day = {"ts": "2025-05-05", "ts_date": "2025-05-05"}
    booked = [{**row, **day, "movement": f"B{n}"} for n, row in enumerate(adjusted("T", 20, 0))]
    counts = [{"product": row["product"], "location": "L1", **day} for row in booked]
    honest = [*adjusted("A", 10, 10), *adjusted("B", 11, 9)]
    rows = [*booked, *({**row, "movement": f"M{n}"} for n, row in enumerate(honest))]
    assert told(try_rules(RULE, {"movements": rows}, tmp_path / "not counted")) == ["T"]
    assert told(try_rules(RULE, {"movements": rows, "counts": counts}, tmp_path / "counted")) == []


def test_what_was_taken_back_does_not_count(tmp_path: Path) -> None:
    others = [adjusted("A", 20, 20), adjusted("B", 20, 20)]
    wrong = [{**row, "movement": f"W{n}"} for n, row in enumerate(adjusted("T", 20, 0))]
    back = [{**row, "movement": f"R{n}", "qty": 1, "reversal_of": f"W{n}"} for n, row in enumerate(wrong)]
    rows = [{"movement": f"M{n}", **row} for n, row in enumerate([*others[0], *others[1], *wrong])]
    assert told(try_rules(RULE, {"movements": rows}, tmp_path / "kept")) == ["T"]
    assert told(try_rules(RULE, {"movements": [*rows, *back]}, tmp_path / "reversed")) == []


def test_what_a_user_explains_is_not_told_of_place_and_product_again(tmp_path: Path) -> None:
    thief = adjusted("T", 40, 0, location="L9", product="X")
    trial = run(tmp_path / "user", thief, *(adjusted(user, 20, 20) for user in "AB"))
    assert told(trial) == ["T"]
    assert trial.outcomes["P-036"].facts["groups_that_a_user_or_place_explains"] == "2"
    spread = [row for user in "CDEFGH" for row in adjusted(user, 6, 0, product="X")]
    assert told(run(tmp_path / "product", spread, *(adjusted(user, 20, 20) for user in "AB"))) == ["X"]


def test_clean_users_raise_no_alarm(tmp_path: Path) -> None:
    """Five hundred users whose own shares differ as people's do, each with twelve to eighty adjustments."""
    chance = Random(7)  # noqa: S311  # a simulation, not a secret
    lists: list[list[dict[str, Any]]] = []
    for user in range(500):
        share, rows = chance.betavariate(14, 7), chance.randint(12, 80)
        negative = sum(chance.random() < share for _ in range(rows))
        lists.append(adjusted(f"U{user}", negative, rows - negative))
    assert [key for key in told(run(tmp_path, *lists)) if key.startswith("U")] == []


@pytest.mark.parametrize(
    ("expectation", "rows", "negative", "chance"),
    [
        (Expectation(0.5), 10, 10, 0.5**10),
        (Expectation(0.5), 4, 3, 5 / 16),
        (Expectation(0.5), 4, 0, 1),
        (Expectation(1.0), 9, 9, 1),
        # A beta of 1 and 1 (variance 1/12) makes every count equally likely.
        (Expectation(0.5, 1 / 12), 9, 8, 0.2),
    ],
)
def test_the_chance_is_that_of_the_textbook(expectation: Expectation, rows: int, negative: int, chance: float) -> None:
    assert expectation.chance(rows, negative) == pytest.approx(chance)
