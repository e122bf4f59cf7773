"""P-028: who takes far less cash (or more) than the colleagues beside him, or splits payments all the time."""

from pathlib import Path

from .till_books import HONEST, Row, line, moment, run, users


def mixed(user: str, cash: int, tickets: int = 100, place: str = "L1", **more: object) -> list[Row]:
    """Of every hundred tickets so many in cash, evenly over twenty days."""
    return [
        line(
            f"{user}-{n}",
            user,
            moment(n % 20, n),
            **{"tender": "cash" if n * 37 % 100 < cash else "card", "location": place, **more},
        )
        for n in range(tickets)
    ]


def shops() -> list[Row]:
    """At L1 about 60 of a hundred pay in cash, at L2 about 20."""
    here = [row for n, user in enumerate(HONEST) for row in mixed(user, 57 + n % 7)]
    there = [row for n in range(6) for row in mixed(f"D{n}", 17 + n, place="L2")]
    return [*here, *there]


def test_one_who_takes_little_cash_is_told(tmp_path: Path) -> None:
    trial = run("P-028", tmp_path, [*shops(), *mixed("T", 10, 200)])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T"}
    assert finding["measures"]["kind"] == "less_cash"
    assert "not paid in cash in 180 of 200 tickets" in finding["title_en"]
    assert "colleagues at the same place" in finding["title_en"]
    assert "no pagados en efectivo en 180 de 200 tiques" in finding["title_es"]
    assert len(trial.proof(finding)) == 180


def test_one_who_takes_much_cash_among_card_payers_is_told(tmp_path: Path) -> None:
    """Half in cash is little at L1, and far too much at L2."""
    trial = run("P-028", tmp_path, [*shops(), *mixed("T", 60, 200, "L2")])
    assert [(f["identity"]["user"], f["measures"]["kind"]) for f in trial.findings] == [("T", "cash")]


def test_less_than_twenty_points_are_left_alone(tmp_path: Path) -> None:
    assert users(run("P-028", tmp_path, [*shops(), *mixed("T", 45, 300)])) == []


def test_a_lane_for_cards_says_nothing_of_who_sits_there(tmp_path: Path) -> None:
    assert users(run("P-028", tmp_path, [*shops(), *mixed("T", 0, 200, till="R9")])) == []


def test_payments_in_parts_are_told_where_colleagues_have_few(tmp_path: Path) -> None:
    books = [*shops(), *mixed("T", 60, 200)]
    parts = [
        {"document": f"T-{n}", "line": str(part), "tender": tender, "amount": 5}
        for n in range(200)
        if n % 2 == 0
        for part, tender in enumerate(("cash", "card"))
    ]
    few = [{**row, "document": f"C{n}-5"} for n in range(10) for row in parts[:2]]
    trial = run("P-028", tmp_path, books, tenders=[*parts, *few])
    assert [(f["identity"]["user"], f["measures"]["kind"]) for f in trial.findings] == [("T", "split")]


def test_unknown_payments_and_small_businesses_are_not_compared(tmp_path: Path) -> None:
    unknown = [{**row, "tender": None} for row in mixed("T", 60, 200)]
    assert users(run("P-028", tmp_path / "unknown", [*shops(), *unknown])) == []
    small = [row for n in range(5) for row in mixed(f"D{n}", 57 + n)]
    assert users(run("P-028", tmp_path / "small", [*small, *mixed("T", 5, 200)])) == []
