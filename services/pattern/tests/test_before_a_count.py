"""P-038: who adjusts just before counts that then find nothing is told; single ones and honest days are not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-038"]
PLANNED = datetime(2025, 5, 5, 8)  # noqa: DTZ001  # the tables hold UTC without saying so

Row = Mapping[str, Any]


def moment(hours: float) -> dict[str, str]:
    when = PLANNED + timedelta(hours=hours)
    return {"ts": when.isoformat(sep=" "), "ts_date": when.date().isoformat()}


def adjusted(user: str | None, first: int, number: int, hours: float, **more: object) -> list[Row]:
    """Adjustments of products `first` and following, `hours` after the planned moment (negative: before)."""
    row = {"type": "adjustment", "user": user, "location": "L1", "qty": -3, **moment(hours)}
    return [{**row, "movement": f"{user}{n}{hours}", "product": f"P{n}", **more} for n in range(first, first + number)]


def counted(number: int, found: object = 10, hours: float = 2) -> list[Row]:
    row = {"location": "L1", "system_qty": 10, "counted_qty": found, **moment(hours)}
    return [{**row, "product": f"P{n}"} for n in range(number)]


def run(folder: Path, movements: Sequence[Row], counts: Sequence[Row], **plan: object) -> Trial:
    when = {"scheduled_at": PLANNED.isoformat(sep=" "), "scheduled_at_date": PLANNED.date().isoformat()}
    tables = {"movements": movements, "counts": counts, "count_schedule": [{"location": "L1", **when, **plan}]}
    goods = [{"product": f"P{n}", "category": "wine"} for n in range(40)]
    return try_rules(RULE, {**tables, "products": goods}, folder)


OTHERS = adjusted("A", 0, 30, -400)


def test_who_knows_the_day_and_writes_off_before_it(tmp_path: Path) -> None:
    trial = run(tmp_path, [*OTHERS, *adjusted("T", 0, 8, -20), *adjusted("T", 8, 2, -300)], counted(40))
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "location": None}
    assert finding["title_en"] == (
        "User T: 8 of 10 adjustments came within 48 hours before a scheduled count that then found no difference;"
        " about 0.5 were to be expected"
    )
    assert (finding["impact"], finding["severity"], len(trial.proof(finding))) == (None, "medium", 8)
    outcome = trial.outcomes["P-038"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (2, 1, 0)


def test_places_are_compared_where_users_are_not_known(tmp_path: Path) -> None:
    elsewhere = [{**row, "user": None, "location": "L2"} for row in OTHERS]
    (finding,) = run(tmp_path, [*elsewhere, *adjusted(None, 0, 8, -20)], counted(40)).findings
    assert finding["identity"] == {"user": None, "location": "L1"}


def test_honest_adjustments_are_left_alone(tmp_path: Path) -> None:
    guilty = adjusted("T", 0, 8, -20)
    cases = {
        "single": (adjusted("T", 0, 3, -20), counted(40)),
        "early": (adjusted("T", 0, 8, -49), counted(40)),
        "after": (adjusted("T", 0, 8, 1), counted(40)),
        "the count found something": (guilty, counted(40, 9)),
        "the count came later": (guilty, counted(40, hours=80)),
        "everybody": ([*guilty, *adjusted("B", 10, 8, -20), *adjusted("C", 20, 8, -20)], counted(40)),
        "reversed": (adjusted("T", 0, 8, -20, reversal_of="X"), counted(40)),
        "unread": (adjusted("T", 0, 8, -20, qty=None), counted(40)),
        "unread count": (guilty, counted(40, None)),
    }
    for name, (rows, counts) in cases.items():
        others = [] if name == "everybody" else OTHERS
        assert list(run(tmp_path / name, [*others, *rows], counts).findings) == [], name


def test_only_what_was_planned_is_just_before_a_count(tmp_path: Path) -> None:
    rows = [*OTHERS, *adjusted("T", 0, 8, -20)]
    assert len(run(tmp_path / "category", rows, counted(40), category="wine").findings) == 1
    assert list(run(tmp_path / "other category", rows, counted(40), category="beer").findings) == []
    assert list(run(tmp_path / "other product", rows, counted(40), product="P30").findings) == []
    assert list(run(tmp_path / "other place", rows, counted(40), location="L9").findings) == []
