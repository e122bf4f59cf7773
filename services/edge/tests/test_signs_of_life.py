"""An upload that takes long says so beside its objects, until it ends in whatever way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from perito_edge.received import Places, Received
from perito_edge.signs_of_life import SignsOfLife
from perito_runtime.object_store import dataset_key
from perito_runtime.objects import LocalObjectStore

TENANT = "11111111-1111-4111-8111-111111111111"


async def names(store: LocalObjectStore) -> set[str]:
    """Last segments of all keys."""
    return {stored.key.rsplit("/", 1)[-1] for page in [p async for p in store.list_objects()] for stored in page}


async def until(store: LocalObjectStore, condition: Callable[[set[str]], bool]) -> None:
    """Waits until the names of all objects are so."""
    async with asyncio.timeout(10):
        while True:
            if condition(await names(store)):
                return
            await asyncio.sleep(0.005)


async def test_a_slow_upload_gives_signs_beside_its_objects(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    go_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a"
        await go_on.wait()
        yield b"b"

    async with SignsOfLife(store, TENANT, every_seconds=0.01) as signs:
        received = Received(store, TENANT, Places(1, lambda _: None), signs)
        storing = asyncio.create_task(received.add_file("a.csv", slow(), "text/csv"))
        await until(store, {"alive-1", "alive-2"}.issubset)
        assert "0" not in await names(store)
        go_on.set()
        await storing
        assert (await names(store)) >= {"0", "alive-1"}
        await received.discard()
        later = Received(store, TENANT, Places(1, lambda _: None), signs)
        await later.add_mapping(b"version: 1")
        await until(store, {"mapping.yaml"}.issubset)
    await asyncio.sleep(0.1)  # one that was being written
    left = await names(store)
    await asyncio.sleep(0.1)
    assert await names(store) == left, "none after the end"
    prefix = dataset_key(TENANT, received.dataset_id, "0").removesuffix("/0")
    assert [page async for page in store.list_objects(prefix)] == []


async def test_a_store_that_fails_does_not_end_an_upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LocalObjectStore(tmp_path)
    async with SignsOfLife(store, TENANT, every_seconds=0.01) as signs:
        signs.begin("33333333-3333-4333-8333-333333333333")
        await asyncio.to_thread((tmp_path / "tenants").write_bytes, b"not a folder")
        await asyncio.sleep(0.05)
        await asyncio.to_thread((tmp_path / "tenants").unlink)
        await until(store, lambda found: any(name.startswith("alive") for name in found))
