"""What is said of webhooks and their deliveries, in and out."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypeAliasType

from perito_edge.request_models import NotNull, no_default
from perito_edge.scalars import Id, Moment

EventType = TypeAliasType(
    "EventType",
    Literal[
        "analysis.submitted",
        "phase.started",
        "phase.completed",
        "phase.retrying",
        "phase.failed",
        "phase.skipped",
        "analysis.completed",
        "analysis.failed",
        "analysis.cancelled",
    ],
)
DeliveryState = TypeAliasType("DeliveryState", Literal["pending", "delivered", "given_up"])

_URL = "https://erp.example.com/hooks/perito"
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwK1pxT0mJ0nU="  # noqa: S105 -- an example
_BODY = (
    '{"data":{"analysis_id":"7c9e6679-7425-40de-944b-e07fc1f90ae7","facts":{"partial":false},"sequence":12},'
    '"timestamp":"2026-03-01T10:00:00.000Z","type":"analysis.completed"}'
)
_Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"^https?://[!-~]+$",
        description="Where events are posted: https, port 443 or one from 1024 on, no user, no fragment. It must lead "
        "to addresses of the internet alone.",
        examples=[_URL],
    ),
]
_Events = Annotated[
    list[EventType],
    Field(
        min_length=1,
        max_length=20,
        description="Which events.",
        examples=[["analysis.completed", "analysis.failed"]],
    ),
]
_ABSENT: Any = Field(default=None, json_schema_extra=no_default)
_Description = Annotated[str, Field(max_length=200, description="Your own words.", examples=["ERP, night run"])]


class CreateWebhookRequest(BaseModel):
    """Who is to be told of what."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: _Url
    event_types: _Events
    description: _Description = ""
    enabled: bool = Field(default=True, description="False: nothing is sent before it is enabled.")


class UpdateWebhookRequest(BaseModel):
    """What is given is changed. Enabled again, a webhook has not been failing."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [{"enabled": False}]})

    url: Annotated[_Url | SkipJsonSchema[None], NotNull] = _ABSENT
    event_types: Annotated[_Events | SkipJsonSchema[None], NotNull] = _ABSENT
    description: Annotated[_Description | SkipJsonSchema[None], NotNull] = _ABSENT
    enabled: Annotated[bool | SkipJsonSchema[None], NotNull] = Field(
        default=None, json_schema_extra=no_default, description="Whether anything is sent."
    )


class RotateSecretRequest(BaseModel):
    """How long both secrets sign; may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    overlap_seconds: int = Field(
        default=86_400, ge=0, le=604_800, description="For so long the old secret signs too, beside the new one."
    )


class Webhook(BaseModel):
    """A webhook. Its secret is shown when it is made and when it is rotated, and never else."""

    id: Id
    url: str = Field(description="Where events are posted.", examples=[_URL])
    description: str = Field(description="Your own words.", examples=["ERP, night run"])
    event_types: list[EventType] = Field(description="Which events, as they happen.", examples=[["analysis.completed"]])
    enabled: bool = Field(description="Whether anything is sent.", examples=[True])
    disabled_reason: Literal["gone", "failing"] | None = Field(
        description="Why Perito disabled it: it answered 410, or took nothing for days. Null where it did not.",
        examples=[None],
    )
    failing_since: Moment | None = Field(description="When tries began to fail; null where the last one did not.")
    previous_secret_until: Moment | None = Field(description="Until when the secret before this one signs too.")
    created_at: Moment
    updated_at: Moment


class WebhookWithSecret(Webhook):
    """A webhook, and its secret, which is not shown again."""

    secret: str = Field(description="Signs every message: HMAC-SHA256, Standard Webhooks.", examples=[_SECRET])


class Webhooks(BaseModel):
    """All of the tenant."""

    items: list[Webhook] = Field(description="Oldest first; a tenant has at most 20.")


class DeliveryAttempt(BaseModel):
    """One try to deliver."""

    attempt: int = Field(
        description="From 1. A number that is missing is of a try that the end of a process cut off.", examples=[1]
    )
    begun_at: Moment
    milliseconds: int = Field(description="How long it took.", examples=[84])
    status: int | None = Field(description="What was answered; null where nothing was.", examples=[503])
    failure: str | None = Field(
        description="`status`, `redirect`, `timeout`, `unresolved`, `target_refused`, `unreachable`, `tls`, `protocol` "
        "or `internal`; null where it was delivered.",
        examples=["status"],
    )
    detail: str | None = Field(
        description="The same in a sentence.", examples=["It answered 503, and 2xx says that an event was taken."]
    )
    answer: str = Field(
        description="The first 500 characters of the answer. The receiver's words: show them as text, believe nothing.",
        examples=["busy"],
    )


class Delivery(BaseModel):
    """An event on its way to a webhook."""

    id: Id
    webhook_id: Id
    message_id: str = Field(
        description="Header `webhook-id`, the same on every try.", examples=["msg_0f8fad5bd9cb469fa16570867728950e"]
    )
    event_type: str = Field(description="Or `webhook.test`.", examples=["analysis.completed"])
    analysis_id: Id | None = Field(description="Null for a test.")
    state: DeliveryState = Field(description="`given_up`: not taken in all the time it had.", examples=["pending"])
    attempt_count: int = Field(description="Tries begun.", examples=[1])
    created_at: Moment
    next_at: Moment | None = Field(description="The next try; null where there will be none.")
    ended_at: Moment | None = Field(description="Null while it is pending.")
    attempts: list[DeliveryAttempt] = Field(description="The last ten, newest first.")
    body: str = Field(description="What is sent, byte for byte.", examples=[_BODY])


class Deliveries(BaseModel):
    """A page of deliveries, newest first."""

    items: list[Delivery]
    next_cursor: str | None = Field(
        description="For the next page, with the same filters; null on the last one.", examples=["WyI1ZjBj"]
    )


class DeliveriesQuery(BaseModel):
    """Which deliveries."""

    state: DeliveryState | SkipJsonSchema[None] = Field(default=None, description="In this state.")
    cursor: str = Field(default="", max_length=2000, description="`next_cursor` of the page before; filters stay.")
    limit: int = Field(default=20, ge=1, le=50, description="Deliveries on a page.")
