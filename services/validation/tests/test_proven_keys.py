"""A key is proven where reading has shown it; what is proven is not sought again, so a proof may never be wrong."""

from pathlib import Path

import pytest

from .desk import HEAD, one_table, read

COLUMNS = "{product: a, name: b}"
STEPS = "{product: {column: a, normalise: [trim, upper]}, name: b}"
PLAIN = one_table("p.csv", "products", COLUMNS)
TWO = PLAIN + one_table("q.csv", "products", COLUMNS, head="")
STOCK = one_table("p.csv", "inventory", "{snapshot_date: a, product: b, location: c, qty: d}")
HERE = one_table("p.csv", "inventory", "{snapshot_date: a, product: b, qty: d}", "        constants: {location: L1}\n")

PROVEN = [
    ("one file", PLAIN, {"p.csv": "a,b\nA,x\nB,x\n"}),
    ("no rows", PLAIN, {"p.csv": "a,b\n"}),
    ("steps that change nothing", one_table("p.csv", "products", STEPS), {"p.csv": "a,b\nA,x\nB,x\n"}),
    ("two files", TWO, {"p.csv": "a,b\nA,x\nB,x\n", "q.csv": "a,b\nC,x\nD,x\n"}),
]
NOT_PROVEN = [
    ("repeated", PLAIN, {"p.csv": "a,b\nA,x\nA,y\n"}),
    ("missing", PLAIN, {"p.csv": "a,b\nA,x\n ,y\n"}),
    ("one after a step", one_table("p.csv", "products", STEPS), {"p.csv": "a,b\nA,x\na,y\n"}),
    ("changed by a step", one_table("p.csv", "products", STEPS), {"p.csv": "a,b\nA,x\nb,y\n"}),
    ("repeated in the other file", TWO, {"p.csv": "a,b\nA,x\nB,x\n", "q.csv": "a,b\nC,x\nA,y\n"}),
    ("the other file has another header", TWO, {"p.csv": "a,b\nA,x\nB,x\n", "q.csv": "a,b,c\nA,y,1\n"}),
    (
        "the other file has it in another column",
        PLAIN + one_table("q.csv", "products", "{product: b, name: a}", head=""),
        {"p.csv": "a,b\nA,x\nB,x\n", "q.csv": "a,b\nC,A\nD,B\n"},
    ),
    ("a date written in two ways", STOCK, {"p.csv": "a,b,c,d\n2024-05-01,P,L,1\n2024-5-1,P,L,2\n"}),
    ("a constant", HERE, {"p.csv": "a,b,c,d\n2024-05-01,P,L,1\n2024-05-02,P,L,2\n"}),
]


@pytest.mark.parametrize(("mapping", "files"), [case[1:] for case in PROVEN], ids=[case[0] for case in PROVEN])
def test_a_key_is_proven(tmp_path: Path, mapping: str, files: dict[str, str]) -> None:
    books = read(tmp_path, files, mapping)
    assert books.intake.distinct == {"products"}
    assert books.ask("SELECT product FROM products GROUP BY 1 HAVING count(*) > 1 OR product IS NULL") == []


@pytest.mark.parametrize(("mapping", "files"), [case[1:] for case in NOT_PROVEN], ids=[case[0] for case in NOT_PROVEN])
def test_a_key_in_doubt_is_not(tmp_path: Path, mapping: str, files: dict[str, str]) -> None:
    assert read(tmp_path, files, mapping).intake.distinct == frozenset()


def test_a_table_is_proven_by_itself(tmp_path: Path) -> None:
    mapping = HEAD + "".join(
        f"  {name}.csv:\n    tables:\n      {table}:\n        columns: {{{key}: a, name: b}}\n"
        for name, table, key in (("p", "products", "product"), ("s", "suppliers", "supplier"))
    )
    books = read(tmp_path, {"p.csv": "a,b\nA,x\nA,y\n", "s.csv": "a,b\nA,x\nB,y\n"}, mapping)
    assert books.intake.distinct == {"suppliers"}
