"""Quotas of requests that a key has of its own, as they are asked for and told: by scope, null where it has none."""

from typing import Annotated

from perito.analysis.v1 import keys_pb2 as pb
from perito_kernel.errors import Invalid
from pydantic import BaseModel, ConfigDict, Field

from perito_edge.settings import SCOPES, EdgeSettings

MOST_RATE = 1_000_000
_Asked = Annotated[int, Field(ge=1, le=MOST_RATE)]
_SAID = "Requests a minute with the scope `{}`; null: as many as the deployment gives."


class RatesRequest(BaseModel):
    """Quotas of a key's own. A scope that is left out has the deployment's."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"read": 1000}]})

    read: _Asked | None = Field(default=None, description=_SAID.format("read"))
    submit: _Asked | None = Field(default=None, description=_SAID.format("submit"))
    rules: _Asked | None = Field(default=None, description=_SAID.format("rules"))
    metrics: _Asked | None = Field(default=None, description=_SAID.format("metrics"))
    admin: _Asked | None = Field(default=None, description=_SAID.format("admin"))


class KeyRates(BaseModel):
    """Quotas of a key's own, by scope. `RateLimit-Policy` of an answer says which one counts."""

    read: int | None = Field(description=_SAID.format("read"), examples=[1000])
    submit: int | None = Field(description=_SAID.format("submit"), examples=[None])
    rules: int | None = Field(description=_SAID.format("rules"), examples=[None])
    metrics: int | None = Field(description=_SAID.format("metrics"), examples=[None])
    admin: int | None = Field(description=_SAID.format("admin"), examples=[None])


class UpdateKeyRequest(BaseModel):
    """What a key is to have from now on."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"rates": {"read": 1000, "submit": 50}}]}
    )

    rates: RatesRequest = Field(description="In the place of all that it has; `{}` gives it those of the deployment.")


def asked_rates(asked: RatesRequest, settings: EdgeSettings) -> dict[str, int]:
    """By scope, those that are asked for. Raises `Invalid` RATE_TOO_HIGH for more than an edge gives."""
    rates: dict[str, int] = asked.model_dump(exclude_none=True)
    for scope, rate in rates.items():
        refuse_too_high(scope, rate, settings)
    return rates


def refuse_too_high(scope: str, rate: int, settings: EdgeSettings) -> None:
    """Raises `Invalid` RATE_TOO_HIGH for more than an edge gives."""
    most = settings.most_rate(scope)
    if rate > most:
        raise Invalid(
            "RATE_TOO_HIGH",
            f"This Perito gives a key at most {most} requests a minute of the scope `{scope}`. Ask for less, or ask"
            " whoever runs it (PERITO_RATE_MOST).",
            {"pointer": f"/rates/{scope}", "limit": most},
        )


def rates_view(key: pb.ApiKey) -> KeyRates:
    """Those of a key, in the words of REST."""
    return KeyRates(**{scope: key.rates.get(scope) for scope in SCOPES})
