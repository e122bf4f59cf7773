"""Webhooks: who is told of which events, a test, and what became of each delivery. A secret is shown once."""

import secrets
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from perito.analysis.v1 import webhooks_pb2 as pb
from perito_kernel.errors import Invalid, NotFound, PeritoError, Precondition
from starlette.responses import RedirectResponse, Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.refusals import sentence
from perito_edge.dashboard.report_parts import clip
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.problems import status_of
from perito_edge.webhook_models import Delivery, EventType, Webhook
from perito_edge.webhook_views import STATE_OF_WORD, deliveries, delivery, webhook

EVENTS: tuple[str, ...] = get_args(EventType.__value__)
_USUAL = ("analysis.completed", "analysis.failed", "analysis.cancelled")
_ON_A_PAGE = 20
_HOURS = ("0", "24", "168")
"""For how long the old secret may sign beside the new one."""


async def webhooks(visit: Visit) -> Response:
    """All of the tenant, and the form for a new one."""
    return await _listed(visit)


async def create(visit: Visit) -> Response:
    """Makes one and shows its secret, this once."""
    request = pb.CreateWebhookRequest(
        url=visit.form.get("url", "").strip()[:2000],
        description=visit.form.get("description", "").strip()[:200],
        event_types=_events(visit),
        idempotency_key=visit.form.get("key", "")[:100],
    )
    try:
        made = await visit.given.webhooks.create(visit.caller, request)
    except (Invalid, Precondition) as error:
        return await _listed(visit, refused=error)
    return await _listed(visit, secret=made.secret)


async def one(visit: Visit) -> Response:
    """One with its deliveries."""
    return await _drawn(visit)


async def test(visit: Visit) -> Response:
    """Sends a test and says what came of it."""
    request = pb.TestWebhookRequest(webhook_id=_id(visit), idempotency_key=visit.form.get("key", "")[:100])
    answer = await visit.given.webhooks.test(visit.caller, request)
    return await _drawn(visit, tested=_delivery(delivery(answer.delivery), visit.voice))


async def change(visit: Visit) -> Response:
    """Changes address, words and events."""
    wanted, events = _id(visit), _events(visit)
    request = pb.UpdateWebhookRequest(
        webhook_id=wanted,
        url=visit.form.get("url", "").strip()[:2000],
        description=visit.form.get("description", "").strip()[:200],
        event_types=events,
    )
    try:
        if not events:  # the orchestrator takes none for "as before"
            raise Invalid("WEBHOOK_INVALID", "Choose at least one event.")
        await visit.given.webhooks.update(visit.caller, request)
    except (Invalid, Precondition) as error:
        return await _drawn(visit, refused=error)
    return RedirectResponse(f"/webhooks/{wanted}", 303)


async def rotate(visit: Visit) -> Response:
    """Gives it another secret and shows that, this once."""
    wanted, hours = _id(visit), visit.form.get("hours", "")
    if hours not in _HOURS:
        raise Invalid("OVERLAP_INVALID", f"The old secret may sign for {', '.join(_HOURS)} hours more. Choose one.")
    request = pb.RotateWebhookSecretRequest(
        webhook_id=wanted, overlap_seconds=int(hours) * 3600, idempotency_key=visit.form.get("key", "")[:100]
    )
    answer = await visit.given.webhooks.rotate(visit.caller, request)
    return await _drawn(visit, secret=answer.secret)


async def switch(visit: Visit) -> Response:
    """Enables or disables one."""
    wanted = _id(visit)
    request = pb.UpdateWebhookRequest(webhook_id=wanted, enabled=visit.form.get("enabled") == "1")
    await visit.given.webhooks.update(visit.caller, request)
    return RedirectResponse(f"/webhooks/{wanted}", 303)


async def delete(visit: Visit) -> Response:
    """Deletes one with its deliveries."""
    await visit.given.webhooks.delete(visit.caller, _id(visit))
    return RedirectResponse("/webhooks", 303)


async def resend(visit: Visit) -> Response:
    """Makes a delivery due again."""
    wanted = _id(visit)
    await visit.given.webhooks.resend(visit.caller, wanted, _id(visit, "delivery_id"))
    return RedirectResponse(f"/webhooks/{wanted}", 303)


async def _listed(visit: Visit, secret: str = "", refused: PeritoError | None = None) -> Response:
    """The list, and the form: as it was sent where that was refused."""
    held = (await visit.given.webhooks.all(visit.caller)).webhooks
    return draw(
        "webhooks",
        visit,
        200 if refused is None else status_of(refused),
        refused="" if refused is None else sentence(refused, visit.voice.language),
        typed={} if refused is None else visit.form,
        chosen=_USUAL if refused is None else _events(visit),
        hooks=[_webhook(webhook(each), visit.voice) for each in held],
        secret=secret,
        events=EVENTS,
        key=secrets.token_urlsafe(24),
    )


async def _drawn(
    visit: Visit, tested: dict[str, Any] | None = None, secret: str = "", refused: PeritoError | None = None
) -> Response:
    """One webhook, and the form to change it: as it was sent where that was refused."""
    wanted, wrong = _id(visit), ""
    hook = webhook(await visit.given.webhooks.one(visit.caller, wanted))
    state = visit.query.get("state", "")
    kept = {"state": state} if state in STATE_OF_WORD else {}
    asked = pb.ListDeliveriesRequest(
        webhook_id=wanted,
        state=STATE_OF_WORD.get(state, pb.DELIVERY_STATE_UNSPECIFIED),  # pyright: ignore[reportArgumentType, reportCallIssue] -- another word is none
        page_size=_ON_A_PAGE,
        page_token=visit.query.get("cursor", ""),
    )
    listed = pb.ListDeliveriesResponse()
    try:
        listed = await visit.given.webhooks.deliveries(visit.caller, asked)
    except Invalid as error:
        wrong = sentence(error, visit.voice.language)
    page = deliveries(listed)
    return draw(
        "webhook",
        visit,
        422 if wrong else 200 if refused is None else status_of(refused),
        hook=_webhook(hook, visit.voice),
        refused="" if refused is None else sentence(refused, visit.voice.language),
        typed={"url": hook.url, "description": hook.description} if refused is None else visit.form,
        chosen=hook.event_types if refused is None else _events(visit),
        events=EVENTS,
        hours=_HOURS,
        secret=secret,
        states=list(STATE_OF_WORD),
        state=kept.get("state", ""),
        tested=tested,
        wrong=wrong,
        key=secrets.token_urlsafe(24),
        deliveries=[_delivery(each, visit.voice) for each in page.items],
        following=f"/webhooks/{wanted}?{urlencode({**kept, 'cursor': page.next_cursor})}" if page.next_cursor else "",
        begun="cursor" in visit.query,
    )


def _events(visit: Visit) -> list[str]:
    return [event for event in EVENTS if visit.form.get(f"event:{event}") == "1"]


def _id(visit: Visit, name: str = "webhook_id") -> str:
    try:
        return str(UUID(visit.request.path_params[name]))
    except ValueError as error:
        raise NotFound("WEBHOOK_NOT_FOUND", "There is no such webhook. The list has those that there are.") from error


def _webhook(hook: Webhook, voice: Voice) -> dict[str, Any]:
    return {
        "id": hook.id,
        "url": clip(hook.url, 200),
        "description": clip(hook.description, 200),
        "events": ", ".join(hook.event_types),
        "enabled": hook.enabled,
        "reason": hook.disabled_reason or "",
        "failing": voice.moment(hook.failing_since) if hook.failing_since else "",
        "created": voice.moment(hook.created_at),
        "two_until": voice.moment(hook.previous_secret_until) if hook.previous_secret_until else "",
    }


def _delivery(made: Delivery, voice: Voice) -> dict[str, Any]:
    return {
        "id": made.id,
        "event": made.event_type,
        "analysis": made.analysis_id or "",
        "state": made.state,
        "created": voice.moment(made.created_at),
        "next": voice.moment(made.next_at) if made.next_at else "",
        "attempts": [
            {
                "number": voice.number(each.attempt),
                "when": voice.moment(each.begun_at),
                "took": voice.number(each.milliseconds),
                "status": "" if each.status is None else str(each.status),
                "detail": clip(each.detail, 400),
                "answer": clip(each.answer, 500),
            }
            for each in made.attempts
        ],
        "count": voice.number(made.attempt_count),
        "body": clip(made.body, 2000),
    }


PAGES = (
    Page("/webhooks", webhooks, scope="admin"),
    Page("/webhooks", create, "POST", scope="admin"),
    Page("/webhooks/{webhook_id}", one, scope="admin"),
    Page("/webhooks/{webhook_id}", change, "POST", scope="admin"),
    Page("/webhooks/{webhook_id}/rotate", rotate, "POST", scope="admin"),
    Page("/webhooks/{webhook_id}/test", test, "POST", scope="admin"),
    Page("/webhooks/{webhook_id}/switch", switch, "POST", scope="admin"),
    Page("/webhooks/{webhook_id}/delete", delete, "POST", scope="admin"),
    Page("/webhooks/{webhook_id}/deliveries/{delivery_id}/resend", resend, "POST", scope="admin"),
)
