"""The published schema of mapping files says what validation's reader accepts, with the canonical names filled in."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from perito_kernel.errors import Invalid
from perito_rules.canonical import load_canonical
from perito_validation.mapping import parse_mapping

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "libs" / "rules" / "src" / "perito_rules" / "mapping.schema.json"


def mapping(**columns: Any) -> dict[str, Any]:
    tables = {"sales": {"columns": {"document": "Ticket", **columns}}}
    return {"version": 1, "currency": "NGN", "files": {"sales.csv": {"tables": tables}}}


WRONG = {
    "a column that no table has": mapping(colour="Colour"),
    "a table that does not exist": {
        **mapping(),
        "files": {"a.csv": {"tables": {"saless": {"columns": {"document": "Ticket"}}}}},
    },
    "a field that a cell has not": mapping(qty={"column": "Qty", "decimals": ","}),
    "a currency that is none": {**mapping(), "currency": "naira"},
    "a version of the future": {**mapping(), "version": 2},
}


def accepted_by_schema(value: dict[str, Any]) -> bool:
    checker = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    return checker.is_valid(value)  # pyright: ignore[reportUnknownMemberType]  # jsonschema's own stubs leave the instance open


def accepted_by_reader(value: dict[str, Any]) -> bool:
    tables = {name: list(table.columns) for name, table in load_canonical().items()}
    try:
        parse_mapping(json.dumps(value), tables)
    except Invalid:
        return False
    return True


def test_the_schema_is_what_the_generator_writes() -> None:
    spec = importlib.util.spec_from_file_location("canonical_generator", ROOT / "libs" / "rules" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    wrong = [str(path) for path, text in module.outputs().items() if path.read_text("utf-8") != text]
    assert wrong == [], "run libs/rules/generate.py"


@pytest.mark.parametrize("name", WRONG)
def test_schema_and_reader_refuse_the_same(name: str) -> None:
    assert not accepted_by_schema(WRONG[name])
    assert not accepted_by_reader(WRONG[name])


def test_schema_and_reader_accept_the_same() -> None:
    value = mapping(qty={"column": "Qty", "thousands": ","}, ts={"column": "Date", "format": "%d/%m/%Y"})
    assert accepted_by_schema(value)
    assert accepted_by_reader(value)
