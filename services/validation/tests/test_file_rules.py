"""Rules that speak of files: each finds what was planted, counts it as a plain recount does, and leaves its clean
neighbour alone."""

from pathlib import Path
from typing import Any

from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

from .desk import HEAD, Examined, examine, one_table

RULES = {rule.id: rule for rule in load_rules("perito_validation.rules")}


def tried(folder: Path, rule: str, **tables: list[dict[str, Any]]) -> Trial:
    return try_rules([RULES[rule]], tables, folder)


def told(done: Examined, rule: str) -> dict[tuple[str, ...], int]:
    """Identity values, in the order of the rule's header, and rows of its findings."""
    names = RULES[rule].identity
    return {tuple(str(f["identity"][name]) for name in names): f["row_count"] for f in done.of(rule)}


FEED = "    tables:\n      sales:\n        columns: {document: d, product: p, qty: q%s}\n"


def test_v_001_tells_what_is_missing_and_what_nobody_read(tmp_path: Path) -> None:
    mapping = HEAD + "".join(f"  {name}.csv:\n{FEED % (', ts: t' if name != 'c' else '')}" for name in "abc")
    files = {f"{name}.csv": f"d,t,p,q\n{name}1,2024-01-01,P,1\n" for name in "abc"} | {"notes.txt": "hello"}
    done = examine(tmp_path, files, mapping)
    assert told(done, "V-001") == {("missing_columns", "c.csv"): 1, ("not_read", "notes.txt"): 1}
    severities = {finding["identity"]["kind"]: finding["severity"] for finding in done.of("V-001")}
    assert severities == {"missing_columns": "medium", "not_read": "info"}
    (lacking,) = [f for f in done.of("V-001") if f["severity"] == "medium"]
    assert lacking["title_en"] == "c.csv: it lacks what all other files of the table bring: sales.ts"


def test_v_001_a_list_of_another_kind_lacks_nothing(tmp_path: Path) -> None:
    """Drawers that were opened, beside the tickets of two shops: three columns of ten."""
    feed = "    tables:\n      sales:\n        columns: {%s}\n"
    few = "document: d, line: l, ts: t"
    many = few + ", product: p, qty: q, unit_price: u, line_total: a"
    mapping = HEAD + "".join(f"  {name}.csv:\n{feed % (few if name == 'c' else many)}" for name in "abc")
    files = {f"{name}.csv": f"d,l,t,p,q,u,a\n{name}1,1,2024-01-01,P,1,2,2\n" for name in "abc"}
    assert told(examine(tmp_path, files, mapping), "V-001") == {}


def test_v_001_names_a_feed_that_was_announced_and_did_not_come(tmp_path: Path) -> None:
    files = [
        {
            "file_id": 0,
            "name": "a.csv",
            "records": 1,
            "reader": "fast",
            "tables_json": '["sales"]',
            "declared_json": None,
        }
    ]
    columns = [{"table_name": "sales", "column_name": "qty", "file_id": 0, "source_column": "q"}]
    feeds = [{"feed": "A", "file_name": "a.csv"}, {"feed": "B", "file_name": "b.csv"}]
    trial = tried(tmp_path, "V-001", files=files, columns=columns, feeds=feeds)
    assert [(f["identity"]["file"], f["severity"]) for f in trial.findings] == [("b.csv", "critical")]


def test_v_002_counts_records_set_aside_by_reason(tmp_path: Path) -> None:
    text = 'a,c,n\nA,1,x\n\nB,2\nC,3,x,y\n"D,4,x\nE,5,x\n'
    done = examine(tmp_path, {"p.csv": text}, one_table("p.csv", "products", "{product: a, unit_cost: c}"))
    assert told(done, "V-002") == {("p.csv", "rejected"): 3, ("p.csv", "blank_lines"): 1}
    (rejected,) = [f for f in done.of("V-002") if f["severity"] == "high"]
    assert rejected["measures"]["reasons"] == [
        {"reason": "ragged", "records": 2},
        {"reason": "unclosed_quote", "records": 1},
    ]
    assert [(row["line"], row["values"]["raw"]) for row in done.proof(rejected)] == [
        (4, "B,2"),
        (5, "C,3,x,y"),
        (6, '"D,4,x'),
    ]


def test_v_002_takes_a_total_in_the_last_line_for_no_fault(tmp_path: Path) -> None:
    done = examine(
        tmp_path, {"p.csv": "a,c,n\nA,1,x\nB,3,y\nTotal,4,\n"}, one_table("p.csv", "products", "{product: a}")
    )
    (total,) = done.of("V-002")
    assert (total["severity"], total["row_count"]) == ("info", 1)
    assert total["measures"]["reasons"] == [{"reason": "total_line", "records": 1}]


def test_v_002_tells_headers_that_had_to_be_named(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: a}")
    done = examine(tmp_path / "1", {"p.csv": "a,b,b,,b\nA,1,2,3,4\n"}, mapping)
    assert told(done, "V-002") == {("p.csv", "header_repeated"): 2, ("p.csv", "header_blank"): 1}
    assert {f["severity"] for f in done.of("V-002")} == {"medium", "low"}
    assert examine(tmp_path / "2", {"p.csv": "a,b (2),column 3\nA,1,2\n"}, mapping).of("V-002") == []


def test_v_003_tells_files_in_another_encoding_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    names = ("latin.csv", "broken.csv", "clean.csv")
    files = [{"file_id": n, "name": name, "records": 1, "encoding": "cp1252"} for n, name in enumerate(names)]
    notes = [("decoded", 0, 1), ("replaced_character", 1, 3), ("preamble", 2, 1)]
    log = [
        {"ordinal": n, "file_id": file, "kind": kind, "cells": cells, "example_before": "", "example_after": ""}
        for n, (kind, file, cells) in enumerate(notes)
    ]
    trial = tried(tmp_path, "V-003", files=files, transformations=log, odd_cells=[], source_columns=[])
    found = {f["identity"]["file"]: (f["identity"]["kind"], f["row_count"], f["severity"]) for f in trial.findings}
    assert found == {"latin.csv": ("decoded", 1, "info"), "broken.csv": ("replaced_character", 3, "high")}


def test_v_003_shows_text_that_was_decoded_twice_and_what_it_would_be(tmp_path: Path) -> None:
    names = ["Tante Käthe", "Ana Ünal", "SÃO PAULO", "Café", "naïve £5", "日本"]
    broken = [
        "Käthe".encode().decode("cp1252"),
        "Straße".encode().decode("latin-1"),
        "10 € fix".encode().decode("cp1252"),
    ]
    text = "a,n,x\n" + "".join(f"P{i},{name},{name}\n" for i, name in enumerate([*names, *broken]))
    done = examine(tmp_path, {"p.csv": text}, one_table("p.csv", "products", "{product: a, name: n}"))
    assert told(done, "V-003") == {("p.csv", "decoded_twice", "n"): 3, ("p.csv", "decoded_twice", "x"): 3}
    by_column = {finding["identity"]["source_column"]: done.proof(finding) for finding in done.of("V-003")}
    assert [(row["line"], row["values"]["before"], row["values"]["after"]) for row in by_column["n"]] == [
        (8, broken[0], "Käthe"),
        (9, broken[1], "Straße"),
        (10, broken[2], "10 € fix"),
    ]
    assert [row["values"] for row in by_column["x"]][:2] == [{"before": "Ã¤ > ä"}, {"before": "Ã\x9f > ß"}]
    assert {finding["severity"] for finding in done.of("V-003")} == {"medium"}


def test_v_003_shows_no_names_of_people(tmp_path: Path) -> None:
    name = "Jürgen Müller".encode().decode("cp1252")
    mapping = one_table("u.csv", "users", "{user: u, name: n}")
    done = examine(tmp_path, {"u.csv": f"u,n\nU1,{name}\n"}, mapping)
    (finding,) = done.of("V-003")
    assert done.proof(finding)[0]["values"] == {"before": "Ã¼ > ü"}
    assert "rgen" not in str([done.findings, done.evidence])


def test_v_005_tells_numbers_written_for_people_per_file(tmp_path: Path) -> None:
    mapping = one_table(
        "p.csv",
        "products",
        '{product: a, unit_cost: {column: c, thousands: ","}, unit_price: {column: d, thousands: ","}}',
    )
    text = 'a,c,d\nA,"1,000","€2,000"\nB,7,(5)\nC,"3,000",8\n'
    done = examine(tmp_path / "1", {"p.csv": text}, mapping)
    assert told(done, "V-005") == {
        ("p.csv", "thousands_separator"): 3,
        ("p.csv", "currency_mark"): 1,
        ("p.csv", "negative_form"): 1,
    }
    (grouped,) = [f for f in done.of("V-005") if f["identity"]["kind"] == "thousands_separator"]
    assert [(row["line"], row["values"]["before"]) for row in done.proof(grouped)] == [(2, "1,000"), (2, "€2,000")]
    outcome = next(rule for rule in done.outcome.rules if rule.rule_id == "V-005")
    assert (outcome.evaluated, outcome.failed) == (6, 3)
    clean = examine(tmp_path / "2", {"p.csv": "a,c,d\nA,1000,2000.5\nB,-5,8\n"}, mapping)
    assert clean.of("V-005") == []


def dated(folder: Path, cells: list[str], form: str = "") -> Examined:
    option = f"{{column: t{f', format: {form}' if form else ''}}}"
    text = "k,t\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
    return examine(folder, {"m.csv": text}, one_table("m.csv", "movements", f"{{movement: k, ts: {option}}}"))


def test_v_006_an_order_of_day_and_month_that_nothing_shows(tmp_path: Path) -> None:
    open_order = dated(tmp_path / "1", ["03/07/2024", "04/08/2024", "05/05/2024"], '"%d/%m/%Y"')
    assert told(open_order, "V-006") == {("m.csv", "t", "undecided_order"): 2}
    assert open_order.of("V-006")[0]["severity"] == "high"
    for n, cells in enumerate((["03/07/2024", "13/07/2024"], ["05/05/2024", "06/06/2024"])):
        assert dated(tmp_path / f"clean{n}", cells, '"%d/%m/%Y"').of("V-006") == []
    assert dated(tmp_path / "iso", ["2024-03-07", "2024-04-08"]).of("V-006") == []
    assert dated(tmp_path / "named", ["03-jul-24", "04-ago-24"], '"%d-%b-%y"').of("V-006") == []


def test_v_006_two_formats_in_one_column(tmp_path: Path) -> None:
    cells = ["2024-07-01", "13/07/2024", "02/07/2024", "2024-07-05", "x"]
    listed = dated(tmp_path / "1", cells, '["%d/%m/%Y", "%Y-%m-%d"]')
    assert told(listed, "V-006") == {("m.csv", "t", "mixed_formats"): 4}
    (finding,) = listed.of("V-006")
    assert finding["measures"]["formats"] == [
        {"format": "%d/%m/%Y", "cells": 2, "both_ways": 1},
        {"format": "%Y-%m-%d", "cells": 2, "both_ways": 0},
    ]
    assert [(row["key"]["format"], row["line"]) for row in listed.proof(finding)] == [("%d/%m/%Y", 3), ("%Y-%m-%d", 2)]
    unlisted = dated(tmp_path / "2", cells)
    (finding,) = unlisted.of("V-006")
    assert finding["title_en"] == "m.csv: t mixes date formats (ISO 8601 2, %d/%m/%Y 2 cells)"
    assert unlisted.of("V-004")[0]["row_count"] == 3


def test_v_007_what_no_row_can_do_without(tmp_path: Path) -> None:
    mapping = one_table("s.csv", "sales", "{document: d, product: p, qty: q, customer: c, reason: r}")
    text = "d,p,q,c,r\n1,A,5,,\n2,,6,X,UNKNOWN\n3,B,,Y,n/a\n4,C,7,,ok\n"
    done = examine(tmp_path, {"s.csv": text}, mapping)
    assert told(done, "V-007") == {
        ("s.csv", "p", "blank"): 1,
        ("s.csv", "q", "blank"): 1,
        ("s.csv", "r", "placeholder"): 2,
    }
    severities = {f["identity"]["source_column"]: f["severity"] for f in done.of("V-007")}
    assert severities == {"p": "medium", "q": "high", "r": "low"}
    by_column = {f["identity"]["source_column"]: done.proof(f) for f in done.of("V-007")}
    assert [row["line"] for row in by_column["p"]] == [3]
    assert [(row["line"], row["values"]["cell"]) for row in by_column["r"]] == [(3, "UNKNOWN"), (4, "n/a")]


def test_v_007_a_drawer_that_is_opened_has_no_goods(tmp_path: Path) -> None:
    mapping = one_table("s.csv", "sales", "{document: d, type: t, product: p, qty: q}")
    text = "d,t,p,q\n1,sale,A,5\n2,no_sale,,\n3,no_sale,,0\n4,sale,,2\n" + "5,sale,B,1\n" * 4
    done = examine(tmp_path, {"s.csv": text}, mapping)
    assert told(done, "V-007") == {("s.csv", "p", "blank"): 1}
    (finding,) = done.of("V-007")
    assert [row["line"] for row in done.proof(finding)] == [5]
    assert finding["title_en"].startswith("s.csv: 1 of 6 cells of p ")


def test_v_007_an_optional_column_is_judged_by_the_other_files(tmp_path: Path) -> None:
    feed = "    tables:\n      sales:\n        columns: {document: d, customer: c, reason: r}\n"
    mapping = HEAD + "".join(f"  {name}.csv:\n{feed}" for name in "abcde")

    def rows(blank: int) -> str:
        return "d,c,r\n" + "".join(f"{i},{'' if i < blank else 'X'},{'' if i % 2 else 'R'}\n" for i in range(50))

    alone = examine(tmp_path / "1", {f"{n}.csv": rows(3 if n == "c" else 0) for n in "abcde"}, mapping)
    assert told(alone, "V-007") == {("c.csv", "c", "blank_elsewhere_filled"): 3}
    alike = examine(tmp_path / "2", {f"{n}.csv": rows(3) for n in "abcde"}, mapping)
    assert alike.of("V-007") == []
    # A column that is nearly always blank is so by its nature, and a tenth of a percent more is no difference.
    many = {
        f"{n}.csv": "d,c,r\n" + "".join(f"{i},{'X' if i % 1000 < 4 + (n != 'c') else ''},R\n" for i in range(2000))
        for n in "abcde"
    }
    assert examine(tmp_path / "3", many, mapping).of("V-007") == []


def test_v_007_a_date_that_stands_for_none(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: a, launched: l}")
    done = examine(tmp_path, {"p.csv": "a,l\nA,1900-01-01\nB,2024-01-01\nC,\n"}, mapping)
    assert told(done, "V-007") == {("p.csv", "l", "empty_date"): 1}


def test_v_013_blanks_around_a_text_and_words_in_several_forms(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: a, category: c, name: n}")
    text = "a,c,n,free\nA,Drinks,x, left\nB,drinks,X,right  \nC,Drinks,y,none\nD,DRINKS,z,mid dle\nE,Food,x,\n"
    done = examine(tmp_path, {"p.csv": text}, mapping)
    assert told(done, "V-013") == {("p.csv", "c", "several_forms"): 2, ("p.csv", "free", "padded"): 2}
    severities = {f["identity"]["kind"]: f["severity"] for f in done.of("V-013")}
    assert severities == {"several_forms": "medium", "padded": "info"}
    (forms,) = [f for f in done.of("V-013") if f["severity"] == "medium"]
    assert {(row["values"]["form"], row["values"]["usual"]) for row in done.proof(forms)} == {
        ("drinks", "Drinks"),
        ("DRINKS", "Drinks"),
    }


def test_v_014_words_that_nobody_knows(tmp_path: Path) -> None:
    mapping = one_table("m.csv", "movements", "{movement: k, type: t}")
    text = "k,t\n1,receipt\n2,Umlauf\n3,umlauf\n4,venta\n5,\n6,Umlauf\n"
    done = examine(tmp_path, {"m.csv": text}, mapping)
    assert told(done, "V-014") == {("movements", "type", "m.csv"): 3}
    (finding,) = done.of("V-014")
    assert finding["measures"]["words_found"] == [{"word": "Umlauf", "cells": 2}, {"word": "umlauf", "cells": 1}]
    assert done.of("V-004") == []
    outcome = next(rule for rule in done.outcome.rules if rule.rule_id == "V-014")
    assert (outcome.status, outcome.evaluated, outcome.failed) == (RuleStatus.FAILED, 5, 3)
    known = examine(tmp_path / "known", {"m.csv": "k,t\n1,receipt\n2,venta\n"}, mapping)
    assert known.of("V-014") == []


def test_v_014_asks_where_nobody_has_said_what_words_mean(tmp_path: Path) -> None:
    rows = [f"{at},2026-05-{at + 1:02d},A{at % 3},W1,{'receipt' if at % 2 else 'Umlauf'},{at}" for at in range(20)]
    files = {"movements.csv": "\n".join(["Movement,Date,Item,Warehouse,Type,Qty", *rows]) + "\n"}
    (finding,) = examine(tmp_path / "asked", files, None).of("V-014")
    assert finding["severity"] == "medium"
    mapping = one_table("movements.csv", "movements", "{movement: Movement, type: Type}")
    (finding,) = examine(tmp_path / "said", files, mapping).of("V-014")
    assert finding["severity"] == "high"
