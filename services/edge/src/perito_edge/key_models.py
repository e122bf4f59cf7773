"""What is asked and told of API keys."""

from typing import Annotated, Literal

from perito.analysis.v1 import keys_pb2 as pb
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from perito_edge.key_rates import KeyRates, RatesRequest, rates_view

ScopeName = TypeAliasType("ScopeName", Literal["read", "submit", "rules", "metrics", "admin"])
KeyStatus = TypeAliasType("KeyStatus", Literal["active", "expired", "revoked"])
_INSTANT = r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d))?$"
_KEY_ID = "8sVbq2Zk0nXcT4aL"
_STATUS: dict[int, KeyStatus] = {
    pb.KEY_STATUS_ACTIVE: "active",
    pb.KEY_STATUS_EXPIRED: "expired",
    pb.KEY_STATUS_REVOKED: "revoked",
}
_EXPIRES = "When it ends, RFC 3339, within ten years."


class KeyRequest(BaseModel):
    """A key to make."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"name": "till system", "scopes": ["submit"]}]}
    )

    name: str = Field(min_length=1, max_length=100, description="For people: what or who uses it.")
    scopes: list[ScopeName] = Field(min_length=1, max_length=5, description="What it may do; none that yours may not.")
    expires_at: str = Field(
        default="", max_length=40, pattern=_INSTANT, description=f"{_EXPIRES} Left out: it does not expire."
    )
    rates: RatesRequest = Field(default=RatesRequest(), description="Quotas of its own, for scopes that it gets.")


class RotateRequest(BaseModel):
    """How a key is replaced; all of it may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"overlap_seconds": 3600}]})

    overlap_seconds: Annotated[int, Field(ge=0, le=2_592_000)] = Field(
        default=86_400, description="How long the old key still works: 0 ends it at once."
    )
    expires_at: str = Field(
        default="",
        max_length=40,
        pattern=_INSTANT,
        description=f"{_EXPIRES} Left out: it lives as long as the old one was meant to.",
    )


class Key(BaseModel):
    """A key as it may be shown: without its secret."""

    key_id: str = Field(description="Its public part: `perito_live_{key_id}_...`.", examples=[_KEY_ID])
    name: str = Field(description="For people; empty for the oldest keys.", examples=["till system"])
    environment: str = Field(description="Second part of the key.", examples=["live"])
    scopes: list[ScopeName] = Field(description="What it may do.")
    status: KeyStatus = Field(description="Whether it works.")
    created_at: str = Field(description="RFC 3339, UTC.", examples=["2026-03-01T10:00:00.000Z"])
    created_by: str | None = Field(
        description="Id of the key that made it, or `operator`; null where it is not known.", examples=["operator"]
    )
    expires_at: str | None = Field(description="Null: it does not expire.", examples=["2027-03-01T10:00:00.000Z"])
    revoked_at: str | None = Field(description="Null: it was not.", examples=[None])
    rotated_to: str | None = Field(description="Id of the key that came in its place.", examples=[None])
    last_used_at: str | None = Field(
        description="True to about a minute; null: never, as far as is known.", examples=["2026-03-02T08:15:00.000Z"]
    )
    rates: KeyRates


class NewKey(Key):
    """A key that was just made."""

    key: str = Field(
        description="The whole key. It is shown this once; only its hash is kept.",
        examples=[f"perito_live_{_KEY_ID}_3yKq7vTn1Zb5wXh9cJm2rLd8fGs4pQaE0u5Tz1"],
    )


class RotatedKey(NewKey):
    """A key that was made in the place of another."""

    replaced: Key = Field(description="The old one, with the end that it has now.")


class CurrentKey(Key):
    """The key of this request, and whose it is."""

    tenant_id: str = Field(description="UUID.", examples=["11111111-1111-4111-8111-111111111111"])
    tenant_name: str = Field(description="For people.", examples=["default"])


class KeysQuery(BaseModel):
    """Which page of keys."""

    cursor: str = Field(default="", max_length=2000, description="`next_cursor` of the page before.")
    limit: int = Field(default=50, ge=1, le=200, description="Keys on a page.")


class KeysPage(BaseModel):
    """Keys, newest first; those that have ended, too."""

    items: list[Key]
    next_cursor: str | None = Field(description="For the next page; null on the last one.", examples=["WyI1ZjBj"])


def key_view(key: pb.ApiKey) -> Key:
    """A key in the words of REST."""
    return Key(
        key_id=key.key_id,
        name=key.name,
        environment=key.environment,
        scopes=[scope for scope in _SCOPES if scope in key.scopes],
        status=_STATUS[key.status],
        created_at=key.created_at,
        created_by=key.created_by or None,
        expires_at=key.expires_at or None,
        revoked_at=key.revoked_at or None,
        rotated_to=key.rotated_to or None,
        last_used_at=key.last_used_at or None,
        rates=rates_view(key),
    )


_SCOPES: tuple[ScopeName, ...] = ("read", "submit", "rules", "metrics", "admin")
