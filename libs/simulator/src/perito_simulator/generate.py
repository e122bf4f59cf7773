"""Makes the books of a retailer: entities, days, files, and `world.json`, which says what was made."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Self

import numpy as np
from perito_kernel.errors import Invalid

from perito_simulator.batch import Batch
from perito_simulator.demand import Demand, promotions_of
from perito_simulator.dialects import Target
from perito_simulator.entities import World, world_of
from perito_simulator.hooks import Hooks
from perito_simulator.mapping import mapping_of
from perito_simulator.masters import masters_of, promotion_codes
from perito_simulator.size import Size
from perito_simulator.streams import streams_of
from perito_simulator.styles import targets_of
from perito_simulator.trade import Trade
from perito_simulator.truth import TRUTH, Habit
from perito_simulator.writing import FeedFile, Noted, Written

WORLD, MAPPING = "world.json", "mapping.yaml"
LEDGER = ("movements", "sales")
"""The feeds whose rows are ledger rows."""


@dataclass(frozen=True)
class Progress:
    """How far it is: `day` of `days`, and ledger rows so far."""

    day: int
    days: int
    rows: int


@dataclass(frozen=True)
class Generated:
    """What was made."""

    world: World
    files: tuple[Written, ...]
    habits: tuple[Habit, ...]

    @property
    def ledger_rows(self) -> dict[str, int]:
        """Rows of the stock ledger and sale lines."""
        return {feed: sum(file.records for file in self.files if file.feed == feed) for feed in LEDGER}


class _Files:
    """The open files of a run."""

    def __init__(self, folder: Path, world: World, targets: list[Target], noted: Noted | None) -> None:
        self._world = world
        self._of_feed: dict[str, list[tuple[Target, FeedFile]]] = {}
        for target in targets:
            file = FeedFile(folder, target.name, target.feed.name, target.layout(world), target.header(), noted)
            self._of_feed.setdefault(target.feed.name, []).append((target, file))

    def add(self, batch: Batch) -> None:
        for target, file in self._of_feed[batch.feed.name]:
            rows = target.rows_of(batch, self._world)
            if len(rows):
                file.add(rows)

    def rows(self) -> int:
        return sum(file.records for feed in LEDGER for _, file in self._of_feed[feed])

    def finish(self) -> tuple[Written, ...]:
        return tuple(file.finish() for files in self._of_feed.values() for _, file in files)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for files in self._of_feed.values():
            for _, file in files:
                file.close()


def generate(
    folder: Path,
    size: Size,
    seed: int,
    *,
    style: str = "plain",
    mapping: bool = True,
    hooks: Hooks | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Generated:
    """Writes the books into `folder`, which is made if it is not there. The same size, seed and style give the same
    bytes; `mapping` says whether a mapping is written beside them.

    Raises `Invalid` FOLDER_NOT_EMPTY, SEED_INVALID, STYLE_UNKNOWN.
    """
    if seed < 0:
        raise Invalid("SEED_INVALID", f"--seed is {seed}; it can be 0 or more.")
    streams = streams_of(seed)
    world, demand = _entities(size, streams)
    targets = targets_of(style, world)
    prepare(folder)
    # Said before anything is written, so that the next run may empty what an interrupted one left.
    (folder / WORLD).write_text(_said({"files": dict.fromkeys(target.name for target in targets)}), "utf-8")
    if hooks is not None:
        hooks.begin(world, demand, streams["faults"])
    with _Files(folder, world, targets, hooks.noted if hooks is not None else None) as files:
        trade = Trade(world, demand, streams, files.add, hooks)
        for batch in masters_of(world, demand, (trade.purchasing, trade.replenishment)):
            if hooks is not None:
                hooks.masters(batch)
            files.add(batch)
        trade.begin()
        for day in range(len(world.calendar)):
            trade.live(day)
            if progress is not None:
                progress(Progress(day + 1, len(world.calendar), files.rows()))
        made = Generated(world, files.finish(), tuple(habit for target in targets for habit in target.habits()))
    if mapping:
        (folder / MAPPING).write_text(mapping_of(targets, world), encoding="utf-8")
    (folder / WORLD).write_text(describe(made, seed, style), encoding="utf-8")
    return made


def _entities(size: Size, streams: dict[str, np.random.Generator]) -> tuple[World, Demand]:
    world = world_of(size, streams)
    promotions = promotions_of(world, streams["promotions"])
    world.codes["promotion"] = promotion_codes(len(promotions.product))
    return world, Demand(world, streams["demand"], promotions)


def prepare(folder: Path) -> None:
    """Makes the folder, or empties one that an earlier run has filled. Raises `Invalid` FOLDER_NOT_EMPTY."""
    folder.mkdir(parents=True, exist_ok=True)
    there = sorted(entry.name for entry in folder.iterdir())
    if not there:
        return
    own = _made_before(folder / WORLD)
    if own is None:
        message = f"{folder} holds other things ({', '.join(there[:3])}). Name a new folder, or an empty one."
        raise Invalid("FOLDER_NOT_EMPTY", message, {"file": str(folder)})
    for name in (*own, TRUTH, MAPPING, WORLD):
        (folder / Path(name).name).unlink(missing_ok=True)


def _made_before(world: Path) -> list[str] | None:
    """The files that an earlier run named in its `world.json`; None where there was none."""
    try:
        return [str(name) for name in json.loads(world.read_text(encoding="utf-8"))["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def describe(made: Generated, seed: int, style: str) -> str:
    """The text of `world.json`."""
    world, calendar = made.world, made.world.calendar
    entities = {name: len(codes) for name, codes in sorted(world.codes.items())}
    files = {file.name: asdict(file) for file in made.files}
    said = {
        "seed": seed,
        "style": style,
        "size": asdict(world.size),
        "period": [str(calendar.first), str(np.datetime64(calendar.first) + len(calendar) - 1)],
        "ledger_rows": made.ledger_rows,
        "entities": entities,
        "files": files,
    }
    return _said(said)


def _said(facts: Mapping[str, object]) -> str:
    made_by = {"made_by": f"perito generate {version('perito-simulator')}"}
    return json.dumps({**made_by, **facts}, indent=1, ensure_ascii=False) + "\n"
