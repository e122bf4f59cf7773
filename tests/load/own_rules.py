"""What rules of a tenant's own cost: `python -m tests.load.own_rules` prints it.

An all-in-one in this process, with the client that asks it: what a request takes contains both. Checks are of the text
that the API description shows; submissions are of an analysis that validates, each after the one before has ended; the
phase is consistency from its start to its end, over books of 600 rows.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from perito_client import PeritoClient, connect
from perito_edge.rule_models import TEXT_EXAMPLE
from perito_edge.settings import EdgeSettings
from perito_runtime.logs import configure_logs
from perito_standalone.analyze import temporary_directory
from perito_standalone.supervisor import Supervisor, SupervisorSettings

ROWS, RULES, RULE_BYTES = 600, 50, 30 * 2**10
_CHECKS, _SUBMISSIONS, _RUNS = 50, 50, 5
_VALIDATION, _CONSISTENCY = 1, 2
_LINE = "-- what the next lines look for is said at length where the rule was agreed upon\n"
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


async def _measured(folder: Path) -> None:
    edge = EdgeSettings.for_each_scope(1_000_000)
    async with temporary_directory() as data_dir:
        settings = SupervisorSettings(data_dir, listen="127.0.0.1:0", edge=edge)
        async with Supervisor(settings) as perito, connect(perito.address, str(perito.first_key)) as client:
            dataset = (await client.upload(_books(folder), folder / "mapping.yaml")).dataset_id
            await client.wait((await client.submit(dataset)).id)  # what is loaded for the first one
            await _checks(client)
            await _submissions(client, dataset, "no rules")
            await _phase(client, dataset, 0)
            for number in range(1, RULES + 1):
                await client.rules.create(_rule(number))
                if number in (1, 10):
                    await _phase(client, dataset, number)
            await _submissions(client, dataset, f"{RULES} rules of {RULE_BYTES // 2**10} KiB")
            await _phase(client, dataset, RULES)


async def _checks(client: PeritoClient) -> None:
    took = [await _seconds(lambda: client.rules.check(TEXT_EXAMPLE)) for _ in range(_CHECKS)]
    print(f"a check: {_told(took[1:])}; the first one {took[0] * 1000:.0f} ms")


async def _submissions(client: PeritoClient, dataset: Any, of: str) -> None:
    took: list[float] = []
    for _ in range(_SUBMISSIONS):
        began = time.perf_counter()
        accepted = await client.submit(dataset, phases=[_VALIDATION])
        took.append(time.perf_counter() - began)
        await client.wait(accepted.id)
    print(f"a submission, {of}: {_told(took[1:])}; the first one {took[0] * 1000:.1f} ms")


async def _phase(client: PeritoClient, dataset: Any, rules: int) -> None:
    took: list[float] = []
    for _ in range(_RUNS):
        ended = await client.wait((await client.submit(dataset, phases=[_CONSISTENCY])).id)
        (phase,) = [each for each in ended.phases if each.ordinal == _CONSISTENCY]
        assert phase.status == "completed", phase
        assert phase.started_at is not None
        assert phase.ended_at is not None
        took.append((phase.ended_at - phase.started_at).total_seconds())
    print(f"the phase with {rules} own rules: {_told(took)}")


def _rule(number: int) -> str:
    text = TEXT_EXAMPLE.replace("U-001", f"U-{number:03}")
    return text + _LINE * ((RULE_BYTES - len(text.encode())) // len(_LINE))


def _books(folder: Path) -> list[Path]:
    rows = [f"2026-06-{1 + n % 28:02},A-{n},L1,10,{4 if n % 100 == 0 else 9}\n" for n in range(ROWS)]
    (folder / "counts.csv").write_text("Date,SKU,Shop,Book,Counted\n" + "".join(rows), encoding="utf-8")
    (folder / "mapping.yaml").write_text(_MAPPING, encoding="utf-8")
    return [folder / "counts.csv"]


async def _seconds(ask: Callable[[], Awaitable[Any]]) -> float:
    began = time.perf_counter()
    await ask()
    return time.perf_counter() - began


def _told(took: list[float]) -> str:
    return f"median {statistics.median(took) * 1000:.1f} ms, longest {max(took) * 1000:.1f} ms, of {len(took)}"


def main() -> None:
    """Measures and prints."""
    configure_logs("ERROR")
    with TemporaryDirectory(prefix="perito-own-rules-") as folder:
        asyncio.run(_measured(Path(folder)))


if __name__ == "__main__":
    main()
