"""A bucket behind TLS whose certificate a private authority signed."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from certificates import files_of
from object_store_suite import KEY, fresh_key, in_chunks
from perito_kernel.errors import Unavailable
from perito_runtime.object_store import ObjectStore
from perito_runtime.object_stores import StoreSettings, open_store
from perito_runtime.s3_objects import PART_BYTES
from perito_runtime.tls import TlsFiles

from tests.servers.buckets import Buckets


@dataclass(frozen=True)
class Behind:
    """Where the bucket answers over TLS, with which certificate, and files with its credentials."""

    endpoint: str
    tls: TlsFiles
    credentials: Path

    def store(self, buckets: Buckets, under: str, **other: object) -> ObjectStore:
        """As a process opens it that was told the authority, or something else."""
        given = {
            "objects": f"s3://{buckets.bucket}/{under}",
            "s3_endpoint": self.endpoint,
            "s3_access_key_file": self.credentials,
            "s3_secret_key_file": self.credentials,
            "s3_authority_file": self.tls.authority,
            "s3_timeout_seconds": 5,
        }
        return open_store(StoreSettings.model_validate({**given, **other}))


@pytest.fixture
async def behind(buckets: Buckets, tmp_path: Path) -> AsyncGenerator[Behind]:
    (tmp_path / "key").write_text("anybody", "ascii")
    tls = files_of(tmp_path / "certificates", "objects")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    inside = urlsplit(buckets.endpoint)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(inside.hostname, inside.port)
        try:
            await asyncio.wait(
                [asyncio.create_task(copied(reader, back)), asyncio.create_task(copied(there, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            back.close()
            writer.close()

    server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield Behind(f"https://127.0.0.1:{port}", tls, tmp_path / "key")


async def copied(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
    """All bytes from one connection to another."""
    while data := await source.read(1 << 16):
        into.write(data)
        await into.drain()


async def test_objects_go_through_it_small_and_in_parts(behind: Behind, buckets: Buckets, under: str) -> None:
    store = behind.store(buckets, under)
    await store.check()
    small = await store.put_bytes(KEY, b"a,b\n1,2\n", "text/csv")
    assert await store.read_bytes(small, 100) == b"a,b\n1,2\n"
    content = bytes(range(256)) * (PART_BYTES // 128)
    large = await store.put_stream(fresh_key(), in_chunks(content, 1 << 20), "text/csv")
    assert b"".join([chunk async for chunk in store.open_stream(large)]) == content


async def test_a_service_of_an_unknown_authority_is_not_trusted(
    behind: Behind, buckets: Buckets, under: str, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable):
        await behind.store(buckets, under, s3_authority_file=None).check()
    stranger = files_of(tmp_path / "stranger", "objects")
    with pytest.raises(Unavailable):
        await behind.store(buckets, under, s3_authority_file=stranger.authority).put_bytes(KEY, b"a", "text/csv")
    assert await asyncio.to_thread(buckets.keys, under) == []
