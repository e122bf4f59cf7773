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
    assert finding["title_es"] == "Caja RT, turno RT-4: faltan 150.00, cajero T"
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
