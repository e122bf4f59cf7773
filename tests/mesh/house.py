"""The whole mesh on this machine: what each process is told, in which order they start and leave."""

import asyncio
import hashlib
import os
import secrets
import socket
import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from perito_client import PeritoClient, connect
from perito_edge.settings import SCOPES
from perito_orchestrator.roles import ROLES, bootstrap_roles
from perito_runtime.development_ca import Issued, issue
from perito_runtime.object_store import ObjectStore
from perito_runtime.object_stores import StoreSettings, open_store

from tests.mesh.process import ServiceProcess
from tests.servers import Postgres, RabbitNode

PHASES = ("validation", "consistency", "pattern", "performance", "reporting")
_SECRET_BYTES = 24


@dataclass(frozen=True)
class MeshSettings:
    """How many of each service there are, and settings by service (`orchestrator`, `edge`, `phases` for all five, or a
    phase by name). `objects`: the settings that name the object store, none for a folder of the mesh's own. `brokers`:
    host and port of each node of the broker, none where it has one.
    """

    orchestrators: int = 2
    phases: int = 2
    edges: int = 1
    clients: Sequence[str] = ("erp",)
    more: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    objects: Mapping[str, str] = field(default_factory=dict[str, str])
    brokers: Sequence[str] = ()


class Mesh:
    """Processes by name. Folder, database and virtual host are its own; the servers are whoever's made them."""

    def __init__(self, folder: Path, postgres: Postgres, rabbit: RabbitNode, settings: MeshSettings) -> None:
        self.folder = folder
        self.settings = settings
        self._postgres = postgres
        self._rabbit = rabbit
        self.database = f"mesh{secrets.token_hex(4)}"
        self.vhost = self.database
        self._ports = {service: _free_port(count) for service, count in self._counts().items()}
        self.certificates = {issued.service: issued for issued in self._issued()}
        self.processes: dict[str, ServiceProcess] = {}

    @property
    def edges(self) -> list[ServiceProcess]:
        """Every replica of the edge."""
        return self.of("edge")

    def of(self, service: str) -> list[ServiceProcess]:
        """Every replica of a service."""
        return [process for process in self.processes.values() if process.service == service]

    def target(self, service: str) -> str:
        """One gRPC target for all replicas of a service."""
        return "ipv4:" + ",".join(self.address(service, n + 1) for n in range(self._counts()[service]))

    def address(self, service: str, number: int) -> str:
        """Where one replica listens, counted from 1."""
        return f"127.0.0.{number}:{self._ports[service]}"

    def dsn(self, role: str) -> str:
        """The mesh's database as a role, or as the superuser (`postgres`)."""
        if role == "postgres":
            return urlsplit(self._postgres.superuser)._replace(path=f"/{self.database}").geturl()
        address = urlsplit(self._postgres.superuser)
        place = address.netloc.rpartition("@")[2]
        return address._replace(netloc=f"{role}:{self._secret(role)}@{place}", path=f"/{self.database}").geturl()

    async def start(self) -> None:
        """Makes database and virtual host and starts everything, side by side where nothing waits for it."""
        await asyncio.gather(self._make_database(), asyncio.to_thread(self._make_vhost))
        await asyncio.to_thread((self.folder / "objects").mkdir, exist_ok=True)
        self.processes = {process.name: process for process in self._made()}
        await asyncio.gather(*(process.launch() for process in self.processes.values()))
        for services in (
            PHASES,
            ("orchestrator",),
            ("edge",),
        ):  # so that what is told is why, and not what waits for it
            waiting = [process for service in services for process in self.of(service)]
            await asyncio.gather(*(process.until("ready") for process in waiting))

    async def stop(self) -> dict[str, int]:
        """SIGTERM to all, those first that others do not need. Exit codes of those that ran, by name."""
        codes: dict[str, int] = {}
        for services in (("edge",), ("orchestrator",), PHASES):
            leaving = [p for service in services for p in self.of(service) if p.running]
            ended = await asyncio.gather(*(process.stop() for process in leaving))
            codes |= {process.name: code for process, code in zip(leaving, ended, strict=True)}
        return codes

    async def remove(self) -> None:
        """Kills what still runs and removes database and virtual host."""
        for process in self.processes.values():
            if process.running:
                await process.kill()
        await asyncio.to_thread(self._rabbit.api.delete_vhost, self.vhost)
        await asyncio.to_thread(self._rabbit.api.delete_user, self.vhost)
        superuser = await asyncpg.connect(self._postgres.superuser)
        await superuser.execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
        await superuser.close()

    @asynccontextmanager
    async def client(self, edge: int = 1, *, patience: float = 60.0) -> AsyncGenerator[PeritoClient]:
        """A client of one edge, with the key that the first start made."""
        async with connect(f"http://{self.address('edge', edge)}", self.key, patience=patience) as client:
            yield client

    @property
    def key(self) -> str:
        """The API key of the first start."""
        return (self.folder / "first-key").read_text("ascii").strip()

    @property
    def store(self) -> ObjectStore:
        """The objects of every tenant."""
        settings = {name.removeprefix("PERITO_").lower(): value for name, value in self._objects().items()}
        return open_store(StoreSettings.model_validate(settings))

    def _objects(self) -> Mapping[str, str]:
        return self.settings.objects or {"PERITO_OBJECTS": str(self.folder / "objects")}

    @property
    def pseudonym_secret(self) -> str:
        """Of which validation makes every tenant's key of pseudonyms."""
        return self._secret("pseudonyms")

    def _counts(self) -> dict[str, int]:
        settings = self.settings
        counts = {"edge": settings.edges, "orchestrator": settings.orchestrators}
        return counts | dict.fromkeys(PHASES, settings.phases)

    def _issued(self) -> list[Issued]:
        return issue(self.folder / "certificates", (*self._counts(), *self.settings.clients))

    def _made(self) -> list[ServiceProcess]:
        return [
            ServiceProcess(service, n + 1, self._environment(service, n + 1), self.folder / f"{service}-{n + 1}.log")
            for service, count in self._counts().items()
            for n in range(count)
        ]

    def _environment(self, service: str, number: int) -> dict[str, str]:
        files = self.certificates[service].files
        common = {
            "PERITO_LISTEN": self.address(service, number),
            "PERITO_TLS_CERTIFICATE": str(files.certificate),
            "PERITO_TLS_KEY": str(files.key),
            "PERITO_TLS_AUTHORITY": str(files.authority),
            **self._objects(),
        }
        kind = service if service in ("edge", "orchestrator") else "phases"
        own = {"edge": self._edge, "orchestrator": self._orchestrator, "phases": self._phase}[kind]
        more = self.settings.more
        return {**common, **own(service, number), **more.get(kind, {}), **more.get(service, {})}

    def _edge(self, _service: str, _number: int) -> dict[str, str]:
        # Tests ask more often than clients may; those of the limits themselves say so in `more`.
        rates = {f"PERITO_RATE_{scope.upper()}": "1000000" for scope in SCOPES}
        return {"PERITO_ORCHESTRATOR": self.target("orchestrator"), **rates}

    def _orchestrator(self, _service: str, _number: int) -> dict[str, str]:
        self._secret("webhooks")
        place = ",".join(self.settings.brokers) or urlsplit(self._rabbit.url).netloc.rpartition("@")[2]
        return {
            "PERITO_DATABASE": self._database_url(),
            "PERITO_DATABASE_SECRETS": str(self.folder / "secrets"),
            "PERITO_BROKER": f"amqp://{self.vhost}@{place}/{self.vhost}",
            "PERITO_BROKER_PASSWORD_FILE": str(self.folder / "secrets" / "broker"),
            "PERITO_PHASES": " ".join(self.target(phase) for phase in PHASES),
            "PERITO_CLIENTS": " ".join(self.settings.clients),
            "PERITO_FIRST_KEY_FILE": str(self.folder / "first-key"),
            "PERITO_WEBHOOK_SECRET_FILE": str(self.folder / "secrets" / "webhooks"),
        }

    def _phase(self, service: str, number: int) -> dict[str, str]:
        work = self.folder / "work" / f"{service}-{number}"
        work.mkdir(parents=True, exist_ok=True)
        self._secret("pseudonyms")
        return {
            "PERITO_WORK_DIR": str(work),
            "PERITO_COMPUTE_SLOTS": "1",
            "PERITO_COMPUTE_MEMORY": "1GiB",
            "PERITO_PSEUDONYM_SECRET_FILE": str(self.folder / "secrets" / "pseudonyms"),
        }

    def _database_url(self) -> str:
        address = urlsplit(self._postgres.superuser)
        return address._replace(netloc=address.netloc.rpartition("@")[2], path=f"/{self.database}").geturl()

    def _secret(self, name: str, value: str = "") -> str:
        """The secret of this name; the first to ask makes it, of random digits or as given."""
        path = self.folder / "secrets" / name
        path.parent.mkdir(exist_ok=True, mode=0o700)
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(value or secrets.token_hex(_SECRET_BYTES))
        return path.read_text("ascii")

    async def _make_database(self) -> None:
        # Roles belong to the whole server, so every mesh on it must give them the same passwords.
        passwords = {
            role: self._secret(role, hashlib.sha256(f"{role}@{self._postgres.superuser}".encode()).hexdigest())
            for role in ROLES
        }
        superuser = await asyncpg.connect(self._postgres.superuser)
        try:
            await bootstrap_roles(superuser, passwords, self.database)
        finally:
            await superuser.close()

    def _make_vhost(self) -> None:
        self._rabbit.api.add_vhost(self.vhost)
        self._rabbit.api.add_user(self.vhost, self._secret("broker"), self.vhost)


@asynccontextmanager
async def mesh(postgres: Postgres, rabbit: RabbitNode, settings: MeshSettings | None = None) -> AsyncGenerator[Mesh]:
    """A mesh that serves, stopped and removed at the end. Raises DidNotStart with the log of what did not."""
    with tempfile.TemporaryDirectory(prefix="pm", ignore_cleanup_errors=True) as folder:
        made = Mesh(Path(folder), postgres, rabbit, settings or MeshSettings())
        try:
            await made.start()
            yield made
            await made.stop()
        finally:
            await made.remove()


def _free_port(replicas: int) -> int:
    """A port that is free on so many loopback addresses."""
    while True:
        sockets: list[socket.socket] = []
        try:
            port = 0
            for number in range(replicas):
                sockets.append(socket.socket())
                sockets[-1].bind((f"127.0.0.{number + 1}", port))
                port = int(sockets[-1].getsockname()[1])
            return port
        except OSError:  # taken on another address: try the next
            continue
        finally:
            for each in sockets:
                each.close()
