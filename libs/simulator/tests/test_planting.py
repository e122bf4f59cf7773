"""What is planted is there, where the truth says, and nothing else changes."""

import csv
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from perito_kernel.errors import Invalid
from perito_simulator import generate, size_of
from perito_simulator.faults.catalogue import FAULTS, chosen
from perito_simulator.oddities.catalogue import ODDITIES
from perito_simulator.planter import Planter
from perito_simulator.truth import Truth, write_truth

SIZE = size_of(90_000, days=300, shops=6, products=90)
NEEDS_LONG_COUNTS = "counted_too_well"
"""A kind that only books with thousands of products in a shop have."""
SMALL = size_of(3_000, days=200, shops=2)


@dataclass(frozen=True)
class Books:
    """Made books and their truth."""

    folder: Path
    planter: Planter
    truth: Truth

    def rows(self, file: str) -> list[dict[str, str]]:
        with (self.folder / file).open(encoding="utf-8", newline="") as opened:
            return list(csv.DictReader(opened))


def made(folder: Path, faults: str, oddities: str, seed: int = 6) -> Books:
    planter = Planter(chosen(faults), chosen(oddities, ODDITIES))
    written = generate(folder, SIZE, seed, hooks=planter)
    truth = planter.truth(seed, "plain", written.ledger_rows)
    write_truth(folder, truth)
    return Books(folder, planter, truth)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return made(tmp_path_factory.mktemp("books") / "all", "all", "all")


def test_every_kind_is_planted_and_none_more_often_than_was_asked(books: Books) -> None:
    planted, wanted = books.planter.planted(), books.planter.wanted
    assert all((name != NEEDS_LONG_COUNTS) <= planted[name] <= count for name, count in wanted.items()), planted
    kinds = Counter(entry.kind for entry in (*books.truth.faults, *books.truth.oddities))
    assert kinds == {name: number for name, number in planted.items() if number}


def test_every_fault_has_its_money_or_says_why_it_has_none(books: Books) -> None:
    for fault in books.truth.faults:
        assert (fault.money is None) == bool(fault.no_money), fault
        assert fault.money is None or fault.money > 0, fault


def test_the_rows_of_the_truth_are_rows_of_the_books_that_name_its_entities(books: Books) -> None:
    """Of a product and a document at least one row names them as the truth does."""
    read = {file: books.rows(file) for fault in books.truth.faults for file in {row.file for row in fault.rows}}
    for fault in books.truth.faults:
        named = [value for name, value in fault.entities.items() if name in {"product", "document", "transfer"}]
        cells = {cell for row in fault.rows for cell in read[row.file][row.record - 1].values()}
        assert not fault.rows or set(named) <= cells, fault


def test_no_two_plants_touch_the_same_product_at_the_same_place(books: Books) -> None:
    keys = Counter(
        (fault.entities["product"], fault.entities["location"])
        for fault in books.truth.faults
        if {"product", "location"} <= fault.entities.keys()
    )
    assert max(keys.values()) == 1


def test_the_same_seed_plants_the_same(books: Books, tmp_path: Path) -> None:
    again = made(tmp_path / "again", "all", "all")
    assert again.truth == books.truth
    for path in books.folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_planting_nothing_changes_nothing(tmp_path: Path) -> None:
    generate(tmp_path / "bare", SIZE, 6)
    nothing = made(tmp_path / "none", "none", "none")
    assert not nothing.truth.faults
    for path in (tmp_path / "bare").iterdir():
        assert (tmp_path / "none" / path.name).read_bytes() == path.read_bytes()


def test_a_fault_of_a_file_leaves_every_other_file_alone(tmp_path: Path) -> None:
    bare, planted = made(tmp_path / "bare", "none", "none"), made(tmp_path / "planted", "price_unreadable", "none")
    for path in bare.folder.glob("*.csv"):
        same = (planted.folder / path.name).read_bytes() == path.read_bytes()
        assert same is (path.name != "sales.csv"), path.name
    (fault,) = planted.truth.faults
    changed = [
        n
        for n, pair in enumerate(zip(bare.rows("sales.csv"), planted.rows("sales.csv"), strict=True), 1)
        if pair[0] != pair[1]
    ]
    assert changed == [row.record for row in fault.rows]


def test_a_week_of_small_letters_waits_until_the_shop_is_open_again(tmp_path: Path) -> None:
    """Planted in both shops; the works of this seed's one last until after the day on which its week should begin."""
    planter = Planter(chosen("keys_lower_case:2"), chosen("shop_closed", ODDITIES))
    books = Books(
        tmp_path, planter, planter.truth(0, "plain", generate(tmp_path, SMALL, 10, hooks=planter).ledger_rows)
    )
    (closing,) = books.truth.oddities
    small = {(row["location"], row["ts"][:10]) for row in books.rows("sales.csv") if row["product"].islower()}
    days = {shop: {date.fromisoformat(day) for place, day in small if place == shop} for shop, _ in small}
    assert days.keys() == {"T01", "T02"}
    assert closing.days.end is not None
    assert min(days[closing.entities["location"]]) > closing.days.end
    assert all(max(written) - min(written) < timedelta(days=7) for written in days.values())
    assert all(fault.rows for fault in books.truth.faults)


def test_kinds_are_chosen_by_name_and_number() -> None:
    assert chosen("dead_stock:5, price_unreadable") == {"dead_stock": 5, "price_unreadable": 1}
    assert chosen("all").keys() == FAULTS.keys()
    assert chosen("none") == {}
    for words in ("dead_stocks", "dead_stock:0", "dead_stock:x", "dead_stock:99999", "", "dead_stock,"):
        with pytest.raises(Invalid, match="--faults"):
            chosen(words)


def test_every_kind_says_what_it_is_and_who_tells_it() -> None:
    for kind in (*FAULTS.values(), *ODDITIES.values()):
        assert kind.what
        assert not kind.what.endswith(".")
    assert all(kind.rule for kind in FAULTS.values())
    assert not any(kind.rule for kind in ODDITIES.values())
