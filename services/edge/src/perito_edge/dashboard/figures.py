"""Key figures: each total with what it rests on, and how it went over time."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from starlette.responses import Response

from perito_edge.dashboard import charts
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.finished import finished
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.report_parts import Part, clip, decimal, label
from perito_edge.dashboard.report_reading import every
from perito_edge.dashboard.results import reader_of
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice

_RULES = 500
_ROWS = 10_000
_LINES = 6
"""Lines of one figure that the page shows."""
_POINTS = 120
_FEWEST_POINTS = 3
_PLACES = 8


async def figures(visit: Visit) -> Response:
    """The page."""
    analysis, report = await finished(visit)
    wanted = {"rules": every(_RULES, "rules"), "kpis": every(_ROWS, "kpis")}
    taken = await reader_of(visit).take(report, "figures", (), wanted)
    rules = {rule["id"]: rule for rule in taken.rows.get("rules", ())}
    rows: Sequence[Part] = taken.rows.get("kpis", ())
    shown = [
        _figure(rules.get(kpi_id, {}), kpi_id, list(group), visit.voice)
        for kpi_id, group in groupby(rows, key=lambda row: row["id"])
    ]
    return draw("figures", visit, analysis=analysis, tab="figures", figures=shown)


def _figure(rule: Part, kpi_id: str, rows: Sequence[Part], voice: Voice) -> dict[str, Any]:
    words: Mapping[str, Any] = rule.get("words") or {}
    totals = [row for row in rows if row["scope"] == "total" and not row["period"]]
    placed = [row for row in rows if row["scope"] != "total" and not row["period"] and row["value"] is not None]
    lines, more = _lines([row for row in rows if row["period"]], words, voice)
    return {
        "id": kpi_id,
        "title": clip(voice.text(rule.get("title")) or kpi_id),
        "meaning": clip(voice.text(rule.get("explanation")), 1200),
        "totals": [_total(row, words, voice) for row in totals],
        "placed": [_place(row, words, voice) for row in placed[:_PLACES]],
        "placed_more": voice.number(max(0, len(placed) - _PLACES)),
        "lines": lines,
        "lines_more": voice.number(more),
    }


def _total(row: Part, words: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    value, coverage = decimal(row["value"]), decimal(row["coverage"])
    return {
        "measure": label(row["measure"] or "", words, voice),
        "value": _written(row, words, voice),
        "reason": clip(voice.text(row["reason"])),
        "coverage": f"{voice.number(coverage * 100, 1)}\N{NO-BREAK SPACE}%" if coverage is not None else "–",
        "drawing": charts.bar(value, 100) if value is not None and row["unit"] == "%" and value >= 0 else "",
    }


def _place(row: Part, words: Mapping[str, Any], voice: Voice) -> dict[str, str]:
    return {
        "scope": label(row["scope"], words, voice),
        "key": clip(row["key"], 80),
        "measure": label(row["measure"] or "", words, voice),
        "value": _written(row, words, voice),
    }


def _lines(rows: Sequence[Part], words: Mapping[str, Any], voice: Voice) -> tuple[list[dict[str, Any]], int]:
    """One line per measure (and key, where a series has one), and how many more there are."""
    found: dict[tuple[str, str], list[Part]] = {}
    for row in rows:
        key = "" if row["key"] == row["period"] else row["key"] or ""
        found.setdefault((key, row["measure"] or ""), []).append(row)
    newest = {name: sorted(line, key=lambda row: row["period"])[-_POINTS:] for name, line in sorted(found.items())}
    drawn = [
        (name, line)
        for name, line in newest.items()
        if sum(decimal(row["value"]) is not None for row in line) >= _FEWEST_POINTS
    ]
    lines = [_line(name, line, len(found[name]), words, voice) for name, line in drawn[:_LINES]]
    return lines, max(0, len(drawn) - _LINES)


def _line(
    name: tuple[str, str], rows: Sequence[Part], length: int, words: Mapping[str, Any], voice: Voice
) -> dict[str, Any]:
    """`rows` are the newest of `length`."""
    values = [decimal(row["value"]) for row in rows]
    known = [value for value in values if value is not None]
    unit = _unit(rows[0], words, voice)
    return {
        "name": clip(label(name[1], words, voice) + (f", {name[0]}" if name[0] else ""), 120),
        "drawing": charts.series(values),
        "points": [{"period": voice.day(row["period"]), "value": _written(row, words, voice)} for row in rows],
        "cut": voice.cut(_POINTS, length),
        "range": voice.say(
            "range",
            first=voice.day(rows[0]["period"]),
            last=voice.day(rows[-1]["period"]),
            low=f"{_places(min(known), voice)} {unit}".strip(),
            high=f"{_places(max(known), voice)} {unit}".strip(),
        ),
    }


def _written(row: Part, words: Mapping[str, Any], voice: Voice) -> str:
    value = decimal(row["value"])
    return "–" if value is None else f"{_places(value, voice)} {_unit(row, words, voice)}".strip()


def _unit(row: Part, words: Mapping[str, Any], voice: Voice) -> str:
    return "" if row["unit"] in {None, "ratio"} else label(row["unit"], words, voice)


def _places(value: Decimal, voice: Voice) -> str:
    """Two decimals, none for whole numbers, more where two would show nothing of a small number."""
    if value == value.to_integral_value():
        return voice.number(value)
    return voice.number(value, 2 if abs(value) >= Decimal("0.1") else 4)


PAGES = (Page("/analyses/{analysis_id}/figures", figures),)
