"""Compute functions that the tests run in real children. Imported by name there, so this folder is on their path."""

import ctypes
import gc
import json
import mmap
import os
import sys
import time
from pathlib import Path
from typing import Any

from perito_kernel.errors import Invalid
from perito_kernel.phases import Job, Outcome, OutputFile, Report, RuleOutcome, RuleStatus

_kept: list[bytes] = []
_reserved: list[mmap.mmap] = []
_swept: list[int] = []


def echo(job: Job, report: Report) -> Outcome:
    """Says what it got, through a file and through the outcome."""
    report(0.5, "half way")
    seen = {
        "files": [Path(file.path).read_text() for file in job.files],
        "mapping": Path(job.mapping).read_text() if job.mapping else "",
        "upstream": {result.phase: sorted(result.artifacts) or result.missing_reason for result in job.upstream},
        "params": dict(job.params),
    }
    Path(job.out, "seen.json").write_text(json.dumps(seen, sort_keys=True))
    return Outcome(
        content_digest="d" * 64,
        artifacts=[OutputFile("seen.json", "application/json", rows=1)],
        rules=[RuleOutcome("V-004", "1", RuleStatus.PASSED, evaluated=3, facts={"net": "-110"})],
        summary={"pid": os.getpid(), "cwd": str(Path.cwd()), "threads": job.threads},
        as_of="2026-01-31T00:00:00Z",
    )


def sweeps() -> bool:
    """A chore: sweeps one of three rooms."""
    _swept.append(len(_swept))
    return len(_swept) < 3


def tells_what_is_swept(job: Job, report: Report) -> Outcome:
    """Says how many rooms are swept, and leaves all of them dirty."""
    rooms = len(_swept)
    _swept.clear()
    return Outcome("d" * 64, [], summary={"rooms": rooms})


def reserves(job: Job, report: Report) -> Outcome:
    """Leaves addresses that it never touches, as an allocator does that keeps what it gave back."""
    mib = int(job.params.get("mib", 480))
    _reserved.append(mmap.mmap(-1, mib << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
    return echo(job, report)


def writes_parquet(job: Job, report: Report) -> Outcome:
    """Leaves a small Parquet file that came out of the query engine, as every phase does."""
    import duckdb  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    with duckdb.connect(config={"threads": job.threads}) as connection:
        table = connection.sql("SELECT range AS n, range::VARCHAR AS word FROM range(100000)").to_arrow_table()
    with parquet.ParquetWriter(Path(job.out) / "table.parquet", table.schema) as writer:
        writer.write_table(table)
    return echo(job, report)


def noisy(job: Job, report: Report) -> Outcome:
    """Prints where only the channel may speak."""
    print("stray", flush=True)  # noqa: T201 - the point of it
    os.write(1, b"stray again\n")
    for line in range(200):
        sys.stderr.write(f"line {line}\n")
    return echo(job, report)


def chatty(job: Job, report: Report) -> Outcome:
    """Reports far more often than anyone wants to read."""
    for step in range(100_000):
        report(step / 100_000, f"step {step}")
    return echo(job, report)


def silent(job: Job, report: Report) -> Outcome:
    """Works for a while and says nothing."""
    time.sleep(float(job.params["delay"]))
    return echo(job, report)


def refuses(job: Job, report: Report) -> Outcome:
    """Bad input."""
    raise Invalid("DATE_UNREADABLE", "Row 7 holds no date.", {"file": "sales.csv", "row": 7})


def breaks(job: Job, report: Report) -> Outcome:
    """A fault of ours."""
    raise ValueError("secret of a client")


def segfaults(job: Job, report: Report) -> Outcome:
    """A crash in native code."""
    ctypes.string_at(0)
    raise AssertionError("unreachable")


def stops(job: Job, report: Report) -> Outcome:
    """Never ends and holds the interpreter's lock all the time: C code that never looks up."""
    ctypes.PyDLL(None).sleep(3600)
    raise AssertionError("unreachable")


def sleeps(job: Job, report: Report) -> Outcome:
    """Never ends, politely."""
    time.sleep(3600)
    return echo(job, report)


def leaves(job: Job, report: Report) -> Outcome:
    """Ends the process without an answer."""
    os._exit(3)


def aborts_of_memory(job: Job, report: Report) -> Outcome:
    """What libstdc++ does where nobody catches a failed allocation."""
    os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n")
    os.abort()


def eats(job: Job, report: Report) -> Outcome:
    """Touches what it may and gives it back."""
    mib = int(job.params["mib"])
    eaten = [os.urandom(1024**2) for _ in range(mib)]
    time.sleep(0.2)  # long enough to be looked at
    return Outcome(str(len(eaten)), [])


def keeps(job: Job, report: Report) -> Outcome:
    """Touches what it may and never gives it back."""
    _kept.extend(os.urandom(1024**2) for _ in range(int(job.params["mib"])))
    return echo(job, report)


def tells_too_much(job: Job, report: Report) -> Outcome:
    """A summary of 6 MiB."""
    return Outcome("d", [], summary={"rows": "x" * 6 * 1024**2})


def eats_in_one_bite(job: Job, report: Report) -> Outcome:
    """One huge allocation."""
    return _count(bytearray(8 * 1024**3))


def eats_slowly(job: Job, report: Report) -> Outcome:
    """Touches more and more memory, 1 MiB at a time, past what it is given."""
    eaten: list[bytes] = []
    while True:
        eaten.append(os.urandom(1024**2))


def eats_in_one_mapping(job: Job, report: Report) -> Outcome:
    """One huge mapping, refused as an OSError."""
    return _count(len(mmap.mmap(-1, 2 * 1024**3, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)))


def eats_shared_memory(job: Job, report: Report) -> Outcome:
    """Memory that RLIMIT_DATA does not count: only who looks at what is resident can see it."""
    block = mmap.mmap(-1, 2 * 1024**3, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
    for start in range(0, len(block), 4096):
        block[start] = 1
    return _count(len(block))


def eats_through_engine(job: Job, report: Report) -> Outcome:
    """The query whose memory the engine's own limit does not bind."""
    import duckdb  # noqa: PLC0415 - only where it is used

    database = duckdb.connect(config={"memory_limit": f"{job.memory_bytes}B", "threads": job.threads})
    return _count(database.execute("select len(range(60000000))").fetchall())


def names_what_it_did_not_leave(job: Job, report: Report) -> Outcome:
    """Points outside its folder."""
    Path(job.scratch, "x").write_text("x")
    return Outcome("d", [OutputFile(str(job.params["name"]), "text/plain")])


def leaves_a_link(job: Job, report: Report) -> Outcome:
    """Tries to carry out what it may not read itself."""
    Path(job.out, "link").symlink_to("/etc/hostname")
    return Outcome("d", [OutputFile("link", "text/plain")])


def tells_its_world(job: Job, report: Report) -> Outcome:
    """What a child can see."""
    modules = sorted(name for name in ("duckdb", "pyarrow") if name in sys.modules)
    seen = {"environment": sorted(os.environ), "modules": modules, "group": os.getpgid(0), "collects": gc.isenabled()}
    return Outcome("d", [], summary=seen)


def tells_its_key(job: Job, report: Report) -> Outcome:
    """Which key of pseudonyms it was given."""
    return Outcome("d", [], summary={"key": job.pseudonym_key})


def proposes(job: Job, report: Report) -> Outcome:
    """A proposal that says what it was given."""
    told = json.dumps({"files": [file.name for file in job.files], "mapping": job.mapping, "params": dict(job.params)})
    columns = {"source_column": "SKU", "table_name": "sales", "column_name": "product", "status": "mapped"}
    said = {"confidence": "0.93", "reason_en": "its name", "reason_es": "su nombre"}
    bare = dict.fromkeys(("source_column", "table_name", "column_name", "confidence", "reason_en", "reason_es"))
    placements = [
        {"ordinal": 1, "file_id": 0, "file": "0.csv", **columns, **said},
        {"ordinal": 2, "file_id": 1, "file": "1.csv", **bare, "status": "unplaced"},
    ]
    question = {"ordinal": 1, "file_id": None, "file": None, "topic": "currency", "add_yaml": "currency: EUR"}
    questions = [{**question, "question_en": "Which?", "question_es": "¿Cuál?"}]
    targets = [{"table_name": "sales", "column_name": "qty", "meaning": "Sold", "required": False}]
    _leave(job, json.dumps({"mapping": told, "placements": placements, "questions": questions, "targets": targets}))
    return Outcome("", [OutputFile("proposal.json", "application/json")])


def proposes_nonsense(job: Job, report: Report) -> Outcome:
    """A fault of ours."""
    _leave(job, '{"mapping": "x", "placements": [{"status": "lost"}], "questions": [], "targets": []}')
    return Outcome("", [])


def proposes_too_much(job: Job, report: Report) -> Outcome:
    """Ten thousand columns in each of many files."""
    _leave(job, json.dumps({"mapping": "x" * 5 * 1024**2, "placements": [], "questions": [], "targets": []}))
    return Outcome("", [])


def _leave(job: Job, text: str) -> None:
    Path(job.out, "proposal.json").write_text(text)


def _count(value: object) -> Outcome:
    return Outcome(str(len(str(value))), [])


def describes(package: str) -> list[dict[str, Any]]:
    """What rules say of themselves; `package` says how it goes."""
    if package == "broken_rules":
        raise ValueError("secret")
    words = {"en": "A count differs", "es": "Un conteo difiere"}
    parameter = {"name": "days", "type": "integer", "default_value": "3", "meaning": "days to wait"}
    rule = {"id": "T-001", "version": "2", "kind": "set", "severity": "high", "source": "practice", "sql": "SELECT 1"}
    texts = {"title": words, "explanation": words, "remedy": {"en": "Count again.", "es": ""}}
    return [{**rule, **texts, "parameters": [parameter], "needs": ["counts.product"], "optional": []}]
