"""One real all-in-one to fuzz, with datasets and analyses in it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from perito_client import PeritoClient, connect
from perito_edge.settings import EdgeSettings
from perito_orchestrator.webhook_settings import WebhookSettings
from perito_runtime.logs import configure_logs
from perito_standalone.analyze import temporary_directory
from perito_standalone.postgres import PostgresSettings
from perito_standalone.supervisor import Supervisor, SupervisorSettings

from tests.docs.test_examples import first
from tests.fuzz.fuzzing import Fuzzed, Fuzzer

_COUNTS = "Date,SKU,Shop,Book,Counted\n" + "".join(f"2026-06-{day:02},A-{day},L1,{day},5\n" for day in range(1, 29))
_MAPPING = """\
version: 1
currency: EUR
timezone: UTC
files:
  counts.csv:
    tables:
      counts:
        columns:
          ts: {column: Date, format: "%Y-%m-%d"}
          product: SKU
          location: Shop
          system_qty: Book
          counted_qty: Counted
"""


async def fuzzed(count: int, seed: int, folder: Path, say: Callable[[str], None] | None = None) -> Fuzzed:
    """What `count` requests from this seed came to. Writes the server's books into `folder`; `say` gets progress."""
    configure_logs("ERROR")
    async with _server() as supervisor:
        key = str(supervisor.first_key)
        async with connect(supervisor.address, key) as client:
            real = await _filled(client, folder) | await _with_webhooks(supervisor.address, key)
            real |= await _with_rules(client)
        fuzzer = await asyncio.to_thread(Fuzzer, supervisor.address, key, real, seed)
        return await asyncio.to_thread(fuzzer.run, count, say or (lambda _line: None))


@asynccontextmanager
async def _server() -> AsyncGenerator[Supervisor]:
    async with temporary_directory() as data_dir:
        settings = SupervisorSettings(
            data_dir,
            listen="127.0.0.1:0",
            postgres=PostgresSettings(durable=False),
            webhooks=WebhookSettings(networks=("127.0.0.0/8",), seconds=1.0),
            edge=EdgeSettings.for_each_scope(1_000_000),
        )
        async with Supervisor(settings) as supervisor:
            yield supervisor


async def _filled(client: PeritoClient, folder: Path) -> dict[str, list[str]]:
    """Ids by the name of their parameter: an analysis that found something, one without a report, one that failed, and
    one that was just submitted.
    """
    for name, text in (("counts.csv", _COUNTS), ("mapping.yaml", _MAPPING)):
        (folder / name).write_text(text, encoding="utf-8")
    dataset = await client.upload([folder / "counts.csv"], folder / "mapping.yaml")
    unreadable = await client.submit_books({"inventory": [{"colour": "red"}]})
    whole = await client.submit(dataset.dataset_id)
    short = await client.submit(dataset.dataset_id, phases=[1])
    for ended in (unreadable, whole, short):
        await client.wait(ended.id)
    found = [finding.fingerprint async for finding in client.findings(whole.id)]
    fresh = await client.submit(dataset.dataset_id)
    # Not the first: it is what the requests are sent with.
    keys = [await client.keys.create(f"key {n}", ["read"]) for n in range(3)]
    return {
        "fingerprint": found[:3],
        "dataset_id": [str(dataset.dataset_id), str(unreadable.dataset_id)],
        "analysis_id": [str(accepted.id) for accepted in (whole, short, unreadable, fresh)],
        "key_id": [key.key_id for key in keys],
    }


async def _with_rules(client: PeritoClient) -> dict[str, list[str]]:
    """Ids of rules of which requests change and delete some."""
    text = first("own-rules.md", "sql")
    kept = [await client.rules.create(text.replace("U-001", f"U-80{number}")) for number in range(6)]
    return {"rule_id": [rule.id for rule in kept]}


async def _with_webhooks(address: str, key: str) -> dict[str, list[str]]:
    """Ids of webhooks of which requests delete some, each with a delivery to where nobody listens."""
    webhooks: list[str] = []
    deliveries: list[str] = []
    asked = {"url": "http://127.0.0.1:1024/", "event_types": ["analysis.completed"]}
    async with httpx.AsyncClient(base_url=f"http://{address}/api/forensic", headers={"X-API-Key": key}) as http:
        for _ in range(6):
            webhooks.append((await http.post("/webhooks", json=asked)).json()["id"])
            deliveries.append((await http.post(f"/webhooks/{webhooks[-1]}/test")).json()["id"])
    return {"webhook_id": webhooks, "delivery_id": deliveries}
