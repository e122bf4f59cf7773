"""What the page shows of the books themselves: open questions, what was understood, conventions, repairs, files."""

from collections.abc import Mapping
from typing import Any

from perito_reporting.books import UNREADABLE, UNUSED
from perito_reporting.figures import CELL, clip, plain
from perito_reporting.page_cases import View
from perito_reporting.people import WITHHELD
from perito_reporting.voice import Voice

ROWS = 200
"""Rows of a long table on the page; report.json has them all."""
COLUMNS = 60
"""Columns of a file that the page lists."""
_REASON = 200
_USED = ("mapped", "constant", "joined")
_YAML = 600
_UNREAD = {UNUSED: "not_read", UNREADABLE: "unreadable"}


def questions(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """What only the reader can answer, with the lines that would answer it."""
    return [
        {
            "topic": clip(voice.term(row["topic"] or ""), CELL),
            "file": clip(row["file"] or "", 2 * CELL),
            "question": clip(voice.text(row["question"])),
            "answer": clip(row["add_yaml"] or "", _YAML),
        }
        for row in document["understanding"]["questions"][:ROWS]
    ]


def understood(document: Mapping[str, Any], voice: Voice, most: int) -> list[View]:
    """Per file the tables that it feeds and where its columns went; `most` columns of all files together."""
    views: list[View] = []
    for row in document["understanding"]["files"][:ROWS]:
        views.append(_file(row, voice, min(COLUMNS, most)))
        most -= len(views[-1]["columns"])
    return views


def _file(row: Mapping[str, Any], voice: Voice, most: int) -> View:
    columns = row["columns"]
    named = {column["source_column"] for column in columns if column["source_column"] is not None}
    placed = {column["source_column"] for column in columns if column["status"] in _USED} & named
    return {
        "file": clip(row["file"] or "", 2 * CELL),
        "tables": ", ".join(voice.term(table) for table in row["tables"]),
        "summary": voice.say("placed", placed=voice.grouped(len(placed)), columns=voice.grouped(len(named)))
        if named
        else "",
        "columns": [_column(column, voice) for column in columns[:most]],
        "cut": voice.say("cut", shown=voice.grouped(most), total=voice.grouped(len(columns)))
        if len(columns) > most
        else "",
    }


def _column(column: Mapping[str, Any], voice: Voice) -> View:
    target = ": ".join(voice.term(part) for part in (column["table"], column["column"]) if part)
    status = column["status"] or ""
    source = column["source_column"]
    if source is None and status != "constant":
        source = voice.say("whole_file")
    confidence = column["confidence"]
    return {
        "source": clip(source or "–", CELL),
        "target": clip(target, CELL),
        "status": voice.placement(status),
        "used": status in _USED,
        "confidence": "–" if status == "unplaced" and confidence is None else _certainty(confidence, voice),
        "reason": clip(voice.text(column["reason"]), _REASON),
    }


def _certainty(confidence: str | None, voice: Voice) -> str:
    """How sure a placement is; what found no place has none."""
    if confidence is None:
        return voice.say("by_mapping")
    return "–" if confidence == "0" else voice.grouped(confidence)


def conventions(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """What was decided about the books."""
    return [
        {
            "name": clip(_named(row["name"] or "", voice), CELL),
            "value": clip(row["value"] or "", CELL),
            "basis": voice.basis(row["basis"] or ""),
            "explanation": clip(voice.text(row["explanation"])),
        }
        for row in document["conventions"][:ROWS]
    ]


def _named(name: str, voice: Voice) -> str:
    """`sign:ledger.csv` is the convention `sign` of one file or place."""
    topic, _, subject = name.partition(":")
    return voice.capital(voice.term(topic)) + (f": {subject}" if subject else "")


def transformations(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """What was converted or repaired."""
    return [
        {
            "explanation": clip(voice.text(row["explanation"]) or voice.term(row["kind"])),
            "file": clip(row["file"] or "", CELL),
            "column": clip(voice.term(row["column"] or ""), CELL),
            "cells": voice.grouped(row["cells"]),
            "before": _example(row["example_before"], voice),
            "after": _example(row["example_after"], voice),
        }
        for row in document["transformations"][:ROWS]
    ]


def _example(value: str | None, voice: Voice) -> str:
    if value == WITHHELD:
        return voice.say("withheld")
    return clip(plain(value) or "", CELL)


def inputs(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """The files of the dataset, also those that were not read."""
    return [
        {
            "name": clip(row["name"], 2 * CELL),
            "tables": ", ".join(voice.term(table) for table in row["tables"]),
            "sha256": row["sha256"],
            "bytes": voice.grouped(row["bytes"]),
            "rows": voice.say(_UNREAD[row["reader"]]) if row["reader"] in _UNREAD else voice.grouped(row["rows"]),
            "rejected": voice.grouped(row["rejected"]),
        }
        for row in document["inputs"][:ROWS]
    ]
