"""P-002: one supplier's or user's steered amounts are told; lawful ones, price lists and what all others have are
not."""

from pathlib import Path
from random import Random
from typing import Any

from .paper_books import Row, adjustment, invoice, outcome, run, told


def lawful(count: int, seed: int) -> list[str]:
    """Amounts whose logarithms are uniform from 10 to 100,000."""
    chance = Random(seed)  # noqa: S311  # a simulation, not a secret
    return [f"{10 ** chance.uniform(1, 5):.2f}" for _ in range(count)]


def steered(count: int) -> list[str]:
    return [f"{4900 + n % 99}.{n % 89 + 10}" for n in range(count)]


def bills(supplier: str, amounts: list[str], **more: Any) -> list[Row]:
    return [invoice(supplier, f"{supplier}{n}", a, product=f"{supplier}-{n}", **more) for n, a in enumerate(amounts)]


def honest(suppliers: int = 4) -> list[Row]:
    return [row for s in range(suppliers) for row in bills(f"V{s}", lawful(400, s))]


def test_the_steered_amounts_of_one_supplier(tmp_path: Path) -> None:
    trial = run("P-002", tmp_path, invoices=[*honest(), *bills("T", [*lawful(300, 9), *steered(60)])])
    (finding,) = trial.findings
    assert finding["identity"] == {"kind": "supplier", "supplier": "T", "user": None, "location": None}
    assert (finding["measures"]["digits"], finding["severity"], finding["impact"]) == ("49", "low", None)
    assert finding["title_en"] == "Supplier T: of 360 amounts more begin with 49 than anywhere else in the books"
    assert finding["title_es"].startswith("Proveedor T: de 360 importes empiezan por 49")
    assert {row["values"]["amount"][:2] for row in trial.proof(finding)} == {"49"}
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (5, 1, 0)


def test_lawful_suppliers_raise_no_alarm(tmp_path: Path) -> None:
    assert run("P-002", tmp_path, invoices=honest(30)).findings == []


def test_a_price_list_counts_as_its_products(tmp_path: Path) -> None:
    listed = [invoice("T", f"T{n}", f"{49.9 * (1 + n % 200):.2f}", product=f"P{n % 3}") for n in range(600)]
    assert run("P-002", tmp_path, invoices=[*honest(), *listed]).findings == []


def test_what_all_others_have_is_no_sign(tmp_path: Path) -> None:
    rows = [row for s in range(6) for row in bills(f"V{s}", [*lawful(300, s), *steered(60 + s)])]
    assert run("P-002", tmp_path, invoices=rows).findings == []


def test_few_amounts_and_a_narrow_span_are_refused(tmp_path: Path) -> None:
    trial = run("P-002", tmp_path, invoices=[*bills("A", steered(200)), *bills("B", steered(400))])
    assert (trial.findings, outcome(trial).unknown) == ([], 2)


def test_users_who_enter_and_who_adjust(tmp_path: Path) -> None:
    entered = [row | {"user": f"U{n % 4}"} for n, row in enumerate(honest())]
    more = bills("W", steered(80), user="U9")
    own = [row | {"user": "U9", "supplier": f"S{n}"} for n, row in enumerate(bills("X", lawful(320, 12)))]
    trial = run("P-002", tmp_path / "enter", invoices=[*entered, *more, *own])
    assert (told(trial, "user"), told(trial, "kind")) == (["U9"], ["entered"])
    moved = [
        adjustment(f"U{u}", n, -1, n % 90, value_delta=f"-{a}", product=f"{u}-{n}", location=f"L{u}")
        for u in range(5)
        for n, a in enumerate([*lawful(300, u), *(steered(60) if u == 4 else lawful(60, 50 + u))])
    ]
    trial = run("P-002", tmp_path / "adjust", invoices=honest(), movements=moved)
    assert sorted(finding["identity"]["kind"] for finding in trial.findings) == ["adjusted", "place"]
