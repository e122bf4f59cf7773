"""What the page shows of stories and cases: every number already written for people, nothing left to decide."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from perito_reporting import charts
from perito_reporting.bridge import Bridge, find_bridge
from perito_reporting.figures import grouped, money
from perito_reporting.texts import number_of, say

View = dict[str, Any]

CELL = 60
"""Characters of a cell that the page shows; report.json has them all."""
TEXT = 400
SQL = 12_000
_COLUMNS = 9
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


def stories(document: Mapping[str, Any], priced: bool, rows: tuple[int, int]) -> list[View]:
    """The lines of one of the two lists. `rows`: sample rows of a line's first case, and of each further one."""
    rules = {rule["id"]: rule for rule in document["rules"]}
    cases = {case["case"]: case for case in document["cases"]}
    findings = {finding["fingerprint"]: finding for finding in document["findings"]}
    return [
        _story(story, rules.get(story["rule_id"], {}), cases, findings, rows)
        for story in document["stories"]
        if (story["gross"] is not None) == priced
    ]


def _story(
    story: Mapping[str, Any],
    rule: Mapping[str, Any],
    cases: Mapping[str, Mapping[str, Any]],
    findings: Mapping[str, Mapping[str, Any]],
    rows: tuple[int, int],
) -> View:
    leading = [fingerprint for fingerprint in story["leading_cases"] if fingerprint in cases]
    views = [
        _case(cases[fingerprint], findings[fingerprint], rows[0] if place == 0 else rows[1])
        for place, fingerprint in enumerate(leading)
    ]
    title = clip(text_of(rule.get("title")) or story["rule_id"])
    if story["folded"]:
        heading = say("folded", cases=number_of(story["cases"], "case", "cases"), title=title)
    else:
        heading = views[0]["title"] if views else title
    return {
        "position": story["position"],
        "heading": heading,
        "place": clip(story["place"] or "") if story["folded"] else "",
        "folded": story["folded"],
        "rule_id": story["rule_id"],
        "rule_title": title,
        "severity": story["severity"],
        "amount": money(story["gross"], story["currency"] or ""),
        "net": money(story["net"], story["currency"] or ""),
        "signed": story["folded"] and story["net"] != story["gross"],
        "parts": _parts(story, views[0] if views else None),
        "cases": views,
        "remedy": clip(text_of(rule.get("remedy"))),
        "sql": clip(rule.get("sql", ""), SQL),
        "version": rule.get("version", ""),
        "parameters": ", ".join(f"{name} = {value}" for name, value in rule.get("parameters", {}).items()),
    }


def _parts(story: Mapping[str, Any], first: View | None) -> list[str]:
    """Confidence, weight and priority, the three parts of the ranking, then how much lies behind the line."""
    parts = (
        [] if first is None else [f"{say('confidence')} {first['confidence']}", f"{say('weight')} {first['weight']}"]
    )
    if story["priority"] is not None:
        parts.append(f"{say('priority')} {grouped(story['priority'], 0)}")
    return [*parts, number_of(story["row_count"], "row", "rows")]


def _case(case: Mapping[str, Any], finding: Mapping[str, Any], rows: int) -> View:
    rules = ", ".join(f"{entry['rule_id']}: {entry['findings']:,}" for entry in case["explains"])
    explained = number_of(case["explained"], "other finding", "other findings")
    amounts = [money(entry["gross"], entry["currency"]) for entry in case["explains"] if entry["gross"] is not None]
    found = find_bridge(finding)
    return {
        "title": clip(finding["title"]["en"]),
        "amount": money(case["impact"] and case["impact"].lstrip("-"), case["currency"] or ""),
        "period": _period(case),
        "identity": _identity(case),
        "confidence": case["confidence"],
        "weight": case["weight"],
        "observed": clip(grouped(finding["observed"]), CELL) if finding["observed"] is not None else "",
        "expected": clip(grouped(finding["expected"]), CELL) if finding["expected"] is not None else "",
        "explains": say("explains", findings=explained, rules=rules) if rules else "",
        "explained": say("not_added", money=", ".join(amounts)) if amounts else "",
        "bridge": bridge_rows(found) if found else [],
        "evidence": _evidence(finding, rows),
    }


def _identity(case: Mapping[str, Any]) -> str:
    """What the case is about. An instant is left out where a period says the same as a local day: written in UTC it
    may show the day before, and a reader would look for the count in the wrong place."""
    return ", ".join(
        f"{name} {clip(cell(value), CELL)}"
        for name, value in case["identity"].items()
        if value is not None and not (case["period_start"] and _INSTANT.fullmatch(str(value)))
    )


def _period(case: Mapping[str, Any]) -> str:
    start, end = case["period_start"] or "", case["period_end"] or ""
    return start if start == end else " to ".join(day for day in (start, end) if day)


def _evidence(finding: Mapping[str, Any], most: int) -> View | None:
    shown: Sequence[Mapping[str, Any]] = finding["evidence"][:most]
    if not finding["evidence_total"]:
        return None
    names: list[str] = []
    for row in shown:
        names += [name for name in [*row["key"], *row["values"]] if name not in names]
    names = names[:_COLUMNS]
    return {
        "summary": say("evidence", shown=f"{len(shown):,}", total=f"{finding['evidence_total']:,}"),
        "names": names,
        "rows": [
            {
                "file": clip(row["file"] or "", CELL),
                "line": grouped(row["line"]),
                "role": clip((row["role"] or "").replace("_", " "), CELL),
                "cells": [clip(cell(row["values"].get(name, row["key"].get(name))), CELL) for name in names],
            }
            for row in shown
        ],
    }


def bridge_rows(found: Bridge) -> list[View]:
    """Rows of the bridge: label, amount, drawing, and whether it is a total."""
    levels = [Decimal(), found.opening, found.expected, found.observed]
    running = found.opening
    for move in found.steps:
        running += move.amount
        levels.append(running)
    low, high = min(levels), max(levels)
    rows = [_total(say("bridge_opening"), found.opening, low, high)]
    running = found.opening
    for move in found.steps:
        drawing = charts.step(running, running + move.amount, low, high)
        rows.append(_bridge_row(move.name.replace("_", " ").capitalize(), move.amount, drawing, total=False))
        running += move.amount
    rows.append(_total(say("bridge_expected"), found.expected, low, high))
    rows.append(_total(say("bridge_observed"), found.observed, low, high))
    drawing = charts.step(found.expected, found.observed, low, high)
    return [*rows, _bridge_row(say("bridge_difference"), found.difference, drawing, total=False)]


def _total(label: str, amount: Decimal, low: Decimal, high: Decimal) -> View:
    return _bridge_row(label, amount, charts.level(amount, low, high), total=True)


def _bridge_row(label: str, amount: Decimal, drawing: Markup, *, total: bool) -> View:
    return {"label": label, "amount": grouped(amount), "drawing": drawing, "total": total}


def cell(value: object) -> str:
    """A value of evidence or identity as text; what is absent is empty."""
    return "" if value is None else str(value)


def text_of(texts: Mapping[str, str] | None) -> str:
    """The English of a text that may be absent."""
    return texts["en"] if texts else ""


def clip(text: str, most: int = TEXT) -> str:
    """At most `most` characters, with an ellipsis where something was left out."""
    return text if len(text) <= most else text[: most - 1] + "…"
