"""Books as an application sends them, in the body of a submission: examined to the end, with nobody's mapping."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from perito_client import PeritoClient, Refused, connect
from perito_client.generated.models import Status
from perito_rules.canonical import load_canonical
from perito_validation.mapping import parse_mapping

from .house import House, reachable_folder

TABLES = {name: list(table.columns) for name, table in load_canonical().items()}


def body(rows: int) -> dict[str, Any]:
    """What an application sends: suppliers, movements and stock of 50 products."""
    movements = [
        {
            "id": f"T{n}", "date": f"2026-03-{1 + n % 28:02}", "sku": f"SKU-{n % 50:03}", "quantity": 1 + n % 17,
            "type": "receipt" if n % 3 == 0 else "sale", "amount": round(1.37 * n, 2), "provider": f"P{n % 4}",
        }
        for n in range(rows)
    ]  # fmt: skip
    return {
        "data": {
            "providers": [{"id": f"P{n}", "name": f"Proveedor {n}"} for n in range(4)],
            "transactions": movements,
            "inventory": {f"SKU-{n:03}": {"quantity": n, "unit_cost": 1.5} for n in range(50)},
        },
        "phases": [1, 2, 3, 4, 5],
        "name": f"{rows} rows",
        "params": {"hints": {"currency": "EUR", "timezone": "Europe/Madrid"}},
    }


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with reachable_folder() as base:
        served = House(base / "data")
        served.start()
        try:
            yield served
        finally:
            served.end()


def post(house: House, rows: int) -> httpx.Response:
    headers = {"X-API-Key": house.key, "Idempotency-Key": f"rows-{rows}"}
    return httpx.post(f"{house.base}/api/forensic/analyze", json=body(rows), headers=headers, timeout=60)


@pytest.mark.parametrize("rows", [3, 10_000])
def test_books_in_a_json_body_are_examined_to_the_end(house: House, rows: int) -> None:
    accepted = post(house, rows)
    assert accepted.status_code == 202, accepted.text
    analysis = accepted.json()["id"]
    assert post(house, rows).json()["id"] == analysis, "the same request is the same analysis"
    house.completed(analysis)
    answer = house.ask("GET", f"/analysis/{analysis}").json()
    tables = answer["summaries"][0]["summary"]["tables"]
    assert (tables["suppliers"], tables["movements"], tables["inventory"]) == (4, rows, 50)
    assert answer["summaries"][0]["summary"]["rejected_cells"] == 0
    files = {file["file"]: file for file in answer["understanding"]["files"]}
    assert set(files) == {"providers.json", "transactions.json", "inventory.json"}
    assert "movements" in files["transactions.json"]["tables"]
    report = json.loads(house.report(analysis))
    assert {entry["name"]: entry["rows"] for entry in report["inputs"]} == {
        "providers.json": 4, "transactions.json": rows, "inventory.json": 50,
    }  # fmt: skip
    mapping = parse_mapping(house.ask("GET", f"/analysis/{analysis}/mapping").text, TABLES)
    assert (mapping.currency, mapping.timezone) == ("EUR", "Europe/Madrid")
    preview = house.ask("POST", f"/datasets/{accepted.json()['dataset_id']}/mapping", json={"currency": "NGN"})
    assert preview.status_code == 200, preview.text
    assert parse_mapping(preview.json()["mapping"], TABLES).currency == "NGN"


def test_books_in_a_json_body_that_are_none_end_with_the_reason(house: House) -> None:
    headers = {"X-API-Key": house.key}
    wanted = {"data": {"transactions": [{"colour": "red"}, {"colour": "blue"}]}}
    accepted = httpx.post(f"{house.base}/api/forensic/analyze", json=wanted, headers=headers, timeout=60)
    status = house.until(accepted.json()["id"], lambda s: s["status"] not in {"pending", "running"})
    assert status["status"] in {"failed", "completed"}
    failed = [phase for phase in status["phases"] if phase["status"] == "failed"]
    assert failed[0]["phase"] == "validation"
    assert "transactions.json" in failed[0]["error"]["message"]
    assert house.ask("GET", f"/analysis/{accepted.json()['id']}/mapping").json()["reason"] == "MAPPING_MISSING"
    house.completed(post(house, 3).json()["id"])


async def unreadable(client: PeritoClient, folder: Path) -> str:
    """A dataset whose mapping names a column that its file does not have: its analysis fails."""
    (folder / "stock.csv").write_text("code,pieces\nA,1\n", encoding="utf-8")
    columns = "{snapshot_date: {column: day}, sku: {column: code}, quantity_on_hand: {column: pieces}}"
    mapping = (
        f"version: 1\ncurrency: EUR\ntimezone: UTC\nfiles:\n  stock.csv: {{table: inventory, columns: {columns}}}\n"
    )
    (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return str((await client.upload([folder / "stock.csv"], folder / "mapping.yaml")).dataset_id)


async def test_all_of_a_batch_are_waited_for_and_none_takes_another_with_it(house: House, tmp_path: Path) -> None:
    async with connect(house.base, house.key) as client:
        dataset = await unreadable(client, tmp_path)
        told: list[Status] = []
        entries = await client.submit_batch([{"dataset_id": dataset}, body(4), {"name": "of nothing"}, body(5)])
        assert isinstance(entries[2], Refused)
        nobody = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
        failed, first, refused, second, unknown = await client.wait_all([*entries, nobody], told.append)
    assert refused is entries[2]
    assert isinstance(unknown, Refused)
    assert unknown.reason == "ANALYSIS_NOT_FOUND"
    assert isinstance(failed, Status)
    assert failed.status == "failed"
    for status, name in ((first, "4 rows"), (second, "5 rows")):
        assert isinstance(status, Status)
        assert (status.status, status.name) == ("completed", name)
    assert {status.id for status in told} == {failed.id, *(s.id for s in (first, second) if isinstance(s, Status))}
