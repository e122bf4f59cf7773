"""The catalogue by REST, from the rule files of real services: it says what an analysis runs, and how to set it."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from perito_client import PeritoClient, Refused, connect
from perito_client.generated.models import Catalogue

from .house import House, reachable_folder

COUNTS = {"inventory": [{"sku": "A", "location": "L1", "date": "2026-06-30", "quantity": 4}]}


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


def ids(said: Catalogue) -> list[str]:
    return [rule.id for rule in said.items]


async def test_it_says_what_an_analysis_runs_and_its_defaults_can_be_sent_back(
    client: PeritoClient, tmp_path: Path
) -> None:
    said = await client.catalogue()
    assert (said.unavailable, [phase.name for phase in said.phases]) == (
        [], ["validation", "consistency", "pattern", "performance"],
    )  # fmt: skip
    defaults = {rule.id: {each.name: each.default for each in rule.parameters} for rule in said.items}
    assert {type(value) for given in defaults.values() for value in given.values()} >= {int, str}
    accepted = await client.submit_books(COUNTS, params={"rules": defaults})
    assert (await client.wait(accepted.id)).status == "completed"
    await client.export(accepted.id, tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert sorted({rule["id"] for rule in report["rules"]}) == sorted(ids(said))
    versions = {rule.id: rule.version for rule in said.items}
    assert {rule["id"]: str(rule["version"]) for rule in report["rules"]} == versions


async def test_phases_narrow_it_and_it_is_known_by_its_tag(client: PeritoClient, house: House) -> None:
    whole, one = await client.catalogue(), await client.catalogue(phases=["consistency"])
    assert ids(one) == [rule.id for rule in whole.items if rule.phase == "consistency"]
    assert [phase.rules for phase in one.phases] == [len(one.items)]
    with pytest.raises(Refused, match="reporting") as caught:
        await client.catalogue(phases=["reporting"])
    assert caught.value.reason == "FILTER_INVALID"
    async with httpx.AsyncClient(headers={"X-API-Key": house.key}, timeout=30) as http:
        where = f"{house.base}/api/forensic/catalogue"
        first = await http.get(where)
        again = await http.get(where, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Content-Encoding"], again.status_code) == ("gzip", 304)
