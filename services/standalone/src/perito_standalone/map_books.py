"""`perito map`: how could these files be read? Asked of validation's proposal in a compute child, without services."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from perito_kernel.errors import Internal, Precondition
from perito_kernel.phases import InputFile, Job
from perito_runtime.compute import ComputePool, Slot
from perito_validation.phase import PHASE

from perito_standalone.books_folder import DEFAULT_MAPPING, Books

_PROPOSAL = "proposal.json"
_PIECE = 1 << 20
_HASHED = 0.1
"""Share of the progress that hashing the files takes."""
OnProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class Proposed:
    """A proposed mapping (YAML), and what was understood, as a report's section `understanding` has it."""

    mapping: str
    understanding: Mapping[str, Any]


async def propose(books: Books, hints: Mapping[str, str], memory_bytes: int, on_progress: OnProgress) -> Proposed:
    """Proposes a mapping for the books. Raises `PeritoError` where none of them can be read."""
    async with ComputePool(1, memory_bytes) as pool:
        slot = pool.try_acquire()
        if slot is None:
            raise Internal("NO_SLOT", "A new compute pool had no free slot.")
        with slot:
            files = await asyncio.to_thread(_hashed, books, on_progress)
            job = _job(pool, slot, files, hints)
            await slot.run(
                PHASE.propose,
                job,
                lambda share, step: on_progress(_HASHED + (1 - _HASHED) * share, step),
                pool.kill_after_seconds,
            )
            said = json.loads(await asyncio.to_thread((slot.out / _PROPOSAL).read_text, "utf-8"))
    return Proposed(said["mapping"], understanding(said))


def understanding(said: Mapping[str, Any]) -> dict[str, Any]:
    """A proposal's rows in the form of a report's section: questions, then files with their columns."""
    files = [
        {
            "file": name,
            "tables": sorted({row["table_name"] for row in rows if row["table_name"]}),
            "columns": [
                {
                    "source_column": row["source_column"],
                    "table": row["table_name"],
                    "column": row["column_name"],
                    "status": row["status"],
                    "confidence": row["confidence"],
                    "reason": {"en": row["reason_en"], "es": row["reason_es"]},
                }
                for row in rows
            ],
        }
        for name, rows in ((name, list(group)) for name, group in groupby(said["placements"], lambda row: row["file"]))
    ]
    questions = [
        {
            "file": row["file"],
            "topic": row["topic"],
            "question": {"en": row["question_en"], "es": row["question_es"]},
            "add_yaml": row["add_yaml"],
        }
        for row in said["questions"]
    ]
    return {"questions": questions, "files": files}


def target_of(path: Path, out: Path | None, *, force: bool) -> Path:
    """Where the proposal will be written: `out`, or beside the files. Raises Precondition MAPPING_EXISTS."""
    target = out or (path if path.is_dir() else path.parent) / DEFAULT_MAPPING
    if target.exists() and not force:
        raise Precondition(
            "MAPPING_EXISTS",
            f"There is a mapping at {target} already. Name another file with --out, or write over it with --force.",
            {"file": str(target)},
        )
    return target


def write_mapping(target: Path, text: str) -> None:
    """Writes the proposal. Raises Precondition OUT_UNUSABLE."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Precondition(
            "OUT_UNUSABLE", f"Cannot write {target} ({error.strerror}). Name another file with --out."
        ) from error


def _hashed(books: Books, on_progress: OnProgress) -> list[InputFile]:
    total, done = sum(path.stat().st_size for path in books.files) or 1, 0
    files: list[InputFile] = []
    for path in books.files:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                done += len(piece)
                on_progress(_HASHED * done / total, f"hashing {path.name}")
        files.append(InputFile(path.name, str(path.absolute()), digest.hexdigest(), path.stat().st_size))
    return files


def _job(pool: ComputePool, slot: Slot, files: list[InputFile], hints: Mapping[str, str]) -> Job:
    return Job(
        phase=PHASE.name,
        rules="",
        files=files,
        mapping="",
        upstream=(),
        params={"hints": dict(hints)},
        out=str(slot.out),
        scratch=str(slot.scratch),
        threads=pool.threads,
        memory_bytes=pool.job_memory_bytes,
    )
