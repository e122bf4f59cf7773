"""A table may come in several files: what is wrong in its values is told once, whatever file it stands in."""

from pathlib import Path
from typing import Any

from .desk import HEAD, Examined, examine

FEED = "    tables:\n      {table}:\n        columns: {{{columns}}}\n"


def read(folder: Path, table: str, columns: str, files: dict[str, str], more: str = "", **others: str) -> Examined:
    mapping = HEAD + "".join(f"  {name}:\n{FEED.format(table=table, columns=columns)}" for name in files) + more
    return examine(folder, {**files, **others}, mapping)


def only(done: Examined, rule: str) -> dict[str, Any]:
    (finding,) = done.of(rule)
    return finding


def test_values_of_two_files_are_one_finding_with_the_rows_of_both(tmp_path: Path) -> None:
    head = "d,p,u,t\n"
    files = {
        "a.csv": head + "1,A,-5,2024-05-01\n2,A,5,2024-05-01\n",
        "b.csv": head + "3,X,-7,2024-05-02\n4,A,7,2024-05-02\n",
    }
    products = "  p.csv:\n    tables:\n      products:\n        columns: {product: p}\n"
    columns = "document: d, product: p, unit_price: u, ts: t"
    done = read(tmp_path, "sales", columns, files, products, **{"p.csv": "p\nA\n"})
    finding = only(done, "V-016")
    assert finding["identity"] == {"table_name": "sales", "column_name": "unit_price", "kind": "negative"}
    assert (finding["row_count"], finding["measures"]["cells"]) == (2, "4")
    assert finding["title_en"].startswith("2 files: 2 of 4 values of u are below 0")
    assert finding["title_es"].startswith("2 archivos: 2 de 4 valores de u")
    assert sorted((row["file_id"], row["line"]) for row in done.proof(finding)) == [(0, 2), (1, 2)]
    orphan = only(done, "V-011")
    assert orphan["identity"] == {"domain": "product", "table_name": "sales", "column_name": "product"}
    assert orphan["title_en"].startswith("b.csv: 1 cell of product")


def test_orphans_of_two_files_are_one_finding(tmp_path: Path) -> None:
    files = {"a.csv": "d,p\n1,X\n2,A\n", "b.csv": "d,p\n3,X\n4,Y\n"}
    products = "  p.csv:\n    tables:\n      products:\n        columns: {product: p}\n"
    done = read(tmp_path, "sales", "document: d, product: p", files, products, **{"p.csv": "p\nA\n"})
    finding = only(done, "V-011")
    assert (finding["row_count"], finding["measures"]["unknown_keys"]) == (3, "2")
    assert finding["measures"]["keys"] == [{"cells": 2, "key": "X"}, {"cells": 1, "key": "Y"}]


def test_a_row_that_stands_in_two_files_is_told_of_its_table(tmp_path: Path) -> None:
    done = read(tmp_path, "products", "product: p, name: n", {"a.csv": "p,n\nA,x\nB,y\n", "b.csv": "p,n\nA,x\nC,z\n"})
    assert only(done, "V-010")["identity"] == {"table_name": "products"}


def test_a_column_says_nothing_where_it_says_nothing_in_all_its_files(tmp_path: Path) -> None:
    half = {"a.csv": "d,r\n1,\n2,\n", "b.csv": "d,r\n3,x\n4,y\n"}
    assert read(tmp_path / "half", "sales", "document: d, reason: r", half).of("V-032") == []
    empty = {"a.csv": "d,r\n1,\n2,\n", "b.csv": "d,r\n3,\n4,\n"}
    finding = only(read(tmp_path / "empty", "sales", "document: d, reason: r", empty), "V-032")
    assert finding["identity"] == {"table_name": "sales", "column_name": "reason", "kind": "empty"}
    assert finding["title_en"] == "2 files: r is blank in every row (4 rows)"


def code(number: int) -> str:
    """An article number that checks."""
    body = f"84{number:010d}"
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def test_a_small_file_of_article_numbers_is_judged_with_its_table(tmp_path: Path) -> None:
    wrong = code(99)[:-1] + str((int(code(99)[-1]) + 1) % 10)
    many = "p,g\n" + "".join(f"A{n},{code(n)}\n" for n in range(30))
    done = read(tmp_path, "products", "product: p, gtin: g", {"a.csv": many, "b.csv": f"p,g\nB,{wrong}\n"})
    finding = only(done, "V-023")
    assert finding["identity"] == {"table_name": "products", "kind": "wrong_digit"}
    assert (finding["severity"], finding["row_count"], finding["measures"]["codes"]) == ("medium", 1, "31")
    assert [row["file_id"] for row in done.proof(finding)] == [1]


def test_a_large_file_of_other_codes_is_judged_by_itself(tmp_path: Path) -> None:
    many = "p,g\n" + "".join(f"A{n},{code(n)}\n" for n in range(30))
    others = "p,g\n" + "".join(f"B{n},{4_000_000_000_000 + 7 * n}\n" for n in range(25))
    done = read(tmp_path, "products", "product: p, gtin: g", {"a.csv": many, "b.csv": others})
    finding = only(done, "V-023")
    assert (finding["identity"]["kind"], finding["severity"]) == ("other_codes", "info")


def test_a_day_after_the_twelfth_in_one_file_decides_for_the_others(tmp_path: Path) -> None:
    column = 'movement: k, ts: {column: t, format: "%d/%m/%Y"}'
    open_order = {"a.csv": "k,t\n1,03/07/2024\n", "b.csv": "k,t\n2,04/08/2024\n"}
    assert len(read(tmp_path / "open", "movements", column, open_order).of("V-006")) == 2
    decided = {"a.csv": "k,t\n1,03/07/2024\n", "b.csv": "k,t\n2,24/08/2024\n"}
    assert read(tmp_path / "decided", "movements", column, decided).of("V-006") == []


def test_files_without_goods_are_no_yardstick_for_blanks(tmp_path: Path) -> None:
    """Four exports of tickets, in which an approval is rare, beside a log of drawers, in which there always is one."""
    tickets = "d,p,q,a\n" + "".join(f"{n},A,1,{'' if n % 50 else 'U'}\n" for n in range(100))
    drawers = "d,a\n" + "".join(f"{n},U\n" for n in range(100))
    more = "".join(f"  {n}.csv:\n" + FEED.format(table="sales", columns="document: d, approved_by: a") for n in "wxyz")
    files = {"a.csv": tickets}
    logs = {f"{n}.csv": drawers for n in "wxyz"}
    done = read(tmp_path, "sales", "document: d, product: p, qty: q, approved_by: a", files, more, **logs)
    assert done.of("V-007") == []
