"""P-005: who rounds where colleagues do not is told; packs, rents, a rounding place and one day are not."""

from collections.abc import Sequence
from pathlib import Path

from .paper_books import Row, adjustment, invoice, outcome, run, told

HONEST = [f"C{n}" for n in range(10)]


def adjusted(user: str, quantities: Sequence[int], **more: object) -> list[Row]:
    """Three adjustments a day."""
    return [adjustment(user, n, qty, n // 3, **more) for n, qty in enumerate(quantities)]


def odd(seed: int, count: int = 40) -> list[int]:
    """Quantities of which few are round, and not the same number of each."""
    return [
        -(1 + (seed * 7 + n * 11) % 23) if (n + seed) % 37 else -10
        for n in range(count)
        if (1 + (seed * 7 + n * 11) % 23) % 10
    ]


def books(place: str | None = None) -> list[Row]:
    return [row for n, user in enumerate(HONEST) for row in adjusted(user, odd(n), location=place or f"L{n}")]


TENS = [-10 * (1 + n % 2) for n in range(30)]


def test_one_who_adjusts_in_tens(tmp_path: Path) -> None:
    trial = run("P-005", tmp_path, movements=[*books(), *adjusted("T", TENS)])
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "kind": "quantity"}
    assert (finding["severity"], finding["impact"], finding["row_count"]) == ("low", None, 30)
    assert finding["title_en"].startswith("User T: 30 of 30 adjusted quantities are round; about ")
    assert finding["title_es"].startswith("Usuario T: 30 de 30 ajustes son redondos")
    assert len(trial.proof(finding)) == 30
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (11, 1, 0)


def test_goods_in_packs_of_ten_are_adjusted_by_tens(tmp_path: Path) -> None:
    packs: list[Row] = [{"product": f"P{n}", "units_per_pack": 10} for n in range(7)]
    assert run("P-005", tmp_path, movements=[*books(), *adjusted("T", TENS)], products=packs).findings == []


def test_where_all_round_nobody_stands_out(tmp_path: Path) -> None:
    rows = [row for n, user in enumerate([*HONEST, "T"]) for row in adjusted(user, TENS, location=f"L{n}")]
    assert run("P-005", tmp_path, movements=rows).findings == []


def test_one_day_few_adjustments_and_what_was_taken_back(tmp_path: Path) -> None:
    one_day = [adjustment("T", n, qty, 5) for n, qty in enumerate(TENS)]
    taken_back = [row | {"reversal_of": "X"} for row in adjusted("T", TENS)]
    for name, rows in {"day": one_day, "few": adjusted("T", TENS[:15]), "back": taken_back}.items():
        assert run("P-005", tmp_path / name, movements=[*books(), *rows]).findings == [], name


def test_too_few_peers_say_nothing(tmp_path: Path) -> None:
    few = [row for row in books() if row["user"] in HONEST[:5]]
    trial = run("P-005", tmp_path / "few", movements=[*few, *adjusted("T", TENS)])
    assert (trial.findings, outcome(trial).unknown) == ([], 6)
    roles: list[Row] = [{"user": "T", "role": "auditor"}, *({"user": user, "role": "clerk"} for user in HONEST)]
    assert run("P-005", tmp_path / "role", movements=[*books(), *adjusted("T", TENS)], users=roles).findings == []


def test_round_amounts_by_who_enters_them(tmp_path: Path) -> None:
    def entered(user: str, amounts: Sequence[object], **more: object) -> list[Row]:
        return [invoice(f"V{n}", f"{user}{n}", a, n // 2, user=user, **more) for n, a in enumerate(amounts)]

    usual = [row for s, user in enumerate(HONEST) for row in entered(user, [31 + s * 3 + n * 17 for n in range(40)])]
    round_ones = entered("T", [100 * (1 + n) for n in range(30)])
    trial = run("P-005", tmp_path / "told", movements=books(), invoices=[*usual, *round_ones])
    assert (told(trial, "user"), told(trial, "kind")) == (["T"], ["amount"])
    assert {row["table_name"] for row in trial.evidence} == {"invoices"}
    rent = [row | {"supplier": "V1"} for row in entered("T", [500] * 60)]
    assert run("P-005", tmp_path / "rent", movements=books(), invoices=[*usual, *rent]).findings == []
