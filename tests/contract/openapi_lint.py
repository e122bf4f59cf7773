"""Rules that an API description keeps beyond being one: what people and generators of clients need, in words."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from tests.contract.openapi_breaks import Json, operations, resolved

PROBLEM = "application/problem+json"
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_IN_PATH = re.compile(r"\{(\w+)\}")
_LONGEST_SUMMARY = 80
_ALWAYS = ("422", "500", "503")
_WITH_KEY = ("401", "403")


def faults(document: Json) -> list[str]:
    """What breaks a rule, each with its place."""
    found: list[str] = []
    names = Counter(said.get("operationId", "") for _, _, said in operations(document))
    tags = {tag["name"] for tag in document.get("tags", ())}
    for path, method, said in operations(document):
        where = f"{method.upper()} {path}"
        found += [f"{where}: {fault}" for fault in _operation(document, path, said, names, tags)]
    used = {tag for _, _, said in operations(document) for tag in said.get("tags", ())}
    found += [f"tag {tag}: no operation has it" for tag in sorted(tags - used)]
    return [*found, *_components(document), *_schemas(document)]


def _operation(document: Json, path: str, said: Json, names: Counter[str], tags: set[str]) -> Iterator[str]:
    name = said.get("operationId", "")
    if not _NAME.fullmatch(name):
        yield f"operationId {name!r} is no name in lower case with underscores"
    elif names[name] > 1:
        yield f"operationId {name} is another one's too"
    summary = said.get("summary", "")
    if not 5 <= len(summary) <= _LONGEST_SUMMARY or summary.endswith("."):
        yield f"summary {summary!r} is no short line without a full stop"
    if len(said.get("description", "")) < 20:
        yield "it is not described"
    if not said.get("tags") or not set(said["tags"]) <= tags:
        yield f"tags {said.get('tags')} are not among those of the description"
    yield from _parameters(document, path, said)
    yield from _answers(document, said)
    for kind, media in resolved(said.get("requestBody", {}), document).get("content", {}).items():
        if not {"example", "examples"} & media.keys():
            yield f"the body as {kind} has no example"


def _parameters(document: Json, path: str, said: Json) -> Iterator[str]:
    parameters = [resolved(each, document) for each in said.get("parameters", ())]
    in_path = {each["name"] for each in parameters if each["in"] == "path"}
    if in_path != set(_IN_PATH.findall(path)):
        yield f"its path has {_IN_PATH.findall(path)}, its parameters {sorted(in_path)}"
    for each in parameters:
        if not each.get("description") or not {"example", "examples"} & each.keys():
            yield f"{each['in']} parameter {each['name']} has no description or no example"


def _answers(document: Json, said: Json) -> Iterator[str]:
    answers = {status: resolved(each, document) for status, each in said["responses"].items()}
    if not any(status.startswith("2") for status in answers):
        yield "it has no success"
    needed = (*_ALWAYS, *(_WITH_KEY if said.get("security") else ()))
    for status in (each for each in needed if each not in answers):
        yield f"it does not say what {status} is"
    for status, answer in answers.items():
        if not answer.get("description"):
            yield f"{status} is not described"
        for kind, media in answer.get("content", {}).items():
            if not {"example", "examples"} & media.keys():
                yield f"{status} as {kind} has no example"
        if (
            status.startswith(("4", "5"))
            and PROBLEM not in answer.get("content", {})
            and said["operationId"] != "health"
        ):
            yield f"{status} is no problem document"


def _components(document: Json) -> Iterator[str]:
    """Whatever nothing reachable refers to misleads."""
    parts: Json = document.get("components", {})
    reached: set[tuple[str, str]] = set()
    waiting: list[Any] = [{name: part for name, part in document.items() if name != "components"}]
    while waiting:
        for part, name in re.findall(r'"\$ref": "#/components/(\w+)/([^"]*)"', json.dumps(waiting.pop())):
            if (part, name) not in reached:
                reached.add((part, name))
                if name not in parts.get(part, {}):
                    yield f"components/{part}/{name}: it is referred to, and there is none"
                else:
                    waiting.append(parts[part][name])
    told = " ".join(answer.get("description", "") for _, _, said in operations(document) for answer in _all(said))
    reached |= {("schemas", name) for name in parts.get("schemas", {}) if re.search(rf"\b{name}\b", told)}
    schemes = {name for _, _, said in operations(document) for way in said.get("security", ()) for name in way}
    reached |= {("securitySchemes", name) for name in schemes}
    for part, members in parts.items():
        yield from (f"components/{part}/{name}: nothing uses it" for name in members if (part, name) not in reached)


def _all(said: Json) -> list[Json]:
    """What an answer holds that no schema can say, such as the events of a stream, its words name."""
    return list(said["responses"].values())


def _schemas(document: Json) -> Iterator[str]:
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        for place, part in _parts(schema, f"components/schemas/{name}"):
            missing = sorted(set(part.get("required", ())) - part.get("properties", {}).keys())
            if missing and "properties" in part:
                yield f"{place}: it requires {', '.join(missing)}, of which nothing is said"
            if "nullable" in part or "example" in part:
                yield f"{place}: `nullable` and `example` are of OpenAPI 3.0"
            if part.get("enum") and len(set(map(str, part["enum"]))) != len(part["enum"]):
                yield f"{place}: a word of its enumeration stands there twice"


def _parts(schema: Json, place: str) -> Iterator[tuple[str, Json]]:
    """The schema and all schemas in it; examples and defaults are none."""
    yield place, schema
    inner: dict[str, Any] = {f"{place}/{name}": part for name, part in schema.get("properties", {}).items()}
    for name, part in schema.items():
        if name in {"items", "additionalProperties", "if", "then", "else", "not"}:
            inner[f"{place}/{name}"] = part
        elif name in {"anyOf", "oneOf", "allOf", "prefixItems"}:
            inner |= {f"{place}/{name}/{number}": option for number, option in enumerate(part)}
    for where, part in inner.items():
        if isinstance(part, dict):
            yield from _parts(cast(Json, part), where)
