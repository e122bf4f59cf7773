"""Exports in the words of many systems: the share of their columns that a proposal places where they belong.

`held_out.yaml`, `held_out_again.yaml`, those of trade and those of strangers were each written before the proposal had
seen them; what came out at that first reading stands in docs/decisions/0045 to 0047. Since then all have been learnt
from, so the floors here only say that what was learnt is kept.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from perito_kernel.phases import InputFile, Job
from perito_rules.canonical import load_canonical
from perito_validation.database import open_database
from perito_validation.proposal.propose import Proposal, propose
from perito_validation.reader import read_files

from tests.accuracy.trading import export, trade

FOLDER = Path(__file__).with_name("dialects")
TABLES = {name: table.columns for name, table in load_canonical().items()}

NEVER_SURELY_WRONG = ("trade_first", "trade_second", "trade_third", "strangers_1", "strangers_2")
"""Sets of the exports of trade, where what is said to be sure has to be right."""

FLOORS: Mapping[str, float] = {
    "tuned": 1.0,
    "held_out": 0.95,
    "held_out_again": 0.95,
    "trade_first": 0.98,
    "trade_second": 0.98,
    "trade_third": 0.97,
    "strangers_1": 0.97,
    "strangers_2": 0.97,
}
"""Sets of exports, and the share of their columns that must stay right."""

SURE = 0.8
"""A confidence from which on nobody looks twice."""

Dialect = Mapping[str, Mapping[str, Any]]
"""By file: `columns`, what each header should become (- for nothing, | between what is equally right), and `rows`, the
file itself."""


@cache
def dialects(name: str) -> Mapping[str, Dialect]:
    loaded: Mapping[str, Dialect] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return {each: _exported(dialect) if "files" in dialect else dialect for each, dialect in loaded.items()}


def _exported(system: Mapping[str, Any]) -> Dialect:
    """The exports of a set that says how the records of one trade are written."""
    records = trade(system["codes"], system.get("words", {}))
    return {
        name: {
            "columns": {header: spec[0] for header, spec in file["columns"].items()},
            "rows": export(file, records, name),
        }
        for name, file in system["files"].items()
    }


@dataclass(frozen=True)
class Score:
    """Columns placed as expected, of all; `wrong` are the others, with where they went, `sure` those of them that were
    said to be sure."""

    right: int
    columns: int
    wrong: Mapping[str, list[str]]
    sure: list[str]


def read(dialect: Dialect, folder: Path) -> tuple[Proposal, Mapping[str, int]]:
    """The proposal and the number of each file."""
    folder.mkdir()
    inputs: list[InputFile] = []
    for name, file in dialect.items():
        data = str(file["rows"]).encode()
        (folder / name).write_bytes(data)
        inputs.append(InputFile(name, str(folder / name), hashlib.sha256(data).hexdigest(), len(data)))
    job = Job("validation", "", inputs, "", [], {}, str(folder / "out"), str(folder / "scratch"), 2, 1 << 30)
    with open_database(job) as con:
        reading = read_files(con, inputs, None, folder / "scratch", lambda _done, _step: None)
        return propose(con, reading.sources), {source.name: source.file_id for source in reading.sources.values()}


@cache
def proposals(name: str) -> Mapping[str, tuple[Proposal, Mapping[str, int]]]:
    """What `read` gives for each dialect of a set; made once, for every test that asks."""
    with tempfile.TemporaryDirectory(prefix="perito-dialects-") as folder:
        return {each: read(dialect, Path(folder) / each) for each, dialect in dialects(name).items()}


def scores_of(name: str) -> Mapping[str, Score]:
    return {each: score(dialect, *proposals(name)[each]) for each, dialect in dialects(name).items()}


def score(dialect: Dialect, made: Proposal, numbers: Mapping[str, int]) -> Score:
    wrong: dict[str, list[str]] = {}
    sure: list[str] = []
    right = 0
    for name, file in dialect.items():
        for header, wanted in file["columns"].items():
            places = [
                place
                for place in made.placements
                if (place.file_id, place.source_column) == (numbers[name], header) and place.column
            ]
            found = [f"{place.table}.{place.column}" for place in places]
            if not {*wanted.split("|")}.isdisjoint(found or ["-"]):
                right += 1
                continue
            wrong[f"{name}: {header}"] = found
            if any((place.confidence or 0) >= SURE for place in places):
                sure.append(f"{name}: {header}")
    return Score(right, right + len(wrong), wrong, sure)


def total(name: str) -> tuple[int, int]:
    """Columns placed as expected, and all, of a set."""
    scores = scores_of(name).values()
    return sum(found.right for found in scores), sum(found.columns for found in scores)


def fails(name: str) -> str:
    """What a set does not keep, with the columns that are wrong; empty where all is well."""
    scores = scores_of(name)
    right, columns = total(name)
    sure = [each for found in scores.values() for each in found.sure] if name in NEVER_SURELY_WRONG else []
    if right >= FLOORS[name] * columns and not sure:
        return ""
    wrong = {each: found.wrong for each, found in scores.items() if found.wrong}
    return f"{name}: {right} of {columns} columns right, surely wrong {sure}, wrong {wrong}"
