"""Receivers of webhooks that are away, slow or lead elsewhere, and orchestrators that die while they deliver."""

from uuid import UUID

from tests.faults import checker
from tests.faults.checker import KILLED, Limits
from tests.faults.row import row
from tests.faults.scene import Scene
from tests.faults.waiting import until
from tests.servers.receiver import Receiver

HOOKS = "/api/forensic/webhooks"
INSIDE = "http://169.254.169.254/latest/meta-data/"


@row(
    "42",
    "a webhook's receiver down, slow, redirecting to 169.254.169.254; an orchestrator killed after it answered",
    "every event arrives under one id with one body; the redirect is told and not followed",
    limits=Limits(allowed=KILLED),
)
async def receiver_away(scene: Scene) -> None:
    receiver = Receiver()
    with receiver:
        webhook = await made(scene, receiver)
    try:
        away = await scene.submit()
        await until_failed(scene, away, "unreachable", 2)
        with receiver:
            await until_delivered(scene, away)
            receiver.delay = 3.0
            slow = await scene.submit()
            await until_failed(scene, slow, "timeout", 1)
            receiver.delay = 0.0
            receiver.status, receiver.headers = 302, {"Location": INSIDE}
            await until_failed(scene, await scene.submit(), "redirect", 1)
            receiver.status, receiver.headers = 200, {}
            word = scene.points.arm("webhook.after_send=kill9:once")
            await scene.submit()
            dead = await scene.died(word)
            await dead.start()
            await scene.all_ended()
            for analysis in scene.accepted:
                await until_delivered(scene, analysis)
            async with scene.database() as connection:
                broken = await checker.webhook_faults(connection, receiver.bodies)
            assert not broken, broken
            assert len(receiver.messages) > len(receiver.bodies) == len(scene.accepted)
    finally:
        await scene.http.delete(f"{HOOKS}/{webhook}")


async def made(scene: Scene, receiver: Receiver) -> str:
    """A webhook that hears when analyses complete; its id."""
    body = {"url": receiver.url, "event_types": ["analysis.completed"]}
    answer = await scene.http.post(HOOKS, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def until_failed(scene: Scene, analysis: UUID, failure: str, times: int) -> None:
    """Returns when so many tries to tell of an analysis have failed so."""
    query = (
        "SELECT count(*) FROM webhook_attempts a JOIN webhook_deliveries d USING (tenant_id, delivery_id)"
        " WHERE d.analysis_id = $1 AND a.failure = $2"
    )

    async def so() -> bool:
        return await scene.count(query, analysis, failure) >= times

    await until(so, 60)


async def until_delivered(scene: Scene, analysis: UUID) -> None:
    """Returns when an analysis was told of."""
    query = "SELECT count(*) FROM webhook_deliveries WHERE analysis_id = $1 AND state = 'delivered'"

    async def so() -> bool:
        return await scene.count(query, analysis) == 1

    await until(so, 60)
