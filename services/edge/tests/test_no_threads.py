"""What handlers take from a request is taken in the serving loop: a thread for each of it cost more than the rest."""

from typing import Any

import pytest

from .conftest import Edge
from .finished import finished
from .orchestrator_double import ADMIN_KEY

API = "/api/forensic"


async def test_no_parameter_goes_through_a_thread(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(function: Any, *_given: Any, **_named: Any) -> None:
        raise AssertionError(f"{function} would run in a thread")

    analysis = (await finished(edge)).analysis_id
    dataset = next(iter(edge.double.datasets), analysis)
    monkeypatch.setattr("fastapi.dependencies.utils.run_in_threadpool", refuse)
    edge.client.headers["X-API-Key"] = ADMIN_KEY
    reads = (f"status/{analysis}", f"analysis/{analysis}", f"datasets/{dataset}", "keys", "webhooks", "list", "usage")
    for path in reads:
        assert (await edge.client.get(f"{API}/{path}")).status_code in {200, 404}, path
    unknown = f"{API}/webhooks/{analysis}"
    assert (await edge.client.get(unknown)).status_code == 404
    cancelled = await edge.client.post(f"{API}/analysis/{analysis}/cancel", headers={"Idempotency-Key": "k"})
    assert cancelled.status_code in {200, 409}
