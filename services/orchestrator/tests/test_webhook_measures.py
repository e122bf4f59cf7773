"""What is measured of webhooks: what came of each try, and that something waits that nobody is at."""

from collections.abc import Mapping

import asyncpg
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint
from perito.analysis.v1 import webhooks_pb2 as pb
from perito_orchestrator import webhook_measures
from perito_orchestrator.store import webhook_deliveries
from perito_orchestrator.store.database import Database
from perito_orchestrator.webhook_measures import WebhookMeasures

from tests.servers.receiver import Receiver

from .databases import Dsns
from .hooks import SHORT, hooks_of, ran
from .mesh import Mesh
from .phases import until

Points = Mapping[tuple[tuple[str, object], ...], float]


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> InMemoryMetricReader:
    """Reads what a process measures that begins after this."""
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], shutdown_on_exit=False).get_meter("test")
    monkeypatch.setattr(webhook_measures, "MEASURES", WebhookMeasures(meter))
    return reader


def points(reader: InMemoryMetricReader, name: str) -> Points:
    """Values of a measure by their attributes."""
    data = reader.get_metrics_data()
    found: dict[tuple[tuple[str, object], ...], float] = {}
    for resource in data.resource_metrics if data else ():
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points if metric.name == name else ():
                    assert isinstance(point, NumberDataPoint)
                    found[tuple(sorted((point.attributes or {}).items()))] = point.value
    return found


async def test_tries_are_counted_by_what_came_of_them(mesh: Mesh, reader: InMemoryMetricReader) -> None:
    client = await mesh.start(webhooks=SHORT)
    hooks = hooks_of(mesh, client)
    assert points(reader, "perito.webhook.oldest_due") == {(): 0.0}
    with Receiver() as receiver:
        made = (await hooks.create(receiver.url)).webhook.webhook_id
        receiver.status = 503
        await ran(client)
        again = (("failure", "status"), ("outcome", "again"))
        await until(lambda: points(reader, "perito.webhook.tries").get(again, 0) >= 1)
        receiver.status = 200
        await hooks.until_states(made, pb.DELIVERY_STATE_DELIVERED)
        delivered = (("failure", "none"), ("outcome", "delivered"))
        await until(lambda: points(reader, "perito.webhook.tries").get(delivered) == 1)
        receiver.status = 410
        await ran(client)
        await hooks.until_states(made, pb.DELIVERY_STATE_GIVEN_UP, pb.DELIVERY_STATE_DELIVERED)
    ends = {dict(key)["outcome"] for key in points(reader, "perito.webhook.tries")}
    assert ends == {"again", "delivered", "given_up"}


async def test_what_waits_is_as_old_as_it_is_due(mesh: Mesh, dsns: Dsns) -> None:
    client = await mesh.start(webhooks=SHORT)
    hooks = hooks_of(mesh, client)
    with Receiver() as receiver:
        made = (await hooks.create(receiver.url)).webhook.webhook_id
        await ran(client)
        await hooks.until_states(made, pb.DELIVERY_STATE_DELIVERED)
    await mesh.stop()
    system = Database(dsns.system)
    await system.open()
    superuser = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    assert await webhook_deliveries.oldest_due(system) == 0.0
    await superuser.execute(
        "UPDATE webhook_deliveries SET state = 'pending', ended_at = NULL,"
        " next_at = clock_timestamp() - interval '90 s'"
    )
    assert 90 <= await webhook_deliveries.oldest_due(system) < 120
    await superuser.execute("UPDATE webhooks SET enabled = false")
    assert await webhook_deliveries.oldest_due(system) == 0.0, "nobody waits for one that is switched off"
    await superuser.close()
    await system.close()
