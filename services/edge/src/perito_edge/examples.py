"""Examples for the API description, put together from those that each field of a model brings. Pure.

A field without one is left out, so that a test which holds every example to its schema names what was forgotten.
"""

from collections.abc import Mapping
from typing import Any

NONE = object()
"""There is no example."""


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """An example of a schema, `NONE` where nothing says one. `schemas`: the description's components by name."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        found = [example_of(option, schemas) for option in schema["anyOf"]]
        return next((example for example in found if example is not NONE), NONE)
    return _of_container(schema, schemas)


def _of_container(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "null":
        return None
    if kind == "array":
        item = example_of(schema.get("items", {}), schemas)
        return NONE if item is NONE else [item]
    if kind == "object":
        members = {name: example_of(member, schemas) for name, member in schema.get("properties", {}).items()}
        return {name: example for name, example in members.items() if example is not NONE}
    return NONE
