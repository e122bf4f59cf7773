"""The API description is one by OpenAPI's own schema, and keeps our rules; each rule finds what breaks it."""

import copy
import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from tests.contract.openapi_lint import faults
from tests.contract.test_openapi_breaks import ANALYZE, API, NOW, STATUS, Change, at, schema


def test_it_is_an_openapi_description() -> None:
    assert NOW["openapi"].startswith("3.1.")
    validate(NOW, cls=OpenAPIV31SpecValidator)


def test_what_is_none_is_found() -> None:
    broken = copy.deepcopy(NOW)
    del broken["info"]["title"]
    at(broken, *STATUS)["parameters"][0]["in"] = "nowhere"
    assert len(list(OpenAPIV31SpecValidator(broken).iter_errors())) > 1


def test_it_keeps_our_rules() -> None:
    assert faults(NOW) == []


PLANTED: dict[str, tuple[Change, str]] = {
    "no name": (lambda d: at(d, *STATUS).pop("operationId"), r"operationId '' is no name"),
    "a name of another": (lambda d: at(d, *STATUS).update(operationId="analyze"), r"analyze is another one's too"),
    "no summary": (lambda d: at(d, *STATUS).update(summary="X."), r"summary 'X.' is no short line"),
    "no description": (lambda d: at(d, *STATUS).pop("description"), r"it is not described"),
    "an unknown tag": (lambda d: at(d, *STATUS).update(tags=["misc"]), r"tags \['misc'\]"),
    "a tag of nobody": (lambda d: d["tags"].append({"name": "misc"}), r"tag misc: no operation has it"),
    "a parameter without a word": (
        lambda d: at(d, *STATUS)["parameters"][0].pop("description"), r"analysis_id has no description"
    ),
    "a path without its parameter": (
        lambda d: d["paths"].update({f"{API}/x/{{other}}": {"get": at(d, *STATUS)}}), r"its path has \['other'\]"
    ),
    "a body without an example": (
        lambda d: at(d, *ANALYZE, "requestBody", "content", "application/json").pop("example"), r"body .* no example"
    ),
    "an answer without an example": (
        lambda d: at(d, *STATUS, "responses", "200", "content", "application/json").pop("example"), r"200 .* no example"
    ),
    "no success": (lambda d: at(d, *STATUS, "responses").pop("200"), r"it has no success"),
    "no word on a wrong key": (lambda d: at(d, *STATUS, "responses").pop("401"), r"what 401 is"),
    "a refusal that is no problem": (
        lambda d: at(d, *STATUS, "responses", "404").update(content={}), r"404 is no problem document"
    ),
    "a schema that nothing uses": (
        lambda d: d["components"]["schemas"].update(Left={"type": "object"}), r"schemas/Left: nothing uses it"
    ),
    "a reference to nothing": (
        lambda d: at(d, *schema("Status"), "properties").update(x={"$ref": "#/components/schemas/None"}),
        r"schemas/None: it is referred to",
    ),
    "a required member of which nothing is said": (
        lambda d: at(d, *schema("Status"))["required"].append("nothing"), r"it requires nothing"
    ),
    "words of OpenAPI 3.0": (
        lambda d: at(d, *schema("Status"), "properties", "progress").update(nullable=True), r"of OpenAPI 3.0"
    ),
    "a word twice": (
        lambda d: at(d, *schema("AnalysisStatus"), "enum").append("pending"), r"stands there twice"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_broken_rule_is_found(name: str) -> None:
    change, words = PLANTED[name]
    document = copy.deepcopy(NOW)
    change(document)
    found = faults(document)
    assert any(re.search(words, each) for each in found), found
