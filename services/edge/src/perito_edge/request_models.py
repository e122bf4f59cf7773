"""What goes in as JSON, and the API description made from it.

Requests are strict: an unknown key or a wrong type is an error, because a misspelt option that is ignored gives a wrong
answer that looks right.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
Row = TypeAliasType("Row", dict[str, JsonValue])


def no_default(schema: dict[str, Any]) -> None:
    """Absent is not the same as what stands for it here."""
    del schema["default"]


def _not_null(value: object) -> object:
    if value is None:
        raise PydanticCustomError("null_given", "It is null: give it a value, or leave it out.")
    return value


NotNull = BeforeValidator(_not_null)
"""For what may be left out and is described without null."""


class Books(BaseModel):
    """Books as they stand in an application, at least one row in all. Columns are recognised by their names and
    values; the analysis says what it understood.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    providers: list[Row] = Field(default_factory=list[Row], description="Suppliers, one object each.")
    transactions: list[Row] = Field(
        default_factory=list[Row],
        description="Movements, where rows have a SKU, a quantity and a type; purchases, where they have an amount "
        "and a provider.",
    )
    inventory: list[Row] | dict[str, JsonValue] = Field(
        default_factory=list[Row], description="Stock: one object each, or an object by SKU."
    )


class AnalyzeRequest(BaseModel):
    """What to analyse: a dataset by its id, or the books themselves. Exactly one of the two."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"dataset_id": _ID, "name": "March, all shops"}],
            # Not `oneOf`: generators of clients take that for two types.
            "if": {"required": ["data"]},
            "then": {"not": {"required": ["dataset_id"]}},
            "else": {"required": ["dataset_id"]},
        },
    )

    dataset_id: str = Field(
        default="",
        json_schema_extra=no_default,
        description="Id that the upload answered.",
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    )
    data: Annotated[Books | SkipJsonSchema[None], NotNull] = Field(
        default=None, description="The books themselves.", json_schema_extra=no_default
    )
    phases: list[Annotated[int, Field(ge=1, le=99)]] | None = Field(
        default=None,
        min_length=1,
        max_length=99,
        description="Places of the phases to run; all where it is absent. What they require is added.",
    )
    name: str = Field(default="", max_length=200, description="Your name for the analysis.")
    params: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description='Parameters of the run, for example `{"rules": {"C-035": {"tolerance": "0.05"}}}`. '
        "`own_rules`: false runs it without the rules of your own.",
    )


class Hints(BaseModel):
    """What the files may not tell and you know. All of it may be left out."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"currency": "NGN", "timezone": "Africa/Lagos"}]}
    )

    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$", description="ISO 4217.")
    timezone: str = Field(default="", max_length=64, description="IANA name in which dates and times stand.")


Format = TypeAliasType("Format", Literal["json", "csv", "html"])
Language = TypeAliasType("Language", Literal["en", "es"])


class ExportRequest(BaseModel):
    """Which form of the report; all of it may be left out, and then the query says it."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"format": "csv"}]})

    format: Annotated[Format | SkipJsonSchema[None], NotNull] = Field(
        default=None, json_schema_extra=no_default, description="Default: as the query says, else `json`."
    )
    lang: Annotated[Language | SkipJsonSchema[None], NotNull] = Field(
        default=None, json_schema_extra=no_default, description="Language of the HTML page; else as the query says."
    )


class RerunRequest(BaseModel):
    """What is to be different; all of it may be left out."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"name": "March, to its end", "params": {"as_of": "2026-03-31T23:59:59Z"}}]},
    )

    name: Annotated[str | SkipJsonSchema[None], NotNull] = Field(
        default=None, max_length=200, json_schema_extra=no_default, description="Else as before."
    )
    phases: Annotated[list[Annotated[int, Field(ge=1, le=99)]] | SkipJsonSchema[None], NotNull] = Field(
        default=None,
        min_length=1,
        max_length=99,
        json_schema_extra=no_default,
        description="Places of the phases to run; else those that were asked for before.",
    )
    params: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description="Changes to the parameters (RFC 7396): what is null goes, what is not named stays.",
    )
    mapping: Annotated[str | SkipJsonSchema[None], NotNull] = Field(
        default=None,
        max_length=2**18,
        json_schema_extra=no_default,
        description="Another mapping, as YAML. The files are copied with it into a dataset of the new analysis.",
    )


class CancelRequest(BaseModel):
    """Why; may be left out."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"reason": "Wrong month uploaded."}]}
    )

    reason: str = Field(default="", max_length=500, description="For whoever looks at it later.")
