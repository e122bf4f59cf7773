"""What is said of a tenant's own rules, in and out."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from perito_edge.models import Severity
from perito_edge.request_models import NotNull, no_default
from perito_edge.scalars import FINGERPRINT_EXAMPLE, Moment

TEXT_EXAMPLE = """/* ---
id: U-001
version: 1
kind: row
title: {en: Far fewer counted than the books say, es: Se contó mucho menos de lo que dicen los libros}
severity: high
phase: consistency
grain: count
unit: counts
table: counts
where: "system_qty > 0"
identity: [ts, product, location]
needs:
  counts: [ts, product, location, system_qty, counted_qty]
parameters:
  share: {type: decimal, default: "0.5", meaning: "share of the books' quantity below which a count is told"}
select:
  observed: sum(counted_qty)
  expected: sum(system_qty)
impact: "none, because what is lost is C-035's to say"
texts:
  finding: {en: "{product} at {location}: {observed:,} counted, {expected:,} in the books"}
explanation: {en: "Most of what the books have was not there."}
remedy: {en: "Count again, then look for issues that were not booked."}
example:
  tables:
    counts:
      - {ts: "2026-06-01 00:00:00", product: A, location: L1, system_qty: 10, counted_qty: 4}
      - {ts: "2026-06-01 00:00:00", product: B, location: L1, system_qty: 10, counted_qty: 6}
  finds:
    - {ts: "2026-06-01T00:00:00Z", product: A, location: L1}
--- */
counted_qty < $share * system_qty
"""
_RULE_ID = r"^U-[0-9]{3,4}$"
_ABSENT: Any = Field(default=None, json_schema_extra=no_default)
_PARAMETERS = {
    "share": {
        "type": "decimal",
        "default": "0.5",
        "meaning": "share of the books' quantity below which a count is told",
    }
}
_Text = Annotated[
    str,
    Field(
        min_length=1,
        max_length=65_536,
        description="The whole file: its header, then SQL, at most 64 KiB in UTF-8. The header names the rule's id.",
        examples=[TEXT_EXAMPLE],
    ),
]
RuleId = Annotated[str, Field(pattern=_RULE_ID, description="As its text has it.", examples=["U-001"])]


class CreateRuleRequest(BaseModel):
    """A rule to keep."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: _Text
    enabled: bool = Field(default=True, description="False: it is kept, and no analysis runs it.")


class UpdateRuleRequest(BaseModel):
    """What is given is changed."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"enabled": False}]})

    text: Annotated[_Text | SkipJsonSchema[None], NotNull] = _ABSENT
    enabled: Annotated[bool | SkipJsonSchema[None], NotNull] = Field(
        default=None, json_schema_extra=no_default, description="Whether analyses that are accepted from now on run it."
    )


class CheckRuleRequest(BaseModel):
    """A text to look at."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: _Text


class RuleQuery(BaseModel):
    """Which of its texts."""

    version: Annotated[int, Field(ge=1, le=2_147_483_647)] | SkipJsonSchema[None] = Field(
        default=None, description="Number of the text; the one of now where it is left out.", examples=[1]
    )


class RuleFacts(BaseModel):
    """What a rule says of itself in its text."""

    id: RuleId
    title: str = Field(description="In English.", examples=["Far fewer counted than the books say"])
    title_es: str = Field(
        description="In Spanish; in English where the text has none.",
        examples=["Se contó mucho menos de lo que dicen los libros"],
    )
    definition_version: str = Field(description="As the text counts it.", examples=["1"])
    kind: str = Field(description="`row` or `set`.", examples=["row"])
    phase: str = Field(description="The phase that runs it.", examples=["consistency"])
    severity: Severity = Field(description="Of its findings.", examples=["high"])
    parameters: dict[str, Any] = Field(
        description="By name: type, default and meaning. An analysis may set them, under `params.rules`.",
        examples=[_PARAMETERS],
    )
    needs: list[str] = Field(
        description="Columns without which it is not applicable.", examples=[["counts.counted_qty"]]
    )
    optional: list[str] = Field(description="Columns it reads where they are there.", examples=[["counts.lot"]])


class OwnRule(RuleFacts):
    """A rule of your own, as it is now."""

    enabled: bool = Field(description="Whether analyses run it.", examples=[True])
    version: int = Field(description="Number of its text, from 1.", examples=[2])
    created_at: Moment
    updated_at: Moment


class OwnRules(BaseModel):
    """All of the tenant."""

    items: list[OwnRule] = Field(description="By id; a tenant has at most 200, of which 50 may be enabled.")


class RuleVersion(BaseModel):
    """One text of a rule. It never changes."""

    version: int = Field(examples=[2])
    sha256: str = Field(
        description="Of the text in UTF-8.",
        examples=[FINGERPRINT_EXAMPLE],
    )
    made_at: Moment
    made_by: str | None = Field(description="Id of the key that sent it.", examples=["k3v9x2m1q8w7"])


class OwnRuleWithText(OwnRule):
    """A rule with a text of it and the list of them all."""

    text: str = Field(description="Of the version that was asked for.", examples=[TEXT_EXAMPLE])
    text_version: int = Field(description="Which one that is.", examples=[2])
    versions: list[RuleVersion] = Field(description="Newest first, the last 100.")


class RuleProblem(BaseModel):
    """One thing for which a text is refused."""

    line: int | None = Field(description="Of the text, from 1; null where it is none in particular.", examples=[7])
    character: int | None = Field(description="Of the line, from 1.", examples=[15])
    reason: str = Field(description="Stable, upper case with underscores.", examples=["RULE_FUNCTION_REFUSED"])
    detail: str = Field(
        description="What is wrong, and what to write instead.",
        examples=["A rule may not call read_csv: it reads its tables and nothing else. Read one of them."],
    )


class CheckedRule(BaseModel):
    """What a text is. Nothing was kept."""

    verdict: Literal["accepted", "refused"] = Field(description="Whether it would be kept.", examples=["refused"])
    rule: RuleFacts | None = Field(description="What it says of itself; null where its header cannot be read.")
    problems: list[RuleProblem] = Field(description="For what it is refused, by line and character.")
