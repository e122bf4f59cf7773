"""Certificates of a test's own authority, and a phase that shows one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from perito_runtime.development_ca import issue
from perito_runtime.grpc_server import GrpcServer, build_server
from perito_runtime.tls import TlsFiles
from phase_double import PhaseDouble, double_service


def files_of(folder: Path, service: str, life: timedelta = timedelta(days=1)) -> TlsFiles:
    """A certificate of the folder's authority for a service, made anew."""
    (folder / f"{service}.crt").unlink(missing_ok=True)
    return issue(folder, [service], life=life)[0].files


@asynccontextmanager
async def serving_tls(
    tls: TlsFiles, servicer: PhaseDouble | None = None, address: str = "127.0.0.1:0", **options: Any
) -> AsyncGenerator[GrpcServer, None]:
    """A server with that certificate."""
    server = build_server([double_service(servicer or PhaseDouble())], address, tls=tls, **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(0.2)
