"""What may not be lost or made on the way, whatever the books: rows and cells of files, goods between two snapshots,
findings, and money. Each law is recomputed from the files and the tables, without anything of the rules."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tests.lookalikes.examined import Examined

from .rewritten import Sheet

Key = tuple[str, str]
Breaks = dict[tuple[str, str, str], Decimal]


def assert_conserved(examined: Examined, sheets: Sequence[Sheet]) -> None:
    """All laws that hold for any books, of which `sheets` are the files."""
    every_record_is_kept_or_rejected(examined, sheets)
    every_cell_is_blank_refused_or_read(examined)
    repeated_rows_are_marked_once(examined)
    what_does_not_roll_forward_is_told(examined)
    every_finding_is_counted(examined)
    money_is_counted_once(examined)


def every_record_is_kept_or_rejected(examined: Examined, sheets: Sequence[Sheet]) -> None:
    """Records of a file are rows of its table or were set aside; none is both, none is neither."""
    files = {row["name"]: row for row in examined.table("files")}
    aside = Counter(row["file_id"] for row in examined.table("rejected_records"))
    for sheet in sheets:
        file = files[sheet.name]
        (table,) = sheet.spec["tables"]
        kept = sorted(row["_record"] for row in examined.table(table) if row["_file_id"] == file["file_id"])
        assert file["records"] == len(sheet.rows), sheet.name
        assert len(kept) + aside[file["file_id"]] == len(sheet.rows), sheet.name
        assert len(set(kept)) == len(kept), sheet.name


def every_cell_is_blank_refused_or_read(examined: Examined) -> None:
    """Of every column and file: cells = blank + refused + with a value."""
    tables: dict[str, dict[int, list[dict[str, Any]]]] = {}
    refused = Counter(
        (row["table_name"], row["column_name"], row["file_id"]) for row in examined.table("rejected_cells")
    )
    for column in examined.table("columns"):
        table, name, file = column["table_name"], column["column_name"], column["file_id"]
        if table not in tables:
            tables[table] = defaultdict(list)
            for row in examined.table(table):
                tables[table][row["_file_id"]].append(row)
        rows = tables[table][file]
        filled = sum(row[name] is not None for row in rows)
        assert column["cells"] == len(rows), (table, name, file)
        assert column["cells"] == column["blanks"] + column["rejected"] + filled, (table, name, file)
        assert column["rejected"] == refused[table, name, file], (table, name, file)


def repeated_rows_are_marked_once(examined: Examined) -> None:
    """Rows marked as repetitions are those that V-010 tells, and each repeats a row that is none."""
    duplicates = examined.table("duplicates")
    copies = {(row["file_id"], row["record"]) for row in duplicates}
    firsts = {(row["first_file_id"], row["first_record"]) for row in duplicates}
    assert not copies & firsts
    assert sum(finding["row_count"] for finding in examined.of_rule("V-010")) == len(copies)
    marked = sum(row["_duplicate_record"] is not None for row in examined.table("movements"))
    assert marked == sum(row["table_name"] == "movements" for row in duplicates)


def breaks_of(examined: Examined) -> Breaks:
    """Per product, place and snapshot what is there less what should be: the snapshot before and all that moved since,
    where it is not nothing. Cells with a row that could not be read are left out."""
    stock: dict[Key, dict[Any, Decimal | None]] = defaultdict(dict)
    for row in examined.table("inventory"):
        if row["_duplicate_record"] is None and None not in (row["product"], row["location"], row["snapshot_date"]):
            stock[row["product"], row["location"]][row["snapshot_date"]] = row["qty"]
    moved: dict[Key, list[tuple[Any, Decimal | None]]] = defaultdict(list)
    for row in examined.table("movements"):
        if row["_duplicate_record"] is None:
            moved[row["product"], row["location"]].append((row["ts_date"], row["qty"]))
    found: Breaks = {}
    for (product, place), levels in stock.items():
        flows = moved[product, place]
        if any(day is None for day, _ in flows):
            continue
        for since, until in pairwise(sorted(levels)):
            quantities = [qty for day, qty in flows if since < day <= until]
            opening, closing = levels[since], levels[until]
            if opening is None or closing is None or None in quantities:
                continue
            difference = closing - opening - sum(qty for qty in quantities if qty is not None)
            if difference:
                found[product, place, until.isoformat()] = difference
    return found


def what_does_not_roll_forward_is_told(examined: Examined) -> None:
    """Goods between two snapshots: what does not add up is told by C-006 to the unit, and nothing else is."""
    told: Breaks = {}
    for finding in examined.of_rule("C-006"):
        identity = json.loads(finding["identity_json"])
        told[identity["product"], identity["location"], finding["period_end"].isoformat()] = finding["delta_qty"]
    assert told == breaks_of(examined)


def every_finding_is_counted(examined: Examined) -> None:
    """What the phases wrote is what the report counts, by rule and in all: told = listed + cut."""
    report = _report(examined)
    by_rule = Counter(finding["rule_id"] for finding in examined.findings)
    assert {rule["id"]: rule["findings"] for rule in report["rules"] if rule["findings"]} == dict(by_rule)
    assert report["exposure"]["findings"] == len(examined.findings)
    assert sum(phase["metrics"]["findings"] for phase in report["phases"]) == len(examined.findings)
    assert sum(report["exposure"]["cases_by_severity"].values()) == report["exposure"]["cases"]
    for finding in examined.findings:
        outcome = examined.outcomes[finding["rule_id"]]
        assert outcome.failed + outcome.unknown <= outcome.evaluated, finding["rule_id"]
        if finding["systemic"]:
            measures = json.loads(finding["measures_json"])
            assert by_rule[finding["rule_id"]] == 1 or measures["list_cut"], finding["rule_id"]
    fingerprints = [finding["fingerprint"] for finding in examined.findings]
    assert len(set(fingerprints)) == len(fingerprints)


def money_is_counted_once(examined: Examined) -> None:
    """Every amount is in one case; what cases cost is what their causes cost; causes and symptoms together are all."""
    report = _report(examined)
    amounts = {finding["fingerprint"]: finding for finding in examined.findings}
    roots = {name: _root(name, examined) for name in amounts}
    assert len(set(roots.values())) == report["exposure"]["cases"]
    for total in report["exposure"]["by_currency"]:
        priced = {n: f["impact"] for n, f in amounts.items() if f["impact"] is not None and _in(f, total)}
        causes = [amount for name, amount in priced.items() if roots[name] == name]
        symptoms = [amount for name, amount in priced.items() if roots[name] != name]
        assert Decimal(total["gross"]) == sum(map(abs, causes))
        assert abs(Decimal(total["net"])) <= Decimal(total["gross"])
        assert Decimal(total["recoverable"]) <= Decimal(total["gross"])
        assert Decimal(total["explained_gross"]) == sum(map(abs, symptoms))
        for group in ("stories", "cases"):
            key = "gross" if group == "stories" else "impact"
            listed = [Decimal(row[key]) for row in report[group] if row[key] is not None and _in(row, total)]
            assert sum(map(abs, listed)) == Decimal(total["gross"]), group


def _root(fingerprint: str, examined: Examined) -> str:
    """The first cause; a circle of causes is an error."""
    seen = {fingerprint}
    while (cause := examined.causes[fingerprint]) != fingerprint:
        assert cause not in seen
        seen.add(cause)
        fingerprint = cause
    return fingerprint


def _in(row: Any, total: Any) -> bool:
    return row["currency"] == total["currency"]


def _report(examined: Examined) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((examined.folder / "reporting" / "report.json").read_text("utf-8"))
    return document
