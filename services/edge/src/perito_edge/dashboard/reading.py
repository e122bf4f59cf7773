"""How files would be read, as a page shows it: each column with where it goes, and the questions that remain."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perito.dataset.v1.intake_pb2 import MappingTarget

from perito_edge.dashboard.voice import Voice
from perito_edge.models import MappingProposal, PlacedColumn

_COLUMNS = 1500
"""So many columns of all files together are shown; the mapping itself holds all."""
_UNSURE = 0.8
_CHANGEABLE = ("mapped", "not_used", "unplaced")


@dataclass(frozen=True)
class Reading:
    """`files` and `questions` as the template takes them, `mapping` as YAML, `digest` of it as it was proposed;
    `columns` (JSON) are file, source and target of each column that a form may change, in their order; `targets` every
    `table.column` that there is, with its meaning, and `known` (JSON) their names, for the form to be checked by.
    """

    mapping: str
    digest: str
    columns: str
    targets: Sequence[Mapping[str, str]]
    known: str
    files: Sequence[Mapping[str, Any]]
    questions: Sequence[Mapping[str, str]]
    left_out: int


def reading(proposed: MappingProposal, targets: Sequence[MappingTarget], voice: Voice) -> Reading:
    """The page's part about a proposal."""
    room, files, left_out = _COLUMNS, list[Mapping[str, Any]](), 0
    listed: list[tuple[str, str, str]] = []
    for file in proposed.understanding.files:
        shown = file.columns[:room]
        room -= len(shown)
        left_out += len(file.columns) - len(shown)
        placed = sum(column.table is not None for column in file.columns)
        files.append(
            {
                "name": file.file,
                "tables": ", ".join(file.tables),
                "placed": voice.number(placed),
                "all": voice.count(len(file.columns), "column"),
                "columns": [_column(column, voice, _place(column, file.file, listed)) for column in shown],
                "open": any(column.status == "unplaced" for column in file.columns) or not file.tables,
            }
        )
    questions = [
        {"file": each.file or "", "question": voice.text(each.question.model_dump()), "yaml": each.add_yaml or ""}
        for each in proposed.understanding.questions
    ]
    return Reading(
        proposed.mapping,
        digest(proposed.mapping.strip()),
        json.dumps(listed, ensure_ascii=False),
        [{"name": f"{each.table_name}.{each.column_name}", "meaning": each.meaning} for each in targets],
        json.dumps([f"{each.table_name}.{each.column_name}" for each in targets]),
        files,
        questions,
        left_out,
    )


def digest(mapping: str) -> str:
    """Tells a mapping that was corrected from the one that was proposed."""
    return hashlib.sha256(mapping.encode()).hexdigest()


def _place(column: PlacedColumn, file: str, listed: list[tuple[str, str, str]]) -> int | None:
    """Its number in `listed`; None for what no form changes: a constant, and what comes by a key of another file."""
    if column.source_column is None or column.status not in _CHANGEABLE:
        return None
    listed.append((file, column.source_column, _target(column)))
    return len(listed) - 1


def _target(column: PlacedColumn) -> str:
    return f"{column.table}.{column.column}" if column.table and column.column else ""


def _column(column: PlacedColumn, voice: Voice, place: int | None) -> Mapping[str, Any]:
    sure = None if column.confidence is None else float(column.confidence)
    return {
        "source": column.source_column or voice.say("constant"),
        "goes": _target(column),
        "place": place,
        "status": column.status,
        "sure": "" if sure is None else f"{voice.number(round(sure * 100))}\N{NO-BREAK SPACE}%",
        "unsure": sure is not None and sure < _UNSURE,
        "reason": voice.text(column.reason.model_dump()),
    }
