"""What the page shows beside the cases: money, scores, KPIs, rules, coverage, conventions, transformations, inputs."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from perito_reporting import charts
from perito_reporting.bridge import total_bridge
from perito_reporting.figures import grouped, money
from perito_reporting.page_cases import CELL, View, bridge_rows, clip
from perito_reporting.texts import number_of, say

ROWS = 200
"""Rows of a long table on the page; report.json has them all."""
KPI_PLACES = 40
UNREAD = "unused"
"""Validation's word for a file of the dataset that the mapping does not name."""


def lead(document: Mapping[str, Any]) -> str:
    """How much was looked at, in a sentence."""
    covered = document["coverage"]
    return say(
        "lead",
        evaluated=f"{covered['rules']['passed'] + covered['rules']['failed']:,}",
        rules=f"{covered['rules']['total']:,}",
        rows=f"{covered['records']['records']:,}",
        files=number_of(sum(row["reader"] not in {None, UNREAD} for row in document["inputs"]), "file", "files"),
    )


def exposure(document: Mapping[str, Any]) -> View:
    """The figures per currency, and what to know about them."""
    exposed = document["exposure"]
    currencies = [
        {name: money(row[name], row["currency"]) for name in ("gross", "net", "recoverable")}
        for row in exposed["by_currency"]
    ]
    notes = [
        say("explained_note", money=money(row["explained_gross"], row["currency"]))
        for row in exposed["by_currency"]
        if Decimal(row["explained_gross"])
    ]
    unpriced = exposed["cases"] - exposed["priced_cases"]
    if unpriced:
        notes.append(say("unpriced_note", cases=number_of(unpriced, "case", "cases")))
    if len(currencies) > 1:
        notes.append(say("several_currencies"))
    return {"currencies": currencies, "notes": notes}


def scores(document: Mapping[str, Any]) -> list[View]:
    """The three scores with a bar and what they rest on."""
    return [
        {
            "name": say(name),
            "note": say(f"{name}_note"),
            "value": score["value"],
            "drawing": charts.bar(Decimal(score["value"]), Decimal(100)) if score["value"] is not None else "",
            "parts": say(
                "score_parts",
                count=number_of(len(score["parts"]), "rule", "rules"),
                failing=sum(part["failed"] > 0 for part in score["parts"]),
                weight=score["weight_evaluated"],
                possible=score["weight_applicable"],
            ),
            "reason": say("no_score", reason=clip(score["reason"])) if score["value"] is None else "",
        }
        for name, score in document["scores"].items()
    ]


def caveat(document: Mapping[str, Any]) -> View:
    """What the reader must know of the data before reading on."""
    if any(entry["phase"] == "validation" for entry in document["missing_phases"]):
        return {"sentences": [say("caveat_missing")], "rules": []}
    records, cells = document["coverage"]["records"], document["coverage"]["cells"]
    sentences = [
        say(
            "caveat_rejected",
            records=f"{records['rejected']:,}",
            all_records=f"{records['records']:,}",
            cells=f"{cells['rejected']:,}",
            all_cells=f"{cells['cells']:,}",
        )
        if records["rejected"] or cells["rejected"]
        else say("caveat_clean", records=f"{records['records']:,}", cells=f"{cells['cells']:,}")
    ]
    if cells["changed"]:
        sentences.append(say("caveat_changed", cells=f"{cells['changed']:,}"))
    failing = [rule for rule in document["rules"] if rule["phase"] == "validation" and rule["status"] == "failed"]
    return {
        "sentences": sentences,
        "rules": [
            {
                "title": clip(rule["title"]["en"]),
                "severity": rule["severity"],
                "count": f"{rule['failed']:,} of {rule['evaluated']:,} {rule['unit']}",
            }
            for rule in failing
        ],
    }


def recommendations(document: Mapping[str, Any]) -> list[View]:
    """Steps in order, each with the money that waits for it."""
    return [
        {
            "rule_id": step["rule_id"],
            "title": clip(step["title"]["en"]),
            "severity": step["severity"],
            "remedy": clip(step["remedy"]["en"]),
            "cases": f"{step['cases']:,}",
            "amount": amounts(step["amounts"]),
        }
        for step in document["recommendations"]
    ]


def rules(document: Mapping[str, Any]) -> list[View]:
    """One row per rule with its true totals."""
    return [
        {
            "id": rule["id"],
            "title": clip(rule["title"]["en"]),
            "severity": rule["severity"],
            "status": rule["status"],
            "status_text": say(f"status_{rule['status']}"),
            "unit": rule["unit"],
            "evaluated": f"{rule['evaluated']:,}",
            "failed": f"{rule['failed']:,}",
            "unknown": f"{rule['unknown']:,}",
            "findings": f"{rule['findings']:,}",
            "cases": f"{rule['cases']:,}",
            "amount": amounts(rule["amounts"]),
            "reason": clip(rule["reason"]),
        }
        for rule in document["rules"]
    ]


def facts(document: Mapping[str, Any]) -> list[View]:
    """Totals that rules computed beside their findings."""
    return [
        {
            "id": rule["id"],
            "title": clip(rule["title"]["en"]),
            "bridge": bridge_rows(found) if (found := total_bridge(rule["facts"])) else [],
            "facts": [
                {"name": name.replace("_", " "), "value": grouped(value)} for name, value in rule["facts"].items()
            ],
        }
        for rule in document["rules"]
        if rule["facts"]
    ]


def kpis(document: Mapping[str, Any]) -> list[View]:
    """Per KPI: a table of places by measures, totals first, a bar in each cell. Series stay in report.json."""
    titles = {rule["id"]: rule["title"]["en"] for rule in document["rules"]}
    views: list[View] = []
    for kpi_id, group in groupby(document["kpis"], key=lambda row: row["id"]):
        shown = [row for row in group if row["scope"] in {"total", "location"} and not row["period"]]
        if shown:
            views.append({"id": kpi_id, "title": clip(titles.get(kpi_id, kpi_id))} | _kpi(shown))
    return views


def _kpi(shown: Sequence[Mapping[str, Any]]) -> View:
    measures = list(dict.fromkeys(row["measure"] or "" for row in shown))
    places = list(dict.fromkeys((row["scope"], row["key"] or "") for row in shown))
    cells = {(row["scope"], row["key"] or "", row["measure"] or ""): row for row in shown}
    maxima = {name: _maximum([row for row in shown if (row["measure"] or "") == name]) for name in measures}
    return {
        "measures": [name.replace("_", " ") for name in measures],
        "places": [
            {
                "name": say("kpi_total") if scope == "total" else clip(key, CELL),
                "total": scope == "total",
                "cells": [_kpi_cell(cells.get((scope, key, name)), maxima[name]) for name in measures],
            }
            for scope, key in places[:KPI_PLACES]
        ],
        "cut": say("cut", shown=KPI_PLACES, total=f"{len(places):,}") if len(places) > KPI_PLACES else "",
    }


def _kpi_cell(row: Mapping[str, Any] | None, maximum: Decimal) -> View:
    if row is None:
        return {"value": "–", "of": "", "drawing": ""}
    value = _number(row["value"])
    if value is None:
        return {"value": "–", "of": clip(row["reason"] or ""), "drawing": ""}
    of = f"{grouped(row['numerator'])} of {grouped(row['denominator'])}" if row["denominator"] is not None else ""
    return {
        "value": f"{grouped(value, 2)} {clip(row['unit'] or '', CELL)}".strip(),
        "of": clip(of, CELL),
        "drawing": charts.bar(value, maximum) if value >= 0 and maximum > 0 else "",
    }


def _maximum(rows: Sequence[Mapping[str, Any]]) -> Decimal:
    """Percentages are drawn against 100, anything else against the largest of its measure."""
    if all(row["unit"] == "%" for row in rows):
        return Decimal(100)
    return max((number for row in rows if (number := _number(row["value"])) is not None), default=Decimal())


def untested(document: Mapping[str, Any]) -> list[View]:
    """Rules and phases that say nothing, and why."""
    phases = [
        {"id": "", "title": entry["phase"], "status": say("status_missing"), "reason": clip(entry["reason"])}
        for entry in document["missing_phases"]
    ]
    return phases + [
        {
            "id": rule["rule_id"],
            "title": clip(rule["title"]["en"]),
            "status": say(f"status_{rule['status']}"),
            "reason": clip(rule["reason"]),
        }
        for rule in document["coverage"]["not_tested"]
    ]


def conventions(document: Mapping[str, Any]) -> list[View]:
    """What was decided about the books."""
    return [
        {
            "name": clip(row["name"].replace("_", " "), CELL),
            "value": clip(row["value"] or "", CELL),
            "basis": row["basis"] or "",
            "explanation": clip(row["explanation"]["en"]),
        }
        for row in document["conventions"]
    ]


def transformations(document: Mapping[str, Any]) -> list[View]:
    """What was converted or repaired."""
    return [
        {
            "explanation": clip(row["explanation"]["en"] or row["kind"].replace("_", " ")),
            "where": clip(" · ".join(part for part in (row["file"], row["column"]) if part), 2 * CELL),
            "cells": grouped(row["cells"]),
            "before": clip(row["example_before"] or "", CELL),
            "after": clip(row["example_after"] or "", CELL),
        }
        for row in document["transformations"][:ROWS]
    ]


def inputs(document: Mapping[str, Any]) -> list[View]:
    """The files that were read."""
    return [
        {
            "name": clip(row["name"], 2 * CELL),
            "sha256": row["sha256"],
            "bytes": grouped(row["bytes"]),
            "rows": grouped(row["rows"]) if row["reader"] != UNREAD else say("not_read"),
            "rejected": grouped(row["rejected"]) if row["reader"] != UNREAD else "–",
        }
        for row in document["inputs"][:ROWS]
    ]


def amounts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Gross amounts per currency, side by side."""
    return ", ".join(money(row["gross"], row["currency"]) for row in rows)


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
