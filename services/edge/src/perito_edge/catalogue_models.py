"""What the catalogue of rules is asked, and what it says."""

from typing import Annotated

from pydantic import BaseModel, Field

from perito_edge.models import Severity, Text
from perito_edge.scalars import FINGERPRINT_EXAMPLE

_TITLE = {"en": "Count difference was not posted", "es": "Diferencia de conteo sin registrar"}
_EXPLANATION = {
    "en": "The difference is what was counted less what the books said. It counts as posted when ...",
    "es": "La diferencia es lo contado menos lo que decían los libros. Se considera registrada cuando ...",
}
_REMEDY = {
    "en": "Ask who approved the count why its difference was not posted; recount, then post what the recount finds.",
    "es": "Pregunte a quien aprobó el conteo por qué no se registró la diferencia; recuente y registre lo que resulte.",
}


class CatalogueQuery(BaseModel):
    """Which rules."""

    phase: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default=[], max_length=100, description="Of any of these phases, by name.", examples=[["consistency"]]
    )


class CatalogueParameter(BaseModel):
    """What an analysis may set of a rule, under `params.rules`."""

    name: str = Field(examples=["days"])
    type: str = Field(
        description="`integer`, `decimal` (as text, so that no digit is lost), `text`, `boolean`, or `date`, as ISO "
        "8601 writes a day, or empty for none. Any value of the type is accepted.",
        examples=["integer"],
    )
    default: bool | int | str = Field(
        description="What counts where nobody sets it, as `params.rules` takes it.", examples=[3]
    )
    meaning: str = Field(
        description="In English.", examples=["days after the count within which its adjustment must stand"]
    )


class CatalogueRule(BaseModel):
    """What a rule says of itself."""

    id: str = Field(description="Stable: findings name it.", examples=["C-035"])
    version: str = Field(description="Goes up with every change of what it finds.", examples=["2"])
    phase: str = Field(description="The phase that runs it.", examples=["consistency"])
    kind: str = Field(description="`row`, `set` or `function`; a `metric` has figures, no findings.", examples=["set"])
    severity: Severity = Field(description="How grave what it finds is; a finding may say less.", examples=["high"])
    title: Text = Field(examples=[_TITLE])
    explanation: Text = Field(description="What it holds to be wrong, and why.", examples=[_EXPLANATION])
    remedy: Text = Field(description="What to do about what it finds.", examples=[_REMEDY])
    source: str = Field(
        description="Where it comes from.", examples=["Cycle-count practice: every difference is adjusted or explained"]
    )
    parameters: list[CatalogueParameter] = Field(description="By name.")
    needs: list[str] = Field(
        description="Columns without which it is not applicable.", examples=[["counts.counted_qty", "movements.qty"]]
    )
    optional: list[str] = Field(description="Columns it reads where they are there.", examples=[["counts.lot"]])


class CataloguePhase(BaseModel):
    """A phase that has said its rules."""

    name: str = Field(examples=["consistency"])
    ordinal: int = Field(description="Its place in `phases` of what is submitted.", examples=[2])
    version: str = Field(description="Of its code.", examples=["1.0.0"])
    digest: str = Field(
        description="SHA-256 over its rules: another one where any has changed.", examples=[FINGERPRINT_EXAMPLE]
    )
    rules: int = Field(description="How many it has.", examples=[31])


class Catalogue(BaseModel):
    """What Perito looks for now. An analysis runs the rules of the moment when it is accepted."""

    items: list[CatalogueRule] = Field(description="By phase, then by id.")
    phases: list[CataloguePhase] = Field(description="The phases whose rules these are, by number.")
    unavailable: list[str] = Field(
        description="Phases that have rules and did not answer: their rules are missing above. Ask again later.",
        examples=[[]],
    )
