"""P-048: ranks who stands out in several things at once, names what for, and is never surer than 0.4."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_rules.trial import Trial

from .till_books import Row, line, moment, run, staff

MEMBERS = 40


def work(user: str, lines: int, **events: int) -> list[Row]:
    """So many sale lines by card of one person, of which the first are voids, come back, are typed over or in cash."""
    voids, back = events.get("voids", 0), events.get("back", 0)
    rows: list[Row] = []
    for n in range(lines):
        kind = "void" if n < voids else "return" if n < voids + back else "sale"
        place = lines - n
        row = line(f"{user}-{n}", user, moment(n % 20, n), type=kind, product=f"P{n % 7}")
        row["price_override"] = place <= events.get("typed", 0)
        row["tender"] = "cash" if place <= events.get("cash", 0) else "card"
        rows.append(row)
    return rows


def shop(count: int = MEMBERS) -> list[Row]:
    """People who differ a little: one void to three, none to two lines back, and cash for about half."""
    return [
        row
        for n in range(count)
        for row in work(f"C{n:02}", 100, voids=1 + n % 3, back=n % 4 % 3, typed=n % 5 % 2, cash=45 + n % 11)
    ]


def told(trial: Trial) -> list[Any]:
    return [f["identity"]["user"] or f["identity"]["product"] for f in trial.findings]


def rank(folder: Path, rows: Sequence[Row], **tables: Sequence[Row]) -> Trial:
    return run("P-048", folder, rows, **tables)


def test_who_stands_out_in_three_things_comes_first_and_they_are_named(tmp_path: Path) -> None:
    rows = [*shop(), *work("T", 100, voids=15, back=12, typed=9, cash=38), *work("one", 100, voids=40, cash=50)]
    trial = rank(tmp_path, rows)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "product": None}
    assert (finding["severity"], finding["confidence"], finding["impact"]) == ("info", Decimal("0.4"), None)
    assert finding["title_en"].startswith("User T: number 1 of 42 that are most unusual in several ways at once: ")
    for reason in ("prices typed over 9 of 73", "lines brought back 12 of 100", "voided lines 15 of 100"):
        assert reason in finding["title_en"]
    assert "precios tecleados 9 de 73 (los demás, " in finding["title_es"]
    assert finding["measures"]["features"].count(",") == 2
    roles = [row["role"] for row in trial.proof(finding)]
    assert (roles.count("void"), roles.count("return"), roles.count("price typed over")) == (15, 12, 9)
    outcome = trial.outcomes["P-048"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (42 + 7, 1, 7)
    assert outcome.facts["people_ranked"] == "42"


def test_honest_people_are_left_alone(tmp_path: Path) -> None:
    assert told(rank(tmp_path / "alike", shop())) == []
    one_thing = [*shop(), *work("T", 100, voids=40, cash=30)]
    assert told(rank(tmp_path / "one thing", one_thing)) == []
    little = [*shop(), *work("T", 20, voids=6, back=5, typed=4, cash=5)]
    assert told(rank(tmp_path / "too few rows", little)) == []
    few = [*shop(15), *work("T", 100, voids=15, back=12, typed=9, cash=38)]
    assert told(rank(tmp_path / "too few people", few)) == []


def test_people_are_held_against_their_own_role(tmp_path: Path) -> None:
    """At the service desk most lines are voided or brought back: there that is the work."""
    desk = [row for n in range(MEMBERS) for row in work(f"D{n:02}", 100, voids=28 + n % 5, back=30 + n % 4, cash=20)]
    roles = staff({f"C{n:02}": "cashier" for n in range(MEMBERS)} | {f"D{n:02}": "desk" for n in range(MEMBERS)})
    assert told(rank(tmp_path / "roles", [*shop(), *desk], users=roles)) == []
    alone = [*shop(), *work("D", 100, voids=30, back=31, cash=20)]
    assert told(rank(tmp_path / "no role", alone)) == ["D"]
    clerks = staff({f"C{n:02}": "cashier" for n in range(MEMBERS)} | {"D": "desk"})
    assert told(rank(tmp_path / "alone in its role", alone, users=clerks)) == []


def moved(product: str, sales: int, waste: int, down: int) -> list[Row]:
    types = ["waste"] * waste + ["adjustment"] * down + ["sale"] * sales
    return [
        {"movement": f"{product}-{n}", "type": kind, "product": product, "location": "L1", "qty": -1}
        for n, kind in enumerate(types)
    ]


def test_products_are_ranked_among_their_category(tmp_path: Path) -> None:
    usual = [row for n in range(MEMBERS) for row in moved(f"P{n:02}", 100, n % 3, n % 4)]
    fruit = [row for n in range(MEMBERS) for row in moved(f"F{n:02}", 100, 20 + n % 3, 10 + n % 4)]
    master = [{"product": f"{kind}{n:02}", "category": kind} for kind in "PF" for n in range(MEMBERS)]
    assert told(rank(tmp_path / "clean", [], movements=[*usual, *fruit], products=master)) == []
    lost = moved("P99", 100, 14, 15)
    master.append({"product": "P99", "category": "P"})
    trial = rank(tmp_path / "lost", [], movements=[*usual, *fruit, *lost], products=master)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": None, "product": "P99"}
    assert {row["role"] for row in trial.proof(finding)} == {"waste", "adjusted away"}
    assert finding["title_es"].startswith("Producto P99: número 1 de 81 ")


def test_without_people_or_products_it_does_not_apply(tmp_path: Path) -> None:
    trial = rank(tmp_path, [{"document": "D1", "qty": 1, "type": "sale"}])
    assert trial.outcomes["P-048"].status.value == "not_applicable"
