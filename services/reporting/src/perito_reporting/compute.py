"""The phase's work in a compute child: artefacts of the earlier phases in, report and page out."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from perito_kernel.phases import Job, Outcome, OutputFile, Report

from perito_reporting import findings_csv
from perito_reporting.document import assemble, to_bytes
from perito_reporting.page import content_security_policy, render
from perito_reporting.sources import Sources, open_sources
from perito_reporting.voice import Language

if TYPE_CHECKING:
    import pyarrow as pa

PAGES: dict[Language, str] = {"en": "report.html", "es": "report.es.html"}
"""The artefact of each language."""

_ROWS_PER_BATCH = 100_000


def report(job: Job, progress: Report) -> Outcome:
    """Writes `report.json`, a page per language, `report-csp.txt`, `report.csv` and `cases.parquet` (every finding with
    its texts, and with its case).
    """
    out = Path(job.out)
    with open_sources(job) as sources:
        progress(0.1, "folding findings into cases")
        document = assemble(sources)
        progress(0.6, "writing the report")
        data = to_bytes(document)
        (out / "report.json").write_bytes(data)
        rows = _write_members(sources, out / "cases.parquet")
        progress(0.7, "listing the findings")
        listed = findings_csv.write_findings(sources, out / findings_csv.NAME)
    digest = hashlib.sha256(hashlib.sha256(data).digest())
    with (out / findings_csv.NAME).open("rb") as table:
        digest.update(hashlib.file_digest(table, "sha256").digest())
    pages: list[OutputFile] = []
    for language, name in PAGES.items():
        progress(0.8 if not pages else 0.9, "drawing the page")
        html = render(document, language).encode()
        (out / name).write_bytes(html)
        digest.update(hashlib.sha256(html).digest())
        pages.append(OutputFile(name, "text/html; charset=utf-8"))
    (out / "report-csp.txt").write_text(content_security_policy() + "\n", encoding="ascii")
    return Outcome(
        content_digest=digest.hexdigest(),
        artifacts=[
            OutputFile("report.json", "application/json"),
            *pages,
            OutputFile(findings_csv.NAME, findings_csv.MEDIA_TYPE, listed),
            OutputFile("report-csp.txt", "text/plain; charset=us-ascii"),
            OutputFile("cases.parquet", "application/vnd.apache.parquet", rows),
        ],
        summary={
            "verdict": document["verdict"],
            "exposure": document["exposure"],
            "scores": {name: score["value"] for name, score in document["scores"].items()},
        },
    )


def _write_members(sources: Sources, path: Path) -> int:
    """Every finding with its case and cause, complete, in order of rule and fingerprint. Returns the number of rows."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - heavy, and only compute children need it

    reader = sources.con.sql("""
        select f.rule_id, f.fingerprint, root.fingerprint as case_id, cause.fingerprint as cause, s.story
        from members m join findings f using (n) join findings root on root.n = m.root
        left join findings cause on cause.n = m.cause join case_story s on s.root = m.root
        order by m.n""").to_arrow_reader(_ROWS_PER_BATCH)
    rows = 0
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        batch: pa.RecordBatch
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows
