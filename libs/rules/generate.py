"""Generates docs/canonical.md and the JSON schema of mapping files from canonical.yaml. With --check it writes nothing
and fails when the tree differs.

The page is for people who write a mapping, the schema for the editors they write it in. What a cell may say beside the
canonical names is taken from validation's own model, so the schema cannot promise what the reader refuses.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from perito_rules.canonical import SYSTEM_TABLES, Column, Table, load_canonical

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "canonical.md"
SCHEMA = ROOT / "libs" / "rules" / "src" / "perito_rules" / "mapping.schema.json"

_INTRODUCTION = """# Canonical tables

Generated from `libs/rules/src/perito_rules/canonical.yaml` by `libs/rules/generate.py`; edit that file, not this page.

Validation writes every book in these tables, and all rules read them. A book need not hold them all: a rule whose
tables or columns are missing says what it needs.

- **Key** columns name a row. One marked *may be absent* can be missing from a book: the rest is the key then, and a
  blank there is a value like any other.
- Quantities are in base units of the product, money in the currency of the analysis, times are UTC instants.
- Beside each column that is not text stands `<column>_source`, the text as read, null where the cell stands as it was
  read; beside dates and times `<column>_alternative`, the other possible reading; beside times `<column>_date`, the
  local business date. A blank cell is null. A cell that could not be read is null with its text in `_source`.
- Every row ends with `_file_id`, `_record`, `_line` (where it stands in its file) and `_duplicate_file`,
  `_duplicate_record` (the first equal row, null unless it repeats one).
- *Personal* columns name or describe a natural person.
- Headers are compared in lower case, without accents, words joined by `_`: `QtyOrdered` is `qty_ordered`.
"""


def page() -> str:
    """The whole of docs/canonical.md."""
    parts = [_INTRODUCTION]
    parts += [_section(table) for table in load_canonical().values()]
    parts.append("# System tables\n\nWhat validation says about its own reading.\n")
    parts += [_section(table) for table in SYSTEM_TABLES.values()]
    return "\n".join(parts)


def schema(model: Mapping[str, Any]) -> str:
    """The JSON schema of a mapping file: `model` (validation's own) with the canonical names filled in."""
    made: dict[str, Any] = json.loads(json.dumps(model))
    definitions: dict[str, Any] = made["$defs"]
    general: dict[str, Any] = definitions.pop("TableMapping")
    definitions["Constant"] = general["properties"]["constants"]["additionalProperties"]
    # The short form `product: ProductID` is turned into the long one before validation's model sees it.
    short = {"type": "string", "minLength": 1, "maxLength": 200}
    definitions["ColumnOrCell"] = {"anyOf": [short, {"$ref": "#/$defs/Cell"}]}
    for table in load_canonical().values():
        definitions[f"table_{table.name}"] = _table_schema(table, general)
    tables: dict[str, Any] = definitions["FileMapping"]["properties"]["tables"]
    tables.pop("additionalProperties", None)
    tables["properties"] = {name: {"$ref": f"#/$defs/table_{name}"} for name in load_canonical()}
    tables["additionalProperties"] = False
    made |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Perito mapping"}
    return json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def outputs() -> dict[Path, str]:
    """Every generated file with its text. Needs the whole workspace: validation's mapping model is read."""
    from perito_validation.mapping import BooksMapping  # noqa: PLC0415  # the page is made without validation

    return {PAGE: page(), SCHEMA: schema(BooksMapping.model_json_schema())}


def main() -> int:
    """Entry point."""
    texts = outputs()
    if "--check" in sys.argv:
        wrong = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
        for path in wrong:
            sys.stdout.write(f"{path.relative_to(ROOT)} differs from what is generated: run libs/rules/generate.py\n")
        return 1 if wrong else 0
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    return 0


def _table_schema(table: Table, general: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(general))
    made["description"] = table.meaning
    made["title"] = table.name
    for group, kind in (("columns", "ColumnOrCell"), ("constants", "Constant")):
        place: dict[str, Any] = made["properties"][group]
        each = {"$ref": f"#/$defs/{kind}"}
        place["properties"] = {c.name: {**each, "description": c.meaning} for c in table.columns.values()}
        place["additionalProperties"] = False
    return made


def _section(table: Table) -> str:
    named = [f"`{name}`{' (may be absent)' if table.columns[name].nullable else ''}" for name in table.key]
    key = ", ".join(named) or "none, rows may repeat"
    head = f"## {table.name}\n\n{table.meaning} Version {table.version}. Key: {key}.\n"
    also = (*table.synonyms_en, *table.synonyms_es)
    head += f"\nFiles of it are called: {', '.join(also)}.\n" if also else ""
    if table.system:
        rows = ["| column | type | meaning |", "|---|---|---|"]
        rows += [f"| `{c.name}` | {c.type.value} | {_meaning(c)} |" for c in table.columns.values()]
    else:
        rows = ["| column | type | unit | meaning | headers |", "|---|---|---|---|---|"]
        rows += [
            f"| `{c.name}` | {c.type.value} | {c.unit} | {_meaning(c)} | {_headers(c)} |"
            for c in table.columns.values()
        ]
    values = [line for c in table.columns.values() for line in _values(c)]
    return "\n".join([head, *rows, "", *([*values, ""] if values else [])])


def _meaning(column: Column) -> str:
    notes = [column.meaning.rstrip(".")]
    if not column.nullable:
        notes.append("required")
    if column.references:
        notes.append(f"a `{column.references}`")
    if column.personal:
        notes.append("personal")
    return "; ".join(notes)


def _headers(column: Column) -> str:
    return ", ".join((*column.synonyms_en, *column.synonyms_es))


def _values(column: Column) -> Iterator[str]:
    for value, words in column.values.items():
        also = f": {', '.join(words)}" if words else ""
        yield f"- `{column.name}` = `{value}`{also}"


if __name__ == "__main__":
    raise SystemExit(main())
