"""The data itself: how the files were understood, what was repaired, what could not be read, what was not tested."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.finished import finished
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.report_parts import Part, clip
from perito_edge.dashboard.report_reading import every
from perito_edge.dashboard.results import reader_of
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice

_ROWS = 200
_COLUMNS = 1500


async def quality(visit: Visit) -> Response:
    """The page; long lists are cut with their true totals, the exported report has all of them."""
    analysis, report = await finished(visit)
    lists = ("conventions", "transformations", "inputs")
    taken = await reader_of(visit).take(
        report,
        "quality",
        ("coverage", "understanding"),
        {name: every(_ROWS, name) for name in lists},
    )
    voice = visit.voice
    understood: Part = taken.whole.get("understanding") or {}
    covered: Part = taken.whole.get("coverage") or {}
    asked: Sequence[Part] = understood.get("questions") or ()
    numbers = {"questions": len(asked), "understood": len(understood.get("files") or ())}
    numbers |= {name: taken.counts.get(name, 0) for name in lists}
    return draw(
        "quality",
        visit,
        analysis=analysis,
        tab="quality",
        coverage=_coverage(covered, voice),
        not_tested=[_not_tested(row, voice) for row in covered.get("not_tested") or ()],
        questions=[_question(row, voice) for row in asked[:_ROWS]],
        files=_files(understood, voice),
        conventions=[_convention(row, voice) for row in taken.rows.get("conventions", ())],
        transformations=[_transformation(row, voice) for row in taken.rows.get("transformations", ())],
        inputs=[_input(row, voice) for row in taken.rows.get("inputs", ())],
        cut={name: told for name, number in numbers.items() if (told := voice.cut(_ROWS, number))},
    )


def _coverage(part: Part, voice: Voice) -> list[dict[str, str]]:
    records: Part = part.get("records") or {}
    cells: Part = part.get("cells") or {}
    shown = (
        ("records_read", records.get("records")),
        ("records_rejected", records.get("rejected")),
        ("cells_read", cells.get("cells")),
        ("cells_rejected", cells.get("rejected")),
        ("cells_changed", cells.get("changed")),
        ("cells_blank", cells.get("blanks")),
    )
    return [{"name": voice.say(name), "value": voice.number(value)} for name, value in shown if value is not None]


def _not_tested(row: Part, voice: Voice) -> dict[str, str]:
    return {
        "id": row["rule_id"],
        "title": clip(voice.text(row["title"])),
        "status": row["status"],
        "reason": clip(voice.text(row["reason"])),
    }


def _question(row: Part, voice: Voice) -> dict[str, str]:
    return {
        "file": clip(row["file"], 120),
        "question": clip(voice.text(row["question"]), 600),
        "yaml": clip(row["add_yaml"], 600),
    }


def _files(understood: Part, voice: Voice) -> list[dict[str, Any]]:
    room, shown = _COLUMNS, list[dict[str, Any]]()
    for row in (understood.get("files") or ())[:_ROWS]:
        columns = row["columns"][:room]
        room -= len(columns)
        shown.append(
            {
                "name": clip(row["file"], 120),
                "tables": ", ".join(row["tables"]),
                "columns": [_column(column, voice) for column in columns],
                "left_out": len(row["columns"]) - len(columns),
            }
        )
    return shown


def _column(column: Part, voice: Voice) -> dict[str, Any]:
    goes = ".".join(part for part in (column["table"], column["column"]) if part)
    return {
        "source": clip(column["source_column"] or voice.say("constant"), 80),
        "goes": clip(goes, 120),
        "status": column["status"] or "",
        "sure": voice.number(column["confidence"]),
        "reason": clip(voice.text(column["reason"])),
    }


def _convention(row: Part, voice: Voice) -> dict[str, str]:
    return {
        "name": clip(row["name"].replace("_", " "), 80),
        "value": clip(row["value"], 120),
        "explanation": clip(voice.text(row["explanation"]), 600),
    }


def _transformation(row: Part, voice: Voice) -> dict[str, str]:
    return {
        "explanation": clip(voice.text(row["explanation"]) or row["kind"].replace("_", " ")),
        "file": clip(row["file"], 80),
        "column": clip(row["column"], 80),
        "cells": voice.number(row["cells"]),
        "before": clip(row["example_before"], 80),
        "after": clip(row["example_after"], 80),
    }


def _input(row: Part, voice: Voice) -> dict[str, str]:
    return {
        "name": clip(row["name"], 120),
        "tables": ", ".join(row["tables"]),
        "rows": voice.number(row["rows"]),
        "rejected": voice.number(row["rejected"]),
        "size": voice.size(row["bytes"]),
        "sha256": row["sha256"],
    }


PAGES = (Page("/analyses/{analysis_id}/data", quality),)
