"""Development's compose file: one command, the demo's books through its REST, and the bytes of the all-in-one."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perito_client import connect
from perito_kernel.pseudonyms import tenant_key
from perito_standalone.analyze import temporary_directory
from perito_standalone.postgres import PostgresSettings
from perito_standalone.supervisor import Supervisor, SupervisorSettings

from tests.mesh.examined import Examined, nothing, through
from tests.servers.ports import free_ports
from tests.trials.containers.confined import look
from tests.trials.containers.stack import Stack
from tests.trials.harness.catalogue import Say, TrialFailed

KEY_FILE = "/var/lib/perito/keys/first"


@dataclass(frozen=True)
class Tenant:
    """What an analysis needs from the deployment that it is compared with: key, and what makes pseudonyms."""

    key: str
    tenant: str
    pseudonym_secret: str


def run(books: Path, folder: Path, version: str, say: Say) -> tuple[Mapping[str, Any], Examined]:
    """Figures, and what the books came to."""
    (port,) = free_ports(1)
    stack = Stack("perito-trial-development", "compose.yaml", {"PERITO_PORT": f"{port}", "PERITO_VERSION": version})
    stack.down()  # of a trial that was interrupted
    with stack.up() as seconds:
        say(f"development is up after {seconds:.1f} s; the demo's books go through it")
        tenant = tenant_of(stack)
        found = asyncio.run(_examined(f"http://127.0.0.1:{port}", tenant.key, books, folder / "development"))
        say(f"{found.status.status} ({'partial' if found.status.partial else 'complete'}); the same by the all-in-one")
        differing = found.differs_from(asyncio.run(_alone(tenant, books, folder / "alone")))
        if differing:
            raise TrialFailed(f"not the same as from the all-in-one: {', '.join(differing)}")
        confined = look(stack)
        say(f"{len(confined)} containers looked at from inside")
    return {"start_seconds": round(seconds, 1), "containers": confined, "same_exports": sorted(found.exports)}, found


def tenant_of(stack: Stack) -> Tenant:
    """The first key and its tenant, as whoever runs the deployment reads them."""
    query = "SELECT tenant_id FROM perito.tenants"
    return Tenant(
        key=stack.inside("orchestrator", "cat", KEY_FILE).strip(),
        tenant=stack.inside("postgres", "psql", "-U", "postgres", "-d", "perito", "-Atc", query).strip(),
        pseudonym_secret=stack.inside("validation", "cat", "/run/secrets/pseudonym_secret").strip(),
    )


async def _examined(address: str, key: str, books: Path, out: Path) -> Examined:
    async with connect(address, key) as client:
        return await through(client, books, out, nothing)


async def _alone(tenant: Tenant, books: Path, out: Path) -> Examined:
    async with temporary_directory() as data_dir:
        settings = SupervisorSettings(
            data_dir,
            postgres=PostgresSettings(durable=False),
            pseudonym_key=tenant_key(tenant.pseudonym_secret, tenant.tenant),
        )
        async with Supervisor(settings) as perito:
            return await _examined(perito.address, str(perito.first_key), books, out)
