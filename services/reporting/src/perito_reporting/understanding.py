"""What was understood of the files: each file, the tables it feeds, where its columns went, and open questions.

Made from validation's tables `placements` and `questions`; the confidence is null where a person gave the mapping.
"""

from itertools import groupby
from typing import Any

from perito_reporting.figures import plain
from perito_reporting.sources import Sources, text


def understanding(sources: Sources) -> dict[str, Any]:
    """Questions first (they are what the reader can do something about), then files in their order."""
    return {"questions": _questions(sources), "files": _files(sources)}


def _questions(sources: Sources) -> list[dict[str, Any]]:
    return [
        {
            "ordinal": row["ordinal"],
            "file": row["file"],
            "topic": row["topic"],
            "question": text(row["question_en"], row["question_es"]),
            "add_yaml": row["add_yaml"],
        }
        for row in sources.rows("""
            select q.*, f.name as file from questions q left join files f using (file_id)
            order by q.ordinal, q.file_id, q.topic, q.question_en""")
    ]


def _files(sources: Sources) -> list[dict[str, Any]]:
    rows = sources.rows("""
        select p.*, f.name as file from placements p left join files f using (file_id)
        order by p.file_id, p.ordinal, p.source_column, p.table_name, p.column_name""")
    return [_file(name, list(group)) for (_, name), group in groupby(rows, lambda row: (row["file_id"], row["file"]))]


def _file(name: str | None, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "file": name,
        "tables": sorted({row["table_name"] for row in rows if row["table_name"]}),
        "columns": [
            {
                "source_column": row["source_column"],
                "table": row["table_name"],
                "column": row["column_name"],
                "status": row["status"],
                "confidence": plain(row["confidence"]),
                "reason": text(row["reason_en"], row["reason_es"]),
            }
            for row in rows
        ],
    }
