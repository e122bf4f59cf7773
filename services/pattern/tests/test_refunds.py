"""P-022: refunds far beyond peers, without a sale, of own sales, of goods not sold; desks and habits are not told."""

from datetime import timedelta
from pathlib import Path

from .till_books import HONEST, Row, at, line, moment, run, shop, sold, staff, users, usual


def refunds(user: str, count: int, seller: str | None = None, days: int = 20, **more: object) -> list[Row]:
    """Refund tickets of 10; they name a sale of `seller`, or none."""
    found: list[Row] = []
    for n in range(count):
        original = f"{seller}-{n}" if seller else None
        given = {"type": "return", "original_document": original, **more}
        found.append(line(f"{user}-r{n}", user, moment(n % days, 60 + n // days * 10), **given))
    return found


def honest() -> list[Row]:
    """Few refunds, each of a sale that another cashier rang up."""
    return [row for n, user in enumerate(HONEST) for row in refunds(user, usual(n), HONEST[n - 1])]


def test_one_who_refunds_far_more_is_told(tmp_path: Path) -> None:
    trial = run("P-022", tmp_path, [*shop(), *honest(), *sold("T"), *refunds("T", 25, "C1")])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T"}
    assert (finding["measures"]["kind"], finding["measures"]["events"]) == ("rate", "25")
    assert finding["title_en"].startswith("Cashier T: refunds in 25 of 85")
    assert finding["title_es"].startswith("Cajero T: devoluciones en 25 de 85")
    assert 200 < finding["impact"] < 250
    assert len(trial.proof(finding)) == 25


def test_refunds_below_the_floor_are_not_told_by_their_number(tmp_path: Path) -> None:
    """Eight of 10 in sales of 60 x 10 are 13 %."""
    assert users(run("P-022", tmp_path, [*shop(), *sold("T"), *refunds("T", 8, "C1")])) == []


def test_refunds_that_name_no_sale_are_told_where_others_name_theirs(tmp_path: Path) -> None:
    desks = [row for n, user in enumerate(HONEST) for row in refunds(user, 20, HONEST[n - 1])]
    unnamed = [{**row, "document": f"{row['document']}x"} for row in refunds("T", 16)]
    trial = run("P-022", tmp_path, [*shop(), *desks, *sold("T"), *refunds("T", 4, "C1"), *unnamed])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T"}
    assert (finding["measures"]["kind"], finding["measures"]["events"], finding["measures"]["trials"]) == (
        "unnamed",
        "16",
        "20",
    )
    assert len(trial.proof(finding)) == 16


def test_refunds_of_own_sales_are_told_where_others_do_not(tmp_path: Path) -> None:
    desks = [row for n, user in enumerate(HONEST) for row in refunds(user, 20, HONEST[n - 1])]
    (finding,) = run("P-022", tmp_path, [*shop(), *desks, *sold("T"), *refunds("T", 20, "T")]).findings
    assert (finding["identity"]["user"], finding["measures"]["kind"]) == ("T", "own")


def test_refunds_of_what_the_place_had_not_sold_are_told(tmp_path: Path) -> None:
    later = timedelta(days=70)
    old = [
        {**row, "ts": row["ts"] - later, "ts_date": row["ts_date"] - later, "document": f"{row['document']}o"}
        for row in shop()
    ]
    desks = [row for user in HONEST for row in refunds(user, 20)]
    theirs = refunds("T", 20, product="P9")
    (finding,) = run("P-022", tmp_path, [*old, *shop(), *desks, *sold("T"), *theirs]).findings
    assert (finding["identity"]["user"], finding["measures"]["kind"]) == ("T", "unsold")
    assert users(run("P-022", tmp_path / "young", [*shop(), *desks, *sold("T"), *theirs])) == []


def test_a_service_desk_is_compared_with_desks(tmp_path: Path) -> None:
    desk = [f"D{n}" for n in range(2)]
    books = [*shop([*HONEST, *desk]), *honest(), *(row for user in desk for row in refunds(user, 40, "C1"))]
    roles = {**dict.fromkeys(HONEST, "cashier"), **dict.fromkeys(desk, "service desk")}
    assert users(run("P-022", tmp_path, books, users=staff(roles))) == []


def test_a_customer_who_brings_much_back_at_once_is_one_refund(tmp_path: Path) -> None:
    bulk = [line("T-bulk", "T", moment(4, 90), line=str(n), type="return", original_document="C1-1") for n in range(40)]
    assert users(run("P-022", tmp_path, [*shop(), *honest(), *sold("T"), *bulk])) == []


def test_refunds_may_stand_in_a_table_of_their_own(tmp_path: Path) -> None:
    rows = [*honest(), *refunds("T", 25, "C1")]
    names = ("ts", "ts_date", "product", "location", "user", "original_document", "qty")
    returns = [
        {**{n: row[n] for n in names}, "return_document": row["document"], "line": "1", "refund": 10} for row in rows
    ]
    trial = run("P-022", tmp_path, [*shop(), *sold("T")], returns=returns)
    assert users(trial) == ["T"]
    assert {row["table_name"] for row in trial.proof(trial.findings[0])} == {"returns"}


def test_books_whose_refunds_name_no_sales_say_nothing_of_it(tmp_path: Path) -> None:
    desks = [row for user in HONEST for row in refunds(user, 20)]
    trial = run("P-022", tmp_path, [*shop(), *desks])
    assert users(trial) == []
    assert trial.outcomes["P-022"].evaluated == 2 * 10


def test_a_desk_with_more_refunds_than_sales_is_compared(tmp_path: Path) -> None:
    """Refunds of a table of their own are no part of the tickets of the sales."""
    desks = [given for user in HONEST for given in returned(user, 90)]
    assert users(run("P-022", tmp_path, shop(), returns=[*desks])) == []
    trial = run("P-022", tmp_path / "more", [*shop(), *sold("T")], returns=[*usual_returns(), *returned("T", 100)])
    (finding,) = trial.findings
    assert (finding["measures"]["events"], finding["measures"]["trials"]) == ("100", "160")


def returned(user: str, count: int) -> list[Row]:
    """Refunds in a table of their own, that name no sale."""
    return [
        {"return_document": f"{user}-b{n}", "user": user, "location": "L1", **at(moment(n % 20, n)), "refund": 10}
        for n in range(count)
    ]


def usual_returns() -> list[Row]:
    return [row for n, user in enumerate(HONEST) for row in returned(user, usual(n))]
