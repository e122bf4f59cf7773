"""What the page shows of the KPIs: each total with its basis and coverage, then by place, group and time."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from perito_reporting import charts
from perito_reporting.figures import CELL, clip
from perito_reporting.page_cases import View, prose
from perito_reporting.voice import Voice

SERIES = 8
"""Lines of a KPI that the page shows; report.json has more."""
POINTS = 120
"""Periods of a line, the latest ones."""
_NAMES = 8
_FEWEST_POINTS = 3

_SUBJECTS: Sequence[tuple[str, Sequence[int]]] = (
    ("kpi_stock", (*range(1, 7), *range(20, 25))),
    ("kpi_service", range(7, 13)),
    ("kpi_accuracy", (*range(13, 20), 29)),
    ("kpi_suppliers", range(25, 29)),
    ("kpi_review", (30,)),
)
"""What the key figures of the catalogue are about, by the numbers of their ids, as the page lists them."""

_CURRENCY = re.compile(r"[A-Z]{3}")

Row = Mapping[str, Any]


def kpis(document: Mapping[str, Any], voice: Voice, places: int) -> list[View]:
    """One view per KPI, by subject and then in order of id; `places` rows of each breakdown."""
    rules = {rule["id"]: rule for rule in document["rules"]}
    views = [
        _kpi(rules.get(kpi_id, {}), kpi_id, list(group), voice, places)
        for kpi_id, group in groupby(document["kpis"], key=lambda row: row["id"])
    ]
    views.sort(key=lambda view: _subject(view["id"])[0])
    begun: set[str] = set()
    for view in views:
        _, name = _subject(view["id"])
        view["subject"] = voice.say(name) if name and name not in begun else ""
        begun.add(name)
    return views


def _subject(kpi_id: str) -> tuple[int, str]:
    """Where a KPI stands on the page and under which heading; own ones come last, under none."""
    number = kpi_id.removeprefix("K-")
    for place, (name, ids) in enumerate(_SUBJECTS):
        if number.isdecimal() and int(number) in ids:
            return place, name
    return len(_SUBJECTS), ""


def _kpi(rule: Mapping[str, Any], kpi_id: str, rows: list[Row], voice: Voice, places: int) -> View:
    words = rule.get("words", {})
    whole = [row for row in rows if row["scope"] == "total" and not row["period"]]
    placed = [row for row in rows if row["scope"] != "total" and not row["period"]]
    valued = {row["scope"] for row in placed if row["value"] is not None}
    timed = [row for row in rows if row["period"]]
    lines, more = _series(timed, words, voice)
    return {
        "id": kpi_id,
        "title": clip(voice.text(rule.get("title")) or kpi_id),
        "meaning": prose(voice.text(rule.get("explanation")), words, voice),
        "rows": [_total(row, words, voice) for row in whole],
        "groups": [
            _breakdown(scope, list(group), words, voice, places)
            for scope, group in groupby(placed, key=lambda row: row["scope"])
            if scope in valued
        ],
        "series": lines,
        "cut": voice.say("cut", shown=voice.grouped(SERIES), total=voice.grouped(SERIES + more)) if more else "",
    }


def _total(row: Row, words: Mapping[str, Any], voice: Voice) -> View:
    coverage = _number(row["coverage"])
    return {
        "measure": clip(voice.capital(voice.term(row["measure"] or "", words)), CELL),
        "value": _written(row, words, voice),
        "basis": _basis(row, voice),
        "rests_on": clip(voice.term(row["basis"], words), CELL) if row["basis"] else "",
        "n": voice.grouped(row["n"]),
        "coverage": f"{voice.grouped(coverage * 100, 1)} %" if coverage is not None else "–",
        "reason": clip(voice.text(row["reason"])),
        "drawing": _percent_bar(row),
    }


def _breakdown(scope: str, rows: list[Row], words: Mapping[str, Any], voice: Voice, most: int) -> View:
    names = list(dict.fromkeys(row["measure"] or "" for row in rows))
    measures = names[:_NAMES]
    places = list(dict.fromkeys(row["key"] or "" for row in rows))
    cells = {(row["key"] or "", row["measure"] or ""): row for row in rows}
    return {
        "name": voice.say("kpi_by", scope=voice.term(scope, words)),
        "scope": clip(voice.capital(voice.term(scope, words)), CELL),
        "measures": [clip(voice.term(name, words), CELL) for name in measures],
        "places": [
            {
                "name": clip(key, CELL),
                "cells": [_cell(cells.get((key, name)), words, voice) for name in measures],
            }
            for key in places[:most]
        ],
        "cut": voice.say("cut", shown=voice.grouped(most), total=voice.grouped(len(places)))
        if len(places) > most
        else "",
        "names_cut": voice.say("kpi_names_cut", shown=voice.grouped(_NAMES), total=voice.grouped(len(names)))
        if len(names) > _NAMES
        else "",
    }


def _cell(row: Row | None, words: Mapping[str, Any], voice: Voice) -> View:
    if row is None:
        return {"value": "–", "of": "", "drawing": ""}
    missing = row["value"] is None
    return {
        "value": _written(row, words, voice),
        "of": clip(voice.text(row["reason"]), 2 * CELL) if missing else _basis(row, voice),
        "drawing": _percent_bar(row),
    }


def _series(rows: Sequence[Row], words: Mapping[str, Any], voice: Voice) -> tuple[list[View], int]:
    """One line per measure (and key, where a series has one), and how many more there are."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        key = "" if row["key"] == row["period"] else row["key"] or ""
        found.setdefault((key, row["measure"] or ""), []).append(row)
    latest = {name: sorted(line, key=lambda row: row["period"])[-POINTS:] for name, line in sorted(found.items())}
    known = {name: sum(_number(row["value"]) is not None for row in line) for name, line in latest.items()}
    lines = [(name, line) for name, line in latest.items() if known[name] >= _FEWEST_POINTS]
    return [_line(name, line, words, voice) for name, line in lines[:SERIES]], max(0, len(lines) - SERIES)


def _line(name: tuple[str, str], rows: list[Row], words: Mapping[str, Any], voice: Voice) -> View:
    key, measure = name
    values = [_number(row["value"]) for row in rows]
    known = [value for value in values if value is not None]
    unit = _unit(rows[0], words, voice)
    return {
        "name": clip(voice.capital(voice.term(measure, words)) + (f", {key}" if key else ""), 2 * CELL),
        "drawing": charts.series(values),
        "range": voice.say(
            "kpi_range",
            first=voice.day(rows[0]["period"]),
            last=voice.day(rows[-1]["period"]),
            low=_with_unit(min(known), unit, voice),
            high=_with_unit(max(known), unit, voice),
        ),
    }


def _written(row: Row, words: Mapping[str, Any], voice: Voice) -> str:
    value = _number(row["value"])
    if value is None:
        return "–"
    return _with_unit(value, _unit(row, words, voice), voice)


def _with_unit(value: Decimal, unit: str, voice: Voice) -> str:
    """A value and its unit; a currency stands where amounts of the language have theirs."""
    written = _places(value, voice)
    if _CURRENCY.fullmatch(unit):
        return voice.beside(written, unit)
    return f"{written} {unit}".strip()


def _unit(row: Row, words: Mapping[str, Any], voice: Voice) -> str:
    """The unit in words; a ratio has none."""
    return "" if row["unit"] in {None, "ratio"} else clip(voice.term(row["unit"], words), CELL)


def _places(value: Decimal, voice: Voice) -> str:
    """Two decimals, none for whole numbers, more where two would show nothing of a small number."""
    if value == value.to_integral_value():
        return voice.grouped(value)
    return voice.grouped(value, 2 if abs(value) >= Decimal("0.1") else 4)


def _basis(row: Row, voice: Voice) -> str:
    part, whole = _number(row["numerator"]), _number(row["denominator"])
    if part is None:
        return ""
    return (
        _places(part, voice) if whole is None else voice.say("of", part=_places(part, voice), all=_places(whole, voice))
    )


def _percent_bar(row: Row) -> str:
    value = _number(row["value"])
    return charts.bar(value, Decimal(100)) if value is not None and row["unit"] == "%" and value >= 0 else ""


def _number(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
