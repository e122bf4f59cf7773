"""P-029: shifts far over or short, habits of small shortages, money that is back the next day, floats that vary."""

from decimal import Decimal
from pathlib import Path

from .till_books import HONEST, Row, moment, run


def shifts(user: str, till: str, differences: list[float], opening: list[float] | None = None) -> list[Row]:
    """A shift a day; `differences` are what was counted beyond what was expected."""
    return [
        {
            "shift": f"{till}-{day}",
            "till": till,
            "location": "L1",
            "user": user,
            "opened_at": moment(day),
            "opened_at_date": moment(day).date(),
            "closed_at": moment(day, 480),
            "closed_at_date": moment(day).date(),
            "opening_cash": Decimal(str(opening[day % len(opening)] if opening else 100)),
            "expected_cash": 500,
            "counted_cash": 500 + Decimal(str(difference)),
        }
        for day, difference in enumerate(differences)
    ]


def noise(seed: int, days: int = 20) -> list[float]:
    """Within three of zero, and different from one to the next."""
    return [(seed * 7 + day * 5) % 7 - 3 for day in range(days)]


def books() -> list[Row]:
    return [row for n, user in enumerate(HONEST) for row in shifts(user, f"R{n}", noise(n))]


def with_days(given: list[float], **days: float) -> list[float]:
    return [days.get(f"d{day}", value) for day, value in enumerate(given)]


def test_a_shift_far_short_is_told_with_what_is_missing(tmp_path: Path) -> None:
    trial = run("P-029", tmp_path, [], shifts=[*books(), *shifts("T", "RT", with_days(noise(3), d4=-150))])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "till": "RT", "shift": "RT-4", "kind": "large"}
    assert finding["impact"] == 150
    assert finding["title_en"] == "Till RT, shift RT-4: 150.00 short, cashier T"
    assert finding["title_es"] == "Caja RT, turno RT-4: faltan 150,00, cajero T"
    (proof,) = trial.proof(finding)
    assert proof["key"] == {"shift": "RT-4"}


def test_a_shift_far_over_reduces_what_is_missing(tmp_path: Path) -> None:
    (finding,) = run("P-029", tmp_path, [], shifts=[*books(), *shifts("T", "RT", with_days(noise(3), d4=80))]).findings
    assert finding["impact"] == -80


def test_many_small_shortages_are_told(tmp_path: Path) -> None:
    taken = [-10 if day % 2 else value for day, value in enumerate(noise(3))]
    trial = run("P-029", tmp_path, [], shifts=[*books(), *shifts("T", "RT", taken)])
    (finding,) = trial.findings
    assert (finding["identity"]["user"], finding["identity"]["kind"]) == ("T", "small")
    assert finding["title_en"].startswith("Cashier T: small shortages in 10 of 20 shifts")
    assert finding["title_es"].startswith("Cajero T: faltantes pequeños en 10 de 20 turnos")
    assert 80 < finding["impact"] <= 100
    assert len(trial.proof(finding)) == 10


def test_where_all_tills_are_a_little_short_nobody_is_told(tmp_path: Path) -> None:
    everybody = [*HONEST, "T"]
    rows = [
        row for n, user in enumerate(everybody) for row in shifts(user, f"R{n}", [-6 - (n + d) % 5 for d in range(20)])
    ]
    assert run("P-029", tmp_path, [], shifts=rows).findings == []


def test_what_the_next_shift_has_over_is_a_miscount_once_and_told_twice(tmp_path: Path) -> None:
    once = with_days(noise(3), d4=-120, d5=120)
    assert run("P-029", tmp_path / "once", [], shifts=[*books(), *shifts("T", "RT", once)]).findings == []
    again = with_days(once, d10=-90, d11=92, d15=-60, d16=60)
    (finding,) = run("P-029", tmp_path / "again", [], shifts=[*books(), *shifts("T", "RT", again)]).findings
    assert (finding["identity"]["user"], finding["identity"]["kind"], finding["impact"]) == ("T", "swing", 0)
    assert finding["measures"]["events"] == "3"


def test_a_float_that_varies_is_told_where_others_do_not(tmp_path: Path) -> None:
    trial = run("P-029", tmp_path, [], shifts=[*books(), *shifts("T", "RT", noise(3), [20, 400, 150, 300])])
    (finding,) = trial.findings
    assert (finding["identity"]["till"], finding["identity"]["kind"]) == ("RT", "float")
    assert len(trial.proof(finding)) == 20
    free = [row for n, user in enumerate(HONEST) for row in shifts(user, f"R{n}", noise(n), [20, 400, 150 + n, 300])]
    assert run("P-029", tmp_path / "all", [], shifts=free).findings == []


def test_large_sums_in_a_currency_of_small_units_are_noise(tmp_path: Path) -> None:
    pesos = [row for n, user in enumerate(HONEST) for row in shifts(user, f"R{n}", [value * 100 for value in noise(n)])]
    assert run("P-029", tmp_path, [], shifts=pesos).findings == []


def test_shifts_that_nobody_counted_are_unknown(tmp_path: Path) -> None:
    rows = [*books(), *({**row, "counted_cash": None} for row in shifts("T", "RT", noise(1)))]
    outcome = run("P-029", tmp_path, [], shifts=rows).outcomes["P-029"]
    assert (outcome.evaluated, outcome.unknown, outcome.findings) == (220, 20, 0)


def test_a_float_that_is_counted_and_not_expected_is_no_difference(tmp_path: Path) -> None:
    """Each till has another float, so that no one difference is usual."""
    floats = [100 + 50 * n for n in range(len(HONEST))]
    rows = [row for n, user in enumerate(HONEST) for row in shifts(user, f"R{n}", noise(n), [floats[n]])]
    counted = [{**row, "counted_cash": row["counted_cash"] + row["opening_cash"]} for row in rows]
    assert run("P-029", tmp_path, [], shifts=counted).findings == []
    short = shifts("T", "RT", with_days(noise(3), d4=-150))
    short = [{**row, "counted_cash": row["counted_cash"] + row["opening_cash"]} for row in short]
    (finding,) = run("P-029", tmp_path / "short", [], shifts=[*counted, *short]).findings
    assert (finding["identity"]["shift"], finding["impact"]) == ("RT-4", 150)


def test_a_difference_that_most_shifts_have_is_how_the_books_are_kept(tmp_path: Path) -> None:
    rows = [row for n, user in enumerate(HONEST) for row in shifts(user, f"R{n}", [v + 60 for v in noise(n)])]
    bare = [{name: value for name, value in row.items() if name != "opening_cash"} for row in rows]
    assert run("P-029", tmp_path, [], shifts=bare).findings == []


def test_a_drawer_of_which_nothing_was_counted_is_unknown(tmp_path: Path) -> None:
    empty = [{**row, "counted_cash": 0} for row in shifts("T", "RT", noise(1, 5))]
    outcome = run("P-029", tmp_path, [], shifts=[*books(), *empty]).outcomes["P-029"]
    assert (outcome.findings, outcome.unknown) == (0, 5)


def test_tills_of_several_shops_may_have_one_number(tmp_path: Path) -> None:
    """Each shop has a till 1 and a float of its own; what one shop's till is short the other's is not over."""
    rows = [
        {**row, "till": "1", "location": f"L{n}", "shift": f"{n}-{row['shift']}"}
        for n, user in enumerate([*HONEST, "T"])
        for row in shifts(user, "1", noise(n) if n % 2 else noise(n + 1), [100 + 60 * n])
    ]
    assert run("P-029", tmp_path, [], shifts=rows).findings == []
