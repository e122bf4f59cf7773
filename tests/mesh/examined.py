"""The same books through the mesh and through the all-in-one, and whether both say the same, byte for byte."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from perito.analysis.v1.access_pb2 import AuthenticateRequest
from perito.analysis.v1.access_pb2_grpc import AccessServiceStub
from perito_client import PeritoClient, connect
from perito_client.generated.models import Status
from perito_kernel.pseudonyms import tenant_key
from perito_runtime.grpc_client import call_errors, open_channel
from perito_standalone.analyze import temporary_directory
from perito_standalone.books_folder import find_books
from perito_standalone.postgres import PostgresSettings
from perito_standalone.run_files import fetch_tables
from perito_standalone.supervisor import Supervisor, SupervisorSettings

from tests.mesh.house import Mesh

EXPORTS = {
    "report.json": ("json", "en"),
    "report.html": ("html", "en"),
    "report.es.html": ("html", "es"),
    "report.csv": ("csv", "en"),
}
_NAME = "demo"


@dataclass(frozen=True)
class Examined:
    """What one analysis came to: SHA-256 of every export by name, and the content digest of every phase."""

    status: Status
    exports: dict[str, str]
    digests: dict[str, str]

    def differs_from(self, other: "Examined") -> list[str]:
        """What is not the same in both."""
        pairs = {**self.exports, **self.digests}
        others = {**other.exports, **other.digests}
        return sorted(name for name in pairs.keys() | others.keys() if pairs.get(name) != others.get(name))


def nothing(_status: Status) -> None:
    """Nobody wants to see how it goes."""


async def through(client: PeritoClient, books: Path, out: Path, on_status: Callable[[Status], None]) -> Examined:
    """Uploads books, waits for their analysis and writes every export into `out`."""
    found = find_books(books, None)
    dataset = await client.upload(found.files, found.mapping)
    accepted = await client.submit(dataset.dataset_id, name=_NAME)
    status = await client.wait(accepted.id, on_status)
    return await read(client, status, out)


async def read(client: PeritoClient, status: Status, out: Path) -> Examined:
    """What an ended analysis came to, with every export in `out`."""
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    answer = await client.analysis(status.id)
    digests = {summary.phase: str(summary.content_digest) for summary in answer.summaries}
    exports: dict[str, str] = {}
    for name, (form, lang) in EXPORTS.items():
        await client.export(status.id, out / name, form, lang)  # pyright: ignore[reportArgumentType]  # the words above
        exports[name] = hashlib.sha256((out / name).read_bytes()).hexdigest()
    return Examined(status, exports, digests)


async def fetch_all_tables(mesh: Mesh, status: Status, out: Path) -> None:
    """Complete findings and evidence, for whoever compares them with what was planted."""
    channel = open_channel(mesh.target("orchestrator"), tls=mesh.certificates["edge"].files)
    try:
        await fetch_tables(channel, mesh.store, await tenant_of(mesh), str(status.id), out)
    finally:
        await channel.close()


async def tenant_of(mesh: Mesh) -> str:
    """The tenant of the first key, asked as the edge asks."""
    channel = open_channel(mesh.target("orchestrator"), tls=mesh.certificates["edge"].files)
    try:
        async with call_errors():
            known = await AccessServiceStub(channel).Authenticate(AuthenticateRequest(api_key=mesh.key), timeout=10)
    finally:
        await channel.close()
    return known.tenant_id


async def alone(mesh: Mesh, books: Path, out: Path) -> Examined:
    """The same books through an all-in-one that gives people the same pseudonyms as the mesh's tenant has."""
    async with temporary_directory() as data_dir:
        settings = SupervisorSettings(
            data_dir,
            postgres=PostgresSettings(durable=False),
            pseudonym_key=tenant_key(mesh.pseudonym_secret, await tenant_of(mesh)),
        )
        async with Supervisor(settings) as perito, connect(perito.address, str(perito.first_key)) as client:
            return await through(client, books, out, nothing)
