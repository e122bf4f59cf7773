"""`/webhooks`: who is told of which events, what became of each delivery, and what is sent again."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Path, Query, Request, Response
from perito.analysis.v1 import webhooks_pb2 as pb
from perito_kernel.errors import Invalid, NotFound
from pydantic import BaseModel

from perito_edge import webhook_views as views
from perito_edge.answers import BODY_INVALID, problems, success
from perito_edge.api import part
from perito_edge.bodies import read_body
from perito_edge.requests import Given, IdempotencyKey, Who, dependency, require_json
from perito_edge.strict_json import parse
from perito_edge.submissions import validated
from perito_edge.webhook_models import (
    CreateWebhookRequest,
    Deliveries,
    DeliveriesQuery,
    Delivery,
    RotateSecretRequest,
    UpdateWebhookRequest,
    Webhook,
    Webhooks,
    WebhookWithSecret,
)

router = part("webhooks", "/webhooks")

_MAX_BYTES = 16_384
_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
_NOT_FOUND = ("WEBHOOK_NOT_FOUND", "There is no such webhook. The list of webhooks has their ids.")
_NO_DELIVERY = ("DELIVERY_NOT_FOUND", "There is no such delivery. The log of the webhook has their ids.")
_FULL = ("WEBHOOKS_FULL", "A tenant has at most 20 webhooks. Delete one, or change one.")
_DISABLED = ("WEBHOOK_DISABLED", "The webhook is disabled. Enable it, then send the delivery again.")
_BUSY = ("WEBHOOK_TESTS_BUSY", "2 tests of yours are under way. Wait for their answers, then try again.")
_OFF = ("WEBHOOKS_OFF", "This deployment sends no webhooks, because it has no secret to seal theirs with.")
_Model = TypeVar("_Model", bound=BaseModel)


def _body_of(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    schema = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    return {"requestBody": {"required": required, "content": {"application/json": schema}}}


async def _webhook_id(
    webhook_id: Annotated[
        str, Path(description="Id of a webhook.", examples=[_ID], json_schema_extra={"format": "uuid"})
    ],
) -> str:
    return _uuid(webhook_id, _NOT_FOUND)


async def _delivery_id(
    delivery_id: Annotated[
        str, Path(description="Id of a delivery.", examples=[_ID], json_schema_extra={"format": "uuid"})
    ],
) -> str:
    return _uuid(delivery_id, _NO_DELIVERY)


def _uuid(text: str, missing: tuple[str, str]) -> str:
    try:
        return str(UUID(text))
    except ValueError as exc:
        raise NotFound(*missing) from exc  # what is no id at all is not there either


WebhookId = Annotated[str, dependency(_webhook_id)]
DeliveryId = Annotated[str, dependency(_delivery_id)]


@router.post(
    "",
    status_code=201,
    operation_id="create_webhook",
    summary="Make a webhook",
    responses=problems(400, 408, 409, 413, 415, examples={409: _FULL, 422: BODY_INVALID})
    | success(201, "It is there; this is the one time that its secret is shown.", "Location"),
    openapi_extra=_body_of(CreateWebhookRequest),
)
async def create_webhook(
    request: Request, response: Response, given: Given, caller: Who, idempotency_key: IdempotencyKey
) -> WebhookWithSecret:
    """Events of this tenant's analyses are posted to its URL from now on, signed as Standard Webhooks has it. Keep the
    secret: it is shown here and nowhere else.
    """
    asked = await _read(request, given, CreateWebhookRequest)
    answer = await given.webhooks.create(
        caller,
        pb.CreateWebhookRequest(
            url=asked.url,
            description=asked.description,
            event_types=asked.event_types,
            disabled=not asked.enabled,
            idempotency_key=idempotency_key,
        ),
    )
    response.headers["Location"] = f"/api/forensic/webhooks/{answer.webhook.webhook_id}"
    _say_replayed(response, replayed=answer.replayed)
    return views.with_secret(answer.webhook, answer.secret)


@router.get(
    "",
    operation_id="list_webhooks",
    summary="The tenant's webhooks",
    responses=problems() | success(200, "All of them."),
)
async def list_webhooks(given: Given, caller: Who) -> Webhooks:
    """Oldest first, without their secrets."""
    listed = await given.webhooks.all(caller)
    return Webhooks(items=[views.webhook(each) for each in listed.webhooks])


@router.get(
    "/{webhook_id}",
    operation_id="get_webhook",
    summary="One webhook",
    responses=problems(404, examples={404: _NOT_FOUND}) | success(200, "As it is now."),
)
async def get_webhook(given: Given, caller: Who, webhook_id: WebhookId) -> Webhook:
    """What it is told of, whether it is enabled, and since when it has been failing."""
    return views.webhook(await given.webhooks.one(caller, webhook_id))


@router.patch(
    "/{webhook_id}",
    operation_id="update_webhook",
    summary="Change a webhook",
    responses=problems(400, 404, 408, 409, 413, 415, examples={404: _NOT_FOUND, 409: _OFF, 422: BODY_INVALID})
    | success(200, "As it is now."),
    openapi_extra=_body_of(UpdateWebhookRequest),
)
async def update_webhook(request: Request, given: Given, caller: Who, webhook_id: WebhookId) -> Webhook:
    """Changes what the body has and leaves the rest. What waits for a webhook goes to where it leads then."""
    asked = await _read(request, given, UpdateWebhookRequest)
    changes = pb.UpdateWebhookRequest(
        webhook_id=webhook_id,
        url=asked.url,
        description=asked.description,
        event_types=asked.event_types or (),
        enabled=asked.enabled,
    )
    return views.webhook(await given.webhooks.update(caller, changes))


@router.delete(
    "/{webhook_id}",
    status_code=204,
    operation_id="delete_webhook",
    summary="Delete a webhook",
    responses=problems(404, examples={404: _NOT_FOUND}) | success(204, "It is gone, and its deliveries with it."),
)
async def delete_webhook(given: Given, caller: Who, webhook_id: WebhookId) -> None:
    """Deletes it for good, with the log of its deliveries. What is just being sent may still arrive."""
    await given.webhooks.delete(caller, webhook_id)


@router.post(
    "/{webhook_id}/rotate-secret",
    operation_id="rotate_webhook_secret",
    summary="Give a webhook a new secret",
    responses=problems(400, 404, 408, 409, 413, 415, examples={404: _NOT_FOUND, 422: BODY_INVALID})
    | success(200, "The new secret, shown this once."),
    openapi_extra=_body_of(RotateSecretRequest, required=False),
)
async def rotate_webhook_secret(
    request: Request,
    response: Response,
    given: Given,
    caller: Who,
    webhook_id: WebhookId,
    idempotency_key: IdempotencyKey,
) -> WebhookWithSecret:
    """For `overlap_seconds` every message carries two signatures, of the new and of the old secret, so that receivers
    can change over one by one. 0: the old one ends at once.
    """
    asked = await _read(request, given, RotateSecretRequest, empty=RotateSecretRequest())
    answer = await given.webhooks.rotate(
        caller,
        pb.RotateWebhookSecretRequest(
            webhook_id=webhook_id, overlap_seconds=asked.overlap_seconds, idempotency_key=idempotency_key
        ),
    )
    _say_replayed(response, replayed=answer.replayed)
    return views.with_secret(answer.webhook, answer.secret)


@router.post(
    "/{webhook_id}/test",
    operation_id="test_webhook",
    summary="Send a test",
    responses=problems(404, 409, 429, examples={404: _NOT_FOUND, 409: _OFF, 429: _BUSY})
    | success(200, "What came of it: delivered, or why not."),
)
async def test_webhook(
    response: Response, given: Given, caller: Who, webhook_id: WebhookId, idempotency_key: IdempotencyKey
) -> Delivery:
    """Posts an event `webhook.test` now, once, to an enabled webhook or a disabled one, and says what was answered."""
    answer = await given.webhooks.test(
        caller, pb.TestWebhookRequest(webhook_id=webhook_id, idempotency_key=idempotency_key)
    )
    _say_replayed(response, replayed=answer.replayed)
    return views.delivery(answer.delivery)


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="list_deliveries",
    summary="What became of deliveries",
    responses=problems(404, examples={404: _NOT_FOUND}) | success(200, "A page of deliveries."),
)
async def list_deliveries(
    given: Given, caller: Who, webhook_id: WebhookId, query: Annotated[DeliveriesQuery, Query()]
) -> Deliveries:
    """Newest first, each with its last ten tries. What ended is kept for 30 days, unless whoever runs Perito says
    otherwise.
    """
    wanted = pb.ListDeliveriesRequest(
        webhook_id=webhook_id,
        state=views.STATE_OF_WORD[query.state] if query.state else pb.DELIVERY_STATE_UNSPECIFIED,
        page_size=query.limit,
        page_token=query.cursor,
    )
    try:
        return views.deliveries(await given.webhooks.deliveries(caller, wanted))
    except Invalid as exc:
        message = "This cursor was not given for this list with these filters: start again without one."
        raise Invalid("CURSOR_INVALID", message, {"pointer": "query.cursor"}) from exc


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/resend",
    status_code=202,
    operation_id="resend_delivery",
    summary="Send a delivery again",
    responses=problems(404, 409, examples={404: _NO_DELIVERY, 409: _DISABLED})
    | success(202, "It is pending again, and sent within a second where nothing else waits."),
)
async def resend_delivery(
    given: Given,
    caller: Who,
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
    idempotency_key: IdempotencyKey,  # noqa: ARG001 -- checked; it is the same message however often it is asked for
) -> Delivery:
    """The same body under the same id, signed anew, with all its tries: a receiver that had it drops it by its id."""
    return views.delivery(await given.webhooks.resend(caller, webhook_id, delivery_id))


async def _read(request: Request, given: Given, model: type[_Model], empty: _Model | None = None) -> _Model:
    """A body as what it should be; `empty` where there is none and there need not be."""
    body = await read_body(request, _MAX_BYTES, given.settings.body_idle_seconds)
    if not body and empty is not None:
        return empty
    require_json(request)
    return validated(model, parse(body, given.settings.max_json_depth))


def _say_replayed(response: Response, *, replayed: bool) -> None:
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
