"""A tenant's own rule from REST to the report: it finds what is planted, leaves the neighbour, and can be disabled."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from perito_client import PeritoClient, Refused, connect
from perito_edge.rule_models import TEXT_EXAMPLE

from .house import House, reachable_folder

COUNTS = "Date,SKU,Shop,Book,Counted\n2026-06-01,A,L1,10,4\n2026-06-01,B,L1,10,6\n"
"""A is far below the books, B is not."""
MAPPING = """\
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
READER = TEXT_EXAMPLE.replace("counted_qty < $share", "counted_qty < (SELECT n FROM read_csv('/etc/passwd') AS t(n))")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with reachable_folder() as base:
        served = House(base / "data")
        served.start()
        try:
            yield served
        finally:
            served.end()


@pytest.fixture
async def client(house: House) -> AsyncIterator[PeritoClient]:
    async with connect(house.base, house.key) as client:
        yield client


async def found(client: PeritoClient, analysis: object) -> list[str]:
    """Products of the findings of U-001, once the analysis has ended."""
    last = await client.wait(str(analysis))
    assert last.status == "completed", last
    return [str(each.identity["product"]) async for each in client.findings(str(analysis)) if each.rule_id == "U-001"]


async def test_an_own_rule_from_its_text_to_the_report(client: PeritoClient, tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text(COUNTS, encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    dataset = (await client.upload([tmp_path / "counts.csv"], tmp_path / "mapping.yaml")).dataset_id
    refused = await client.rules.check(READER)
    assert refused.verdict == "refused"
    (problem, *_) = refused.problems
    lines = READER.splitlines()
    assert (problem.line, problem.character is not None) == (len(lines), True)
    assert "read_csv" in lines[-1][(problem.character or 0) - 1 :]
    with pytest.raises(Refused) as caught:
        await client.rules.create(READER)
    assert (caught.value.reason, caught.value.problem is not None) == ("RULE_REFUSED", True)
    assert await client.rules.every() == []

    kept = await client.rules.create(TEXT_EXAMPLE)
    assert (kept.id, kept.phase, kept.version) == ("U-001", "consistency", 1)
    first = (await client.submit(dataset)).id
    await client.wait(str(first))
    await client.export(str(first), tmp_path / "report.json", "json")
    _tells_of_it(json.loads((tmp_path / "report.json").read_bytes()))
    assert await found(client, first) == ["A"]
    gentle = (await client.submit(dataset, params={"rules": {"U-001": {"share": "0.3"}}})).id
    assert await found(client, gentle) == []
    strict = TEXT_EXAMPLE.replace('default: "0.5"', 'default: "0.7"')
    assert (await client.rules.update("U-001", text=strict)).version == 2
    assert await found(client, (await client.rerun(first)).id) == ["A", "B"]
    assert await found(client, (await client.submit(dataset, params={"own_rules": False})).id) == []
    await client.rules.update("U-001", enabled=False)
    assert await found(client, (await client.rerun(first)).id) == []
    assert [rule.enabled for rule in await client.rules.every()] == [False]
    await client.rules.delete("U-001")
    assert await found(client, first) == ["A"], "what was found stays"


def _tells_of_it(report: Any) -> None:
    accounts = [rule for rule in report["rules"] if rule["id"] == "U-001"]
    assert [(rule["status"], rule["findings"]) for rule in accounts] == [("failed", 1)], str(accounts)
    assert "counted_qty < $share * system_qty" in accounts[0]["sql"]
    findings = [finding for finding in report["findings"] if finding["rule_id"] == "U-001"]
    (evidence,) = findings[0]["evidence"]
    assert (evidence["file"], evidence["line"]) == ("counts.csv", 2), evidence
