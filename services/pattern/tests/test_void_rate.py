"""P-020: who voids far more than peers is told, by kind; slips, odd days, other roles, habits of a shop are not."""

from decimal import Decimal
from pathlib import Path

from .till_books import HONEST, Row, line, moment, run, shop, sold, staff, users, usual


def voids(user: str, count: int, stage: str | None = "line", days: int = 20, **more: object) -> list[Row]:
    """Voided lines in tickets of the cashier that keep their other line."""
    given = {"type": "void", "void_stage": stage, "line": "2", "line_total": 8, **more}
    return [line(f"{user}-{n}", user, moment(n % days, n // days * 10), **given) for n in range(count)]


def honest(stage: str = "line") -> list[Row]:
    return [row for n, user in enumerate(HONEST) for row in voids(user, usual(n), stage)]


def test_one_who_takes_out_many_lines_is_told(tmp_path: Path) -> None:
    trial = run("P-020", tmp_path, [*shop(), *honest(), *sold("T"), *voids("T", 30)])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "line"}
    assert finding["severity"] == "medium"
    measures = finding["measures"]
    assert (measures["events"], measures["trials"]) == ("30", "60")
    expected = Decimal(measures["expected_events"])
    assert Decimal("1.5") <= expected <= Decimal("2.5")
    assert abs(finding["impact"] - 8 * (30 - expected)) < 2
    assert "lines taken out in 30 of 60 tickets" in finding["title_en"]
    assert "roles and store formats are not known" in finding["title_en"]
    assert "líneas borradas en 30 de 60 tiques" in finding["title_es"]
    proof = trial.proof(finding)
    assert len(proof) == 30
    assert {row["values"]["void_stage"] for row in proof} == {"line"}
    outcome = trial.outcomes["P-020"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (3 * 11, 1, 0)


def test_voids_after_payment_are_a_kind_of_their_own(tmp_path: Path) -> None:
    trial = run("P-020", tmp_path, [*shop(), *honest(), *sold("T"), *voids("T", 2), *voids("T", 12, "after_tender")])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "after"}


def test_whole_tickets_voided_by_their_header_are_told(tmp_path: Path) -> None:
    """Lines stay sales; the header says that twelve were voided after they were paid."""
    headers = [
        {"document": f"T-{n}", "tendered_at": moment(n, 1), "voided_at": moment(n, 3) if n < 12 else None}
        for n in range(20)
    ]
    trial = run("P-020", tmp_path, [*shop(), *sold("T")], sale_documents=headers)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "after"}
    assert len(trial.proof(finding)) == 12


def test_a_void_without_a_stage_is_known_by_its_ticket(tmp_path: Path) -> None:
    whole = [line(f"T-v{n}", "T", moment(n, 45), type="void", line_total=20) for n in range(15)]
    (finding,) = run("P-020", tmp_path / "whole", [*shop(), *sold("T"), *whole]).findings
    assert finding["identity"] == {"user": "T", "kind": "ticket"}
    of_others = [{**row, "original_document": f"T-{n}"} for n, row in enumerate(whole)]
    (finding,) = run("P-020", tmp_path / "paid", [*shop(original_document=None), *sold("T"), *of_others]).findings
    assert finding["identity"] == {"user": "T", "kind": "after"}


def test_where_all_void_often_nobody_is_told(tmp_path: Path) -> None:
    often = [row for n, user in enumerate([*HONEST, "T"]) for row in voids(user, 20 + n % 5)]
    assert users(run("P-020", tmp_path, [*shop([*HONEST, "T"]), *often])) == []


def test_one_bad_day_is_no_habit(tmp_path: Path) -> None:
    """A till that breaks down: twenty lines are taken out on one day, two on others."""
    day = [line(f"T-b{n}", "T", moment(3, 100 + n), type="void", void_stage="line") for n in range(20)]
    kept = [line(f"T-b{n}", "T", moment(3, 100 + n), line="2") for n in range(20)]
    assert users(run("P-020", tmp_path, [*shop(), *honest(), *sold("T"), *voids("T", 2), *day, *kept])) == []


def test_supervisors_are_compared_with_supervisors(tmp_path: Path) -> None:
    """Who takes back for others voids more; with four of them none can be compared, and none is."""
    supervisors = [f"S{n}" for n in range(4)]
    books = [*shop([*HONEST, *supervisors]), *honest(), *(row for user in supervisors for row in voids(user, 30))]
    roles = {**dict.fromkeys(HONEST, "cashier"), **dict.fromkeys(supervisors, "supervisor")}
    trial = run("P-020", tmp_path, books, users=staff(roles))
    assert users(trial) == []
    assert trial.outcomes["P-020"].unknown == 3 * 4


def test_a_shop_where_all_correct_by_voiding_is_left_alone(tmp_path: Path) -> None:
    """Twenty cashiers of other shops void seldom; at L2 all five do it all the time."""
    elsewhere = [f"E{n}" for n in range(20)]
    here = [f"H{n}" for n in range(5)]
    rare = [row for n, user in enumerate(elsewhere) for row in voids(user, usual(n))]
    often = [row for n, user in enumerate(here) for row in voids(user, 28 + n, location="L2")]
    assert users(run("P-020", tmp_path, [*shop(elsewhere), *rare, *shop(here, location="L2"), *often])) == []


def test_few_peers_few_tickets_or_nobody_known(tmp_path: Path) -> None:
    small = run("P-020", tmp_path / "small", [*shop(HONEST[:7]), *sold("T"), *voids("T", 40)])
    assert users(small) == []
    assert small.outcomes["P-020"].unknown == 3 * 8
    assert users(run("P-020", tmp_path / "new", [*shop(), *honest(), *sold("T", 20), *voids("T", 20)])) == []
    nameless = [{**row, "user": None} for row in shop()]
    assert run("P-020", tmp_path / "nameless", nameless).outcomes["P-020"].status.value == "not_applicable"


def test_where_an_amount_is_unknown_so_is_the_impact(tmp_path: Path) -> None:
    unpriced = voids("T", 30, line_total=None, unit_price=None)
    (finding,) = run("P-020", tmp_path, [*shop(), *honest(), *sold("T"), *unpriced]).findings
    assert finding["impact"] is None


def test_rows_that_repeat_others_count_once(tmp_path: Path) -> None:
    copies = [{**row, "_duplicate_file": 0, "_duplicate_record": 1} for row in voids("T", 30)]
    plain = [
        {**row, "_duplicate_file": None, "_duplicate_record": None} for row in [*shop(), *sold("T"), *voids("T", 2)]
    ]
    assert users(run("P-020", tmp_path, [*plain, *copies])) == []


def test_numbers_that_each_shop_begins_anew_share_no_header(tmp_path: Path) -> None:
    """Twelve tickets of T at L2 were voided; at L1 a cashier has tickets of the same numbers."""
    here = [{**row, "document": f"{n}"} for n, row in enumerate(shop())]
    there = [{**row, "document": f"{n}", "location": "L2"} for n, row in enumerate(sold("T"))]
    headers = [
        {
            **{name: row[name] for name in ("document", "location", "ts", "ts_date")},
            "tendered_at": row["ts"],
            "voided_at": row["ts"] if row["location"] == "L2" and int(row["document"]) < 12 else None,
        }
        for row in [*here, *there]
    ]
    assert users(run("P-020", tmp_path, [*here, *there], sale_documents=headers)) == ["T"]
