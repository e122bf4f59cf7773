"""`report.csv`: every finding of the analysis in one table, by priority, for spreadsheets and for other programs.

Nothing is left out, so its rows are the true total. Numbers are decimal text as in the lists; a text that a spreadsheet
would take for a formula begins with an apostrophe.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from perito_reporting.sources import Sources

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "report.csv"
MEDIA_TYPE = "text/csv; charset=utf-8"

_ROWS_PER_BATCH = 20_000
# What spreadsheets begin a formula with, full-width forms and characters that they skip before one included.
_FORMULA = r"^[-=+@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}\t\n\r]"


def _text(value: str) -> str:
    """SQL of a text cell; a number stays one."""
    harmless = f"regexp_full_match({value}, '-?[0-9]+([.][0-9]+)?')"
    formula = f"regexp_matches({value}, '{_FORMULA}')"
    return f"case when {formula} and not {harmless} then '''' || {value} else {value} end"


_CELLS = {
    "fingerprint": "f.fingerprint",
    "rule_id": _text("f.rule_id"),
    "rule_version": _text("t.rule_version"),
    "phase": _text("f.phase"),
    "severity": "f.severity",
    "confidence": "f.confidence::VARCHAR",
    "impact": "f.impact::VARCHAR",
    "currency": _text("f.currency"),
    "title_en": _text("t.title_en"),
    "title_es": _text("t.title_es"),
    "identity": _text("f.identity_json"),
    "period_start": "f.period_start::VARCHAR",
    "period_end": "f.period_end::VARCHAR",
    "observed": _text("t.observed"),
    "expected": _text("t.expected"),
    "delta_qty": _text("t.delta_qty"),
    "delta_value": _text("t.delta_value"),
    "measures": _text("t.measures_json"),
    "row_count": "f.row_count::VARCHAR",
    "systemic": "f.systemic::VARCHAR",
    "recoverable": "f.recoverable::VARCHAR",
    "case": "root.fingerprint",
    "cause": "cause.fingerprint",
}


def write_findings(sources: Sources, path: Path) -> int:
    """Writes the table in bounded memory and returns the number of findings. The cases must have been folded."""
    import pyarrow.csv  # noqa: PLC0415 - heavy, and only compute children need it

    cells = ", ".join(f'{sql} as "{name}"' for name, sql in _CELLS.items())
    reader = sources.con.sql(f"""
        select {cells}
        from findings f join finding_texts t on t.fingerprint = f.fingerprint and t.rule_id = f.rule_id
        join members m using (n) join findings root on root.n = m.root left join findings cause on cause.n = m.cause
        order by f.priority desc nulls last, f.severity_rank desc, f.fingerprint, f.rule_id
        """).to_arrow_reader(_ROWS_PER_BATCH)  # noqa: S608 - our own columns
    rows = 0
    with pyarrow.csv.CSVWriter(str(path), reader.schema) as writer:
        batch: pa.RecordBatch
        for batch in reader:
            writer.write_batch(batch)  # pyright: ignore[reportUnknownMemberType] - its stubs are half open
            rows += batch.num_rows
    return rows
