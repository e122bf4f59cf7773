"""A running mesh with an undisturbed analysis to compare with: faults are injected into it, and it must come to itself.

A scene is used for many rows, one after the other. Each begins with a mesh that is whole and ends with one: whatever a
row left dead or stopped is started again before the next.
"""

import asyncio
import signal
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psutil
from perito.event.v1.event_pb2 import PhaseTask
from perito_client import PeritoClient
from perito_client.generated.models import Status
from perito_orchestrator.broker import DEAD_LETTERS, queue_of
from perito_orchestrator.roles import Connection
from perito_simulator import generate, size_of

from tests.faults import checker
from tests.faults.bucket import FaultyBucket
from tests.faults.checker import Accepted, Limits
from tests.faults.observer import Observer, observed
from tests.faults.points import Failpoints
from tests.faults.waiting import until
from tests.mesh import Mesh, ServiceProcess
from tests.mesh.house import PHASES
from tests.servers import LocalPostgres, RabbitNode
from tests.servers.rabbit_local import LocalNode

API = "/api/forensic"
ROWS_OF_BOOKS = 1_000
MEMORY = 512 << 20
"""Bytes that no serving process may take: the smallest limit that a container of one has in `deploy/services.yaml`."""
ENDED = frozenset({"completed", "failed", "cancelled"})
_SETTLED_SECONDS = 30.0


class Scene:
    """What a row has in its hands. Made by `opened`."""

    def __init__(
        self,
        mesh: Mesh,
        postgres: LocalPostgres,
        rabbit: RabbitNode,
        points: Failpoints,
        bucket: FaultyBucket | None = None,
        cluster: Sequence[LocalNode] = (),
    ) -> None:
        self.mesh = mesh
        self.postgres = postgres
        self.rabbit = rabbit
        self.points = points
        self._bucket = bucket
        self.cluster = cluster
        self.books: dict[str, Path] = {}
        self.dataset = UUID(int=0)
        self.undisturbed: Mapping[str, str] = {}
        self.accepted: dict[UUID, Accepted] = {}
        self.observer = Observer()
        self.fault_at = 0.0
        self.mended_at = 0.0
        self._stack = AsyncExitStack()
        self._client: PeritoClient | None = None
        self._http: httpx.AsyncClient | None = None

    @property
    def client(self) -> PeritoClient:
        """Perito's own client, patient for a minute; what it sees is in `observer`."""
        assert self._client is not None
        return self._client

    @property
    def http(self) -> httpx.AsyncClient:
        """Plain HTTP with the same key, written down in the same place."""
        assert self._http is not None
        return self._http

    @property
    def bucket(self) -> FaultyBucket:
        """The object store of a mesh that stands on a bucket."""
        assert self._bucket is not None, "this row needs another house"
        return self._bucket

    async def open(self, folder: Path) -> None:
        """Uploads the books and runs the analysis that all others are compared with."""
        self._client, self._http = await self._stack.enter_async_context(
            observed(f"http://{self.mesh.address('edge', 1)}", self.mesh.key, self.observer)
        )
        self.books = await asyncio.to_thread(made_books, folder)
        files = [path for name, path in self.books.items() if name != "mapping.yaml"]
        self.dataset = (await self.client.upload(files, self.books["mapping.yaml"])).dataset_id
        analysis = (await self.client.submit(self.dataset)).id
        await self.client.wait(analysis)
        answer = await self.client.analysis(analysis)
        self.undisturbed = {summary.phase: str(summary.content_digest) for summary in answer.summaries}
        assert self.undisturbed.keys() == set(PHASES), answer

    async def close(self) -> None:
        """Lets go of the client."""
        await self._stack.aclose()

    def begin(self) -> None:
        """A new row: nothing is accepted, seen or armed yet."""
        self.points.disarm()
        self.accepted.clear()
        self.observer.answers.clear()
        self.fault_at = self.mended_at = 0.0

    def faulted(self) -> None:
        """The fault is there from now on."""
        self.fault_at = time.monotonic()

    def mended(self) -> None:
        """What was promised is the case from now on."""
        self.mended_at = time.monotonic()

    async def submit(self, key: str = "", dataset: UUID | None = None) -> UUID:
        """An accepted analysis, which must end whole."""
        accepted = await self.client.submit(dataset or self.dataset, idempotency_key=key or str(uuid4()))
        self.expect(accepted.id)
        return accepted.id

    def expect(self, analysis: UUID, **other: object) -> None:
        """The analysis is among those that must end: whole, unless `other` (fields of Accepted) says otherwise."""
        known = self.accepted.get(analysis, Accepted(analysis, self.undisturbed))
        self.accepted[analysis] = replace(known, **other)  # pyright: ignore[reportArgumentType]  # fields of Accepted

    async def ended(self, analysis: UUID) -> Status:
        """The last status of an analysis, from its events."""
        return await self.client.wait(analysis)

    async def all_ended(self) -> None:
        """Every accepted analysis has ended. The row's time ends here, unless it said so before."""
        await self.client.wait_all(list(self.accepted))
        if not self.mended_at:
            self.mended()

    async def until_running(self, analysis: UUID, phase: str) -> None:
        """Returns when the phase is at work."""
        async for event in self.client.stream(analysis):
            if event.type_ == "phase.started" and event.facts.to_dict().get("phase") == phase:
                return

    async def until_busy(self) -> None:
        """Returns when some phase of some analysis is at work."""

        async def busy() -> bool:
            return bool(await self.count("SELECT count(*) FROM phase_runs WHERE state = 'leased'"))

        await until(busy, every=0.02)

    def process(self, pid: int) -> ServiceProcess:
        """The service's process with this id."""
        return next(process for process in self.mesh.processes.values() if process.pid == pid)

    async def struck(self, word: str) -> ServiceProcess:
        """Returns when a failpoint struck, with the process that it struck."""
        strike = await self.points.struck(word)
        self.faulted()
        return self.process(strike.pid)

    async def died(self, word: str) -> ServiceProcess:
        """Returns when a process died of a failpoint."""
        process = await self.struck(word)
        await process.ended()
        return process

    @asynccontextmanager
    async def database(self) -> AsyncGenerator[Connection]:
        """A connection that sees everything."""
        connection = await checker.connect(self.mesh.dsn("postgres"))
        try:
            yield connection
        finally:
            await connection.close()

    async def count(self, query: str, *arguments: object) -> int:
        """One number from the database."""
        async with self.database() as connection:
            return int(await connection.fetchval(query, *arguments))

    async def heal(self) -> None:
        """Whatever is dead or stopped runs again, and is ready."""
        self.points.disarm()
        for process in self.mesh.processes.values():
            if process.running and psutil.Process(process.pid).status() == psutil.STATUS_STOPPED:
                process.signal(signal.SIGCONT)
        dead = [process for process in self.mesh.processes.values() if not process.running]
        await asyncio.gather(*(process.launch() for process in dead))
        await asyncio.gather(*(process.until("ready") for process in self.mesh.processes.values()))

    async def unsound(self, limits: Limits) -> list[str]:
        """What does not hold after the row, once everything had its time to settle."""
        until = time.monotonic() + _SETTLED_SECONDS
        async with self.database() as connection:
            while True:
                found = [
                    text for each in self.accepted.values() for text in await checker.analysis_faults(connection, each)
                ]
                found += await checker.left_over(connection, limits)
                found += await checker.object_faults(connection, await self._objects())
                found += await self._queues(limits)
                if not found or time.monotonic() > until:
                    break
                await asyncio.sleep(0.2)
        found += checker.memory_faults(self._most_memory(), MEMORY)
        return [*found, *checker.answer_faults(self.observer.answers, limits)]

    async def _objects(self) -> dict[str, int]:
        return {each.key: each.bytes async for page in self.mesh.store.list_objects() for each in page}

    def _most_memory(self) -> dict[str, int]:
        """Bytes that each process had resident at most. Its compute children have limits of their own."""
        found: dict[str, int] = {}
        for process in filter(lambda each: each.running, self.mesh.processes.values()):
            status = Path(f"/proc/{process.pid}/status").read_text("ascii")
            found[process.name] = int(status.partition("VmHWM:")[2].split()[0]) * 1024
        return found

    async def _queues(self, limits: Limits) -> list[str]:
        waiting = await self.waiting()
        return checker.queue_faults(waiting, waiting.pop(DEAD_LETTERS, 0), limits)

    async def bury(self) -> None:
        """Throws the dead letters away."""
        await asyncio.to_thread(self.rabbit.api.purge_queue, self.mesh.vhost, DEAD_LETTERS)

    async def wake_message(self, analysis: UUID, phase: str) -> tuple[str, bytes]:
        """The phase, and the message that wakes its workers for an analysis."""
        async with self.database() as connection:
            tenant = await connection.fetchval("SELECT tenant_id FROM analyses WHERE analysis_id = $1", analysis)
        return phase, PhaseTask(tenant_id=str(tenant), analysis_id=str(analysis), phase=phase).SerializeToString()

    async def publish(self, queue: str, body: bytes) -> None:
        """A message that none of ours sent."""
        import aio_pika  # noqa: PLC0415 - as below

        async with await aio_pika.connect(f"{self.rabbit.url}{self.mesh.vhost}") as connection:
            channel = await connection.channel()
            await channel.default_exchange.publish(aio_pika.Message(body), queue)

    async def waiting(self) -> dict[str, int]:
        """Messages that wait in each queue, as the broker counts them now (its API does every few seconds)."""
        import aio_pika  # noqa: PLC0415 - half a second, which tests of parts need not spend

        async with await aio_pika.connect(f"{self.rabbit.url}{self.mesh.vhost}") as connection:
            channel = await connection.channel()
            found: dict[str, int] = {}
            for name in (*(queue_of(phase) for phase in PHASES), DEAD_LETTERS):
                queue = await channel.declare_queue(name, passive=True)
                found[name] = int(queue.declaration_result.message_count or 0)
            return found


def made_books(folder: Path) -> dict[str, Path]:
    """Small books with their mapping, by name."""
    generate(folder, size_of(ROWS_OF_BOOKS), 1)
    return {path.name: path for path in (*sorted(folder.glob("*.csv")), folder / "mapping.yaml")}


@asynccontextmanager
async def opened(scene: Scene) -> AsyncGenerator[Scene]:
    """A scene on a running mesh, with its undisturbed analysis."""
    try:
        await scene.open(scene.mesh.folder / "books")
        yield scene
    finally:
        await scene.close()
