"""The API goes on answering clients of the last release. Each break that is planted is found; what is new is none."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.openapi_breaks import breaks

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOW = json.loads((DOCS / "openapi.json").read_text("utf-8"))
ALLOWED: dict[str, str] = {}
"""Breaks that were meant, each with why its clients are not left alone: what is said here is passed over."""


def last_release() -> dict[str, Any]:
    """The description of the newest release. Whoever releases copies `openapi.json` there under its version."""
    found = {
        tuple(map(int, match[1].split("."))): path
        for path in (DOCS / "releases").iterdir()
        if (match := re.fullmatch(r"openapi-(\d+\.\d+\.\d+)\.json", path.name))
    }
    return json.loads(found[max(found)].read_text("utf-8"))


def test_nothing_that_the_last_release_promised_is_broken() -> None:
    found = [each for each in breaks(last_release(), NOW) if each not in ALLOWED]
    assert not found, (
        "Clients of the last release would fail. Keep what they use, or, where it must be, say in ALLOWED why:\n"
        + "\n".join(found)
    )


def test_what_is_allowed_is_a_break() -> None:
    assert set(ALLOWED) <= set(breaks(last_release(), NOW)), "it is none any more"


Change = Callable[[dict[str, Any]], object]
API = "/api/forensic"
STATUS = ("paths", f"{API}/status/{{analysis_id}}", "get")
ANALYZE = ("paths", f"{API}/analyze", "post")


def at(document: dict[str, Any], *path: str) -> Any:
    for name in path:
        document = document[name]
    return document


def schema(name: str) -> tuple[str, str, str]:
    return "components", "schemas", name


def _gone(document: dict[str, Any]) -> None:
    del document["paths"][f"{API}/list"]


def _renamed(members: dict[str, Any], old: str, new: str) -> None:
    members[new] = members.pop(old)


PLANTED: dict[str, tuple[Change, str]] = {
    "an operation is gone": (_gone, r"GET /api/forensic/list: is gone"),
    "an operation has another name": (
        lambda d: at(d, *STATUS).update(operationId="status"), r"operationId was get_status and is status"
    ),
    "a parameter is gone": (
        lambda d: at(d, "paths", f"{API}/export/{{analysis_id}}", "get")["parameters"].pop(), r"parameter \S+ is gone"
    ),
    "a parameter is new and required": (
        lambda d: at(d, *STATUS).setdefault("parameters", []).append(
            {"name": "verbose", "in": "query", "required": True, "schema": {"type": "boolean"}}
        ),
        r"query parameter verbose is required now",
    ),
    "an answer has no such member any more": (
        lambda d: at(d, *schema("Status"), "properties").pop("progress"), r"/progress: is gone"
    ),
    "a member of an answer has another name": (
        lambda d: _renamed(at(d, *schema("Status"), "properties"), "progress", "percent"), r"/progress: is gone"
    ),
    "a member of an answer may be missing": (
        lambda d: at(d, *schema("Status"), "required").remove("status"), r"/status: may be missing"
    ),
    "a member of an answer may be null": (
        lambda d: at(d, *schema("Status"), "properties", "progress").update(type=["integer", "null"]),
        r"/progress: may be null",
    ),
    "a member of an answer is of another type": (
        lambda d: at(d, *schema("Status"), "properties", "progress").update(type="string"), r"/progress: may be string"
    ),
    "an answer may hold a new word": (
        lambda d: at(d, *schema("AnalysisStatus"), "enum").append("paused"), r"may be paused"
    ),
    "a request needs a new member": (
        lambda d: at(d, *schema("CancelRequest")).update(required=["reason"]), r"body /reason: may be missing, and is"
    ),
    "a request may no longer have a member": (
        lambda d: at(d, *schema("AnalyzeRequest"), "properties").pop("name"), r"body /name: is no longer taken"
    ),
    "a request takes fewer words": (
        lambda d: at(d, *schema("Format"), "enum").remove("csv"), r"/format: may be csv"
    ),
    "a request takes shorter texts": (
        lambda d: at(d, *schema("AnalyzeRequest"), "properties", "name").update(maxLength=9), r"name: maxLength was 200"
    ),
    "a request takes another type": (
        lambda d: at(d, *schema("AnalyzeRequest"), "properties", "name").update(type="integer"), r"/name: may be string"
    ),
    "a status is gone": (lambda d: at(d, *ANALYZE, "responses").pop("409"), r"409 is no longer answered"),
    "a media type is gone": (
        lambda d: _renamed(at(d, *ANALYZE, "requestBody", "content"), "application/json", "text/json"),
        r"a body as application/json is no longer taken",
    ),
    "a header is gone": (
        lambda d: at(d, *ANALYZE, "responses", "202", "headers").pop("Location"), r"no longer has the header Location"
    ),
    "another scope is needed": (
        lambda d: at(d, *STATUS).update(security=[{"key": ["admin"]}]), r"is no longer enough"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_break_is_found(name: str) -> None:
    change, words = PLANTED[name]
    after = copy.deepcopy(NOW)
    change(after)
    found = breaks(NOW, after)
    assert any(re.search(words, each) for each in found), found


HARMLESS: dict[str, Change] = {
    "nothing": lambda _: None,
    "a new operation": lambda d: d["paths"].update({f"{API}/new": {"get": at(d, *STATUS)}}),
    "a new optional parameter": lambda d: at(d, *STATUS).setdefault("parameters", []).append(
        {"name": "verbose", "in": "query", "schema": {"type": "boolean"}}
    ),
    "a new member of an answer": lambda d: at(d, *schema("Status"), "properties").update(eta={"type": "string"}),
    "a new optional member of a request": lambda d: at(d, *schema("CancelRequest"), "properties").update(
        note={"type": "string"}
    ),
    "a new word that a request takes": lambda d: at(d, *schema("Format"), "enum").append(
        "xlsx"
    ),
    "longer texts of a request": lambda d: at(d, *schema("AnalyzeRequest"), "properties", "name").update(maxLength=300),
    "other words of a description": lambda d: at(d, *STATUS).update(description="Where it stands now."),
    "a new status": lambda d: at(d, *STATUS, "responses").update({"304": {"description": "The same."}}),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_new_breaks_nobody(name: str) -> None:
    after = copy.deepcopy(NOW)
    HARMLESS[name](after)
    assert breaks(NOW, after) == []
